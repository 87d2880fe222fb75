"""What is trained and predicts: a model with its heads, or a text-to-text model.

Training and evaluation know no more of a model than this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.example import Example
from xlt_core.tasks.task import Task


class Learner(Protocol):
    """Trained on batches of several tasks, each by the name of its head.

    A batch is what `EncodedSplit.batch` gives: arrays by name, one entry a row first.
    """

    def count(self, task: str, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """What a batch's summed loss is divided by, at least 1."""
        ...

    def loss(self, task: str, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed loss of a batch or a part of it. A scalar, to be differentiated."""
        ...

    def predict(
        self, task: str, split: EncodedSplit, examples: Sequence[Example], of: Task
    ) -> list[object]:
        """One prediction an example, in order, as the task's metric reads them.

        Args:
            task: the head's name.
            of: the task that is asked about, for its labels.

        Raises:
            NonFiniteScores: logits that are infinite or not numbers.
        """
        ...

    def weights(self) -> dict[str, Tensor]:
        """A copy of all weights, on the CPU, contiguous, under their public names."""
        ...
