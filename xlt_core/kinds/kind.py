"""What a kind of task is: everything that follows from what a model has to do with a row.

One folder a kind beside this file, one line each in `xlt_core.kinds`. A member says how fields of a
source become examples, how these are encoded, and how logits become predictions; its `learning`,
imported only where torch is wanted, says which head reads the encoder's states and what the loss
is. Nothing outside a kind's folder asks which kind it is (the lab says which it makes rows of).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xlt_core.kinds.tokenizer import Tokenizer

if TYPE_CHECKING:
    from xlt_core.kinds.encoded import EncodedSplit
    from xlt_core.kinds.example import Example
    from xlt_core.kinds.learning import Learning
    from xlt_core.kinds.outputs import Outputs
    from xlt_core.kinds.shaping import Shaper
    from xlt_core.tasks.task import Task

Ints = NDArray[np.integer[Any]]
Logits = NDArray[np.float32]
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Encoding:
    """Examples as flat arrays; `EncodedSplit` has what each is.

    Attributes:
        width: sequences that a row has.
        words_cut, rows_cut: as `EncodedSplit` has them.
    """

    arrays: dict[str, Ints]
    rows_cut: int
    words_cut: int = 0
    width: int = 1


class TaskKind(Protocol):
    """A kind of task.

    Attributes:
        name: as tasks, caches and stages write it.
        version: raised by hand when the kind encodes or reads logits otherwise.
        has_windows: whether long texts are cut into windows that share `stride` tokens.
        has_choices: whether a row is several sequences, one of which is right.
        has_classes: whether each row has one of the task's labels, so that each ought to occur.
        has_head: whether a head is trained for it. Without one the encoder's states are read as
            they are, whatever it was trained on, and nothing can be trained on the task.
    """

    name: str
    version: int
    has_windows: bool
    has_choices: bool
    has_classes: bool
    has_head: bool

    def shape(self, shaper: Shaper, row: str, key: str, fields: Fields) -> Example | None:
        """The fields of a source's row as an example; None after a fault went to the shaper.

        Args:
            row: where it stands in its file, as mistakes name it.
            key: the example's id.
            fields: by name; which there are, the kind's form says.
        """
        ...

    def example(self, fields: Sequence[Any]) -> Example:
        """The example of `[id, *content()]`, as JSON gives them back. Raises on anything else."""
        ...

    def encode(
        self, examples: Sequence[Any], tokenizer: Tokenizer, max_length: int, stride: int
    ) -> Encoding:
        """Token ids and what is to be predicted. What is too long is cut, and counted."""
        ...

    def targets(self, split: EncodedSplit, rows: Ints, layout: Layout) -> dict[str, Ints]:
        """What a batch of these rows is to be trained towards, int64 or float32 [B, …].

        `input_ids` among them are shown instead of the rows' own.
        """
        ...

    def predictions(self, outputs: Outputs, task: Task) -> list[Any]:
        """One prediction an example, in order, as the metrics of the kind read them."""
        ...

    def record(self, example: Any, prediction: Any, task: Task) -> dict[str, object]:
        """`prediction` and `gold` as plain JSON values, labels by name."""
        ...

    @property
    def learning(self) -> Learning:
        """Head and loss. Imports torch."""
        ...


@dataclass(frozen=True)
class Layout:
    """How the tokens of a batch lie in its padded arrays.

    Attributes:
        mask: True where there is a token [S, T].
        taken: which of the split's tokens these are, in order [N].
        seed: of what is random in the batch; None where nothing is trained by it, so that a row is
            the same each time.
    """

    mask: NDArray[np.bool_]
    taken: Ints
    seed: int | None = None

    def filled(self, values: Ints, empty: int) -> Ints:
        """The split's `values` of each token, `empty` on padding [S, T]."""
        made = np.full(self.mask.shape, empty, dtype=np.int64)
        made[self.mask] = values[self.taken]
        return made
