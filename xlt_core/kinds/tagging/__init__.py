"""Tagging: the words of a sentence, each with one of the task's labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from xlt_core.kinds.arrays import IGNORED
from xlt_core.kinds.kind import Encoding, Fields, Ints, Layout, TaskKind
from xlt_core.kinds.tagging.example import UNSEEN, TaggingExample
from xlt_core.kinds.tokenizer import Tokenizer

if TYPE_CHECKING:
    from xlt_core.kinds.encoded import EncodedSplit
    from xlt_core.kinds.learning import Learning
    from xlt_core.kinds.outputs import Outputs
    from xlt_core.kinds.shaping import Shaper
    from xlt_core.tasks.task import Task

WITHHELD = "_"  # what treebanks write for a word that their licence does not let them carry
_NO_TEXT = (
    "the words of the sentence are all '_': its text is withheld by licence",
    "put the words in (treebanks come with a script for it), or remove the sentence",
)


class Tagging:
    """The kind. Words beyond `max_length` are cut, and count as wrong."""

    name = "tagging"
    version = 1
    has_windows = False
    has_choices = False
    has_classes = False
    has_head = True

    def shape(self, shaper: Shaper, row: str, key: str, fields: Fields) -> TaggingExample | None:
        """Fields: `words`; `tags`, a name each.

        A word may be invisible (a zero-width space), not an empty text. A sentence whose words are
        all `_` is left out where texts may be blank: treebanks write it so where their licence
        withholds the text.
        """
        words, tags = fields["words"], fields["tags"]
        if not words:
            if not shaper.blank:
                shaper.empty(row, "words")
            return None
        if not shaper.is_sound(row, {f"word {n}": word for n, word in enumerate(words, 1)}):
            return None
        numbers = shaper.labels.indices(tags)
        if numbers is None:
            tag = tags[shaper.labels.first_unknown(tags)]
            what = f"tag {tag!r} is not one of the task's"
            shaper.faults.add(row, what, shaper.labels.remedy(tag))
            return None
        if any(word != WITHHELD for word in words):
            return TaggingExample(key, tuple(words), numbers)
        if not shaper.blank:
            shaper.faults.add(row, *_NO_TEXT)
        return None

    def example(self, fields: Sequence[Any]) -> TaggingExample:
        """From id, words and tags."""
        key, words, tags = fields
        return TaggingExample(key, tuple(words), tuple(tags))

    def encode(
        self, examples: Sequence[TaggingExample], tokenizer: Tokenizer, max_length: int, stride: int
    ) -> Encoding:
        """`labels` [N], `words` [W] and `word_starts` [F + 1]."""
        from xlt_core.kinds.tagging.words import encode_words

        arrays, rows_cut = encode_words(examples, tokenizer, max_length)
        return Encoding(arrays, rows_cut, words_cut=int((arrays["words"] < 0).sum()))

    def targets(self, split: EncodedSplit, rows: Ints, layout: Layout) -> dict[str, Ints]:
        """`labels` [B, T], -100 but on a word's first piece."""
        return {"labels": layout.filled(split.arrays["labels"], IGNORED)}

    def predictions(self, outputs: Outputs, task: Task) -> list[list[int]]:
        """A tag's index for each word, `UNSEEN` for one that was cut."""
        found = []
        for feature, values in enumerate(outputs.logits):
            places = np.asarray(word_positions(outputs.rows.split, feature))
            tags = values.argmax(axis=-1)
            found.append(np.where(places < 0, UNSEEN, tags[places]).tolist())
        return found

    def record(
        self, example: TaggingExample, prediction: Sequence[int], task: Task
    ) -> dict[str, object]:
        """Names of tags; null for a word that no model saw."""
        return {
            "prediction": [None if tag == UNSEEN else task.labels[tag] for tag in prediction],
            "gold": [task.labels[tag] for tag in example.tags],
        }

    @property
    def learning(self) -> Learning:
        """Cross-entropy over the tags of each word."""
        from xlt_core.kinds.tagging.learning import TaggingLearning

        return TaggingLearning()


def word_positions(split: EncodedSplit, feature: int) -> Ints:
    """Token index of each word's first piece [words]; -1 if cut by `max_length`."""
    starts = split.arrays["word_starts"]
    return split.arrays["words"][starts[feature] : starts[feature + 1]]


TAGGING: TaskKind = Tagging()
