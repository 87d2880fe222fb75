"""Masked language modelling: a text, or a text and its translation, with pieces hidden.

Devlin et al. 2019, BERT, section 3.1; which pieces is drawn anew each time a row is seen (Liu et
al. 2019, RoBERTa, section 4.1). Of a text with its translation either half helps to tell what is
hidden in the other (Conneau and Lample 2019, section 3.3: TLM). What is drawn: `masks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xlt_core.kinds.arrays import IGNORED
from xlt_core.kinds.kind import Encoding, Fields, Ints, Layout, TaskKind
from xlt_core.kinds.masked_lm.masks import SHARE, masked
from xlt_core.kinds.pairs import encode_pairs
from xlt_core.kinds.tokenizer import Tokenizer
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from xlt_core.kinds.encoded import EncodedSplit
    from xlt_core.kinds.learning import Learning
    from xlt_core.kinds.outputs import Outputs
    from xlt_core.kinds.shaping import Shaper
    from xlt_core.tasks.task import Task

HiddenPiece = tuple[int, int, float]
"""A piece that was hidden, the one that was found most likely, and the log-probability (natural)
of the one that was hidden."""


@dataclass(frozen=True)
class TextExample:
    """A text; with its translation where all rows of a split have one."""

    id: str
    first: str
    second: str | None = None

    def content(self) -> list[object]:
        """What a fingerprint covers."""
        return [self.first, self.second]


class MaskedLanguageModelling:
    """The kind. A batch that is trained on hides other pieces each time, any other batch the same
    ones of a row wherever it stands. Of a pair that is too long the longer text is cut first.

    Args:
        share: of a row's pieces that are hidden; the table's member has BERT's.
    """

    name = "masked_lm"
    version = 1
    has_windows = False
    has_choices = False
    has_classes = False
    has_head = True

    def __init__(self, share: float = SHARE) -> None:
        self.share = share

    def shape(self, shaper: Shaper, row: str, key: str, fields: Fields) -> TextExample | None:
        """Fields: `texts`, name → text, one or two in order."""
        texts: dict[str, str] = fields["texts"]
        if not shaper.is_sound(row, {"id": key, **texts}) or shaper.is_blank(row, texts):
            return None
        return TextExample(key, *texts.values())

    def example(self, fields: Sequence[Any]) -> TextExample:
        """From id and texts."""
        return TextExample(*fields)

    def encode(
        self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int, stride: int
    ) -> Encoding:
        """`free` [N], 1 where a piece may be hidden; `pieces`: the mask's id, then each piece that
        occurs and may be hidden. Raises UserMistake where the tokenizer has no mask."""
        mask = tokenizer.mask_token_id
        if mask is None:
            what = "its tokenizer has no mask token, so nothing can be hidden from it"
            remedy = "take an encoder that was trained so (XLM-R, mBERT), or leave masked_lm out"
            raise UserMistake(Mistake("encoder", what, remedy))
        arrays, cut = encode_pairs(examples, tokenizer, max_length)
        free = np.isin(arrays["ids"], list(tokenizer.all_special_ids), invert=True)
        pieces = np.unique(arrays["ids"][free])
        arrays["free"] = free.astype(np.int8)
        arrays["pieces"] = np.concatenate([[mask], pieces]).astype(np.int32)
        return Encoding(arrays, cut)

    def targets(self, split: EncodedSplit, rows: Ints, layout: Layout) -> dict[str, Ints]:
        """`input_ids` with pieces hidden, and `asked`, what stood there [B, T], -100 elsewhere."""
        return masked(split, layout, self.share)

    def predictions(self, outputs: Outputs, task: Task) -> list[list[HiddenPiece]]:
        """Every piece that is hidden of each example, in order."""
        split, found = outputs.rows.split, []
        for feature, values in enumerate(outputs.logits):
            asked = split.batch([feature])["asked"][0]
            places = asked != IGNORED
            triples = zip(asked[places], values[places, 1], values[places, 0], strict=True)
            found.append([(int(one), int(likely), float(log)) for one, likely, log in triples])
        return found

    def record(
        self, example: TextExample, prediction: Sequence[HiddenPiece], task: Task
    ) -> dict[str, object]:
        """Ids of pieces."""
        return {
            "prediction": [likely for _, likely, _ in prediction],
            "gold": [hidden for hidden, _, _ in prediction],
            "log_probability": [log for _, _, log in prediction],
        }

    @property
    def learning(self) -> Learning:
        """Cross-entropy over the pieces there are, of each that is hidden."""
        from xlt_core.kinds.masked_lm.learning import MaskedLanguageModellingLearning

        return MaskedLanguageModellingLearning()


MASKED_LM: TaskKind = MaskedLanguageModelling()
