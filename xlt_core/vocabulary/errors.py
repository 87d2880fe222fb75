"""Errors, one class a cause. A user's mistake carries place, cause and remedy.

Only two families exist: what the user can mend (`UserMistake`) and what ended one stage
(`StageFailed`). Anything else is a fault of a machine and is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One thing the user can mend: where it stands, what is wrong, what to do."""

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n    → {self.remedy}" if self.remedy else text


class XltError(Exception):
    """Base of every error this project raises on purpose."""


class UserMistake(XltError):
    """One or more mistakes of the user, found together. The command line exits with 2."""

    def __init__(self, mistakes: Mistake | Iterable[Mistake]) -> None:
        found = (mistakes,) if isinstance(mistakes, Mistake) else tuple(mistakes)
        if not found:
            raise ValueError("a UserMistake needs at least one mistake")
        self.mistakes: tuple[Mistake, ...] = found
        super().__init__("\n".join(str(mistake) for mistake in found))

    def __reduce__(self) -> tuple[type[UserMistake], tuple[tuple[Mistake, ...]]]:
        return type(self), (self.mistakes,)


class StageFailed(XltError):
    """A stage ended with an error that trying again would only repeat."""


class NonFinite(StageFailed):
    """Numbers came out that are infinite or none. Nothing made of them is published."""


class NonFiniteLoss(NonFinite):
    """Training met a loss that is infinite or not a number. The recipe is at fault."""


class NonFiniteGradient(NonFinite):
    """The loss was finite, its gradient was not. The recipe is at fault."""


class NonFiniteWeights(NonFinite):
    """Training left weights that are infinite or not numbers."""


class NonFiniteScores(NonFinite):
    """A trained model's logits, or what was counted from them, are not numbers."""


class DataChanged(StageFailed):
    """The data read by a worker are not those the sweep was planned with."""


class ParentMissing(XltError):
    """The weights a stage starts from are not in the store (pruned or set aside)."""


class StageCancelled(XltError):
    """Nobody wants the stage any longer; it stopped at a checkpoint."""
