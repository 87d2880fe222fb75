"""Multiple choice's head: one number a choice, from the first token of each."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from xlt_core.kinds.auto_class import AutoClass
from xlt_core.kinds.heads import Build, FirstTokenHead
from xlt_core.kinds.learning import OneOfSeveralLearning


class ChoiceLearning(OneOfSeveralLearning):
    """See `xlt_core.kinds.learning`. Logits are [B, choices]."""

    auto_class = AutoClass(
        "AutoModelForMultipleChoice",
        "multiple-choice",
        "Context and question, as one text, are paired with each choice (COPA's questions are put "
        'as "What was the cause?" and "What was the effect?"); the highest logit is the answer.',
    )

    def head(self, build: Build, labels: int) -> nn.Module:
        """[B · choices, H] → [B · choices, 1].

        A lone output's bias is the same for all choices: its gradient would be rounding error.
        """
        return FirstTokenHead(build, 1, bias=False)

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """The choices of a row side by side."""
        return raw.view(batch["input_ids"].shape[:2])
