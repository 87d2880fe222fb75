"""The table of learners, by transformers' model type; what is not in it is an encoder with heads.

`learner` says what one is; `pretrained` loads it. Planning asks what a key must know of one: no
torch is imported for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlt_core.models.learner import Learner

__all__ = ["LEARNERS", "learner_class", "learner_identity"]

LEARNERS: dict[str, type[Learner]] = {}


def learner_class(model_type: str) -> type[Learner]:
    """What a network of a type is trained as."""
    from xlt_core.models.model import Model

    return LEARNERS.get(model_type, Model)


def learner_identity(model_type: str) -> str:
    """A learner's name and version, as they enter the keys of all that it learns and predicts.

    Empty for an encoder with heads, whose numbers the kinds of stages have versions for.
    """
    found = LEARNERS.get(model_type)
    return "" if found is None else f"{found.__name__} {found.version}"
