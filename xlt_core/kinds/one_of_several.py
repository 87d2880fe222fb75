"""A row has several outputs, one of which is right: what classification and choice share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xlt_core.kinds.kind import Ints, Layout

if TYPE_CHECKING:
    from xlt_core.kinds.encoded import EncodedSplit
    from xlt_core.kinds.outputs import Outputs
    from xlt_core.tasks.task import Task


class OneOfSeveral:
    """Targets and predictions are the index of an output. Beside `learning`'s class of the name."""

    def targets(self, split: EncodedSplit, rows: Ints, layout: Layout) -> dict[str, Ints]:
        """`labels` [B]."""
        return {"labels": split.arrays["labels"][rows].astype(np.int64)}

    def predictions(self, outputs: Outputs, task: Task) -> list[int]:
        """The output with the highest logit, the first of equals."""
        return [int(values.argmax()) for values in outputs.logits]
