"""Which Auto class of transformers a kind's head is, so that a model can be used without us.

A kind's `Learning` names one; `xlt_core.models.published` puts the weights where that class has
them, and sees that it computes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass(frozen=True)
class AutoClass:
    """An Auto class.

    Attributes:
        name: as transformers has it.
        does: what its models do, in the hub's words (`pipeline_tag`).
        about: a sentence on what goes in and how predictions are read off.
        config: what the kind asks of the network's config.
    """

    name: str
    does: str
    about: str
    config: Mapping[str, object] = field(default_factory=dict, hash=False)

    def logits(self, network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
        """What such a network gives for a batch, in the form of the kind's own logits."""
        logits: Tensor = network(**batch).logits
        return logits
