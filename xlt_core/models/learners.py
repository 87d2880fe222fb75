"""The table of learners, by transformers' model type; what is not in it is an encoder with heads.

`learner` says what one is; `pretrained` loads it.
"""

from __future__ import annotations

from xlt_core.models.learner import Learner
from xlt_core.models.model import Model

__all__ = ["LEARNERS", "learner_class"]

LEARNERS: dict[str, type[Learner]] = {}


def learner_class(model_type: str) -> type[Learner]:
    """What a network of a type is trained as."""
    return LEARNERS.get(model_type, Model)
