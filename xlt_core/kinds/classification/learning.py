"""Classification's head: labels from the first token."""

from __future__ import annotations

from torch import nn

from xlt_core.kinds.auto_class import AutoClass
from xlt_core.kinds.heads import Build, FirstTokenHead
from xlt_core.kinds.learning import OneOfSeveralLearning


class ClassificationLearning(OneOfSeveralLearning):
    """See `xlt_core.kinds.learning`. Logits are [B, labels]."""

    auto_class = AutoClass(
        "AutoModelForSequenceClassification",
        "text-classification",
        "A text or a pair of texts goes in; the highest logit is the label.",
        {"problem_type": "single_label_classification"},
    )

    def head(self, build: Build, labels: int) -> nn.Module:
        """[B, H] → [B, labels]."""
        return FirstTokenHead(build, labels)
