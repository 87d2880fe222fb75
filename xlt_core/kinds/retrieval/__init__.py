"""Retrieval of translations: of each English sentence, the nearest sentence in another language.

Nothing is trained for it: sentences are compared by the encoder's own states (`learning`). All rows
of a split are searched, so that a score depends on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xlt_core.kinds.arrays import chunks, is_cut, sequence_arrays
from xlt_core.kinds.kind import Encoding, Fields, Ints, Layout, TaskKind
from xlt_core.kinds.tokenizer import Tokenizer

if TYPE_CHECKING:
    from xlt_core.kinds.encoded import EncodedSplit
    from xlt_core.kinds.learning import Learning
    from xlt_core.kinds.outputs import Outputs
    from xlt_core.kinds.shaping import Shaper
    from xlt_core.tasks.task import Task

_AT_ONCE = 1024  # queries compared at one go


@dataclass(frozen=True)
class RetrievalExample:
    """A sentence and its English translation."""

    id: str
    sentence: str
    english: str

    def content(self) -> list[object]:
        """What a fingerprint covers."""
        return [self.sentence, self.english]


class Retrieval:
    """The kind. English sentences are the queries, the others the index; what is too long is cut
    at its end."""

    name = "retrieval"
    version = 1
    has_windows = False
    has_choices = True  # a row is two sequences
    has_classes = False
    has_head = False

    def shape(self, shaper: Shaper, row: str, key: str, fields: Fields) -> RetrievalExample | None:
        """Fields: `sentence` and `english`."""
        texts = {"sentence": fields["sentence"], "english": fields["english"]}
        if not shaper.is_sound(row, {"id": key, **texts}) or shaper.is_blank(row, texts):
            return None
        return RetrievalExample(key, **texts)

    def example(self, fields: Sequence[Any]) -> RetrievalExample:
        """From id, sentence and its translation."""
        return RetrievalExample(*fields)

    def encode(
        self,
        examples: Sequence[RetrievalExample],
        tokenizer: Tokenizer,
        max_length: int,
        stride: int,
    ) -> Encoding:
        """Two sequences a row: the sentence, then its translation."""
        ids: list[list[int]] = []
        types: list[list[int]] = []
        cut: list[bool] = []
        for part in chunks(examples):
            texts = [text for example in part for text in (example.sentence, example.english)]
            made = tokenizer(texts, truncation=True, max_length=max_length)
            ids.extend(made["input_ids"])
            types.extend(made.get("token_type_ids", ()))
            cut += [is_cut(made, number, max_length) for number in range(len(texts))]
        rows_cut = int(np.reshape(cut, (len(examples), 2)).any(axis=1).sum())
        return Encoding(sequence_arrays(ids, types), rows_cut, width=2)

    def targets(self, split: EncodedSplit, rows: Ints, layout: Layout) -> dict[str, Ints]:
        """None: nothing is trained."""
        return {}

    def predictions(self, outputs: Outputs, task: Task) -> list[str]:
        """The id of the row whose sentence is nearest by cosine, the first of equals."""
        states, examples = np.stack(outputs.logits).astype(np.float64), outputs.rows.examples
        vectors = states.reshape(len(states), 2, -1)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=2, keepdims=True), 1e-12)
        return [examples[row].id for row in _nearest(vectors[:, 1], vectors[:, 0])]

    def record(self, example: RetrievalExample, prediction: str, task: Task) -> dict[str, object]:
        """Ids of rows."""
        return {"prediction": prediction, "gold": example.id}

    @property
    def learning(self) -> Learning:
        """The encoder's states, averaged."""
        from xlt_core.kinds.retrieval.learning import RetrievalLearning

        return RetrievalLearning()


def _nearest(queries: NDArray[np.float64], index: NDArray[np.float64]) -> Iterator[int]:
    """The row of `index` [N, H] most like each of `queries` [Q, H], all of length 1."""
    for start in range(0, len(queries), _AT_ONCE):
        for row in (queries[start : start + _AT_ONCE] @ index.T).argmax(axis=1):
            yield int(row)


RETRIEVAL: TaskKind = Retrieval()
