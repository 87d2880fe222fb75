"""What a sampler is: it chooses a plan and settings from a view. `draw` makes the choice good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sweeps.search.candidates import Candidates
from sweeps.search.view import View
from sweeps.spec.sweep import Settings
from xlt_core.vocabulary.plan import Plan


class Sampler(Protocol):
    """Chooses candidates, each from a view of the earlier ones.

    What the method is and needs, its options among them, stands in `sweeps.spec.methods`.
    """

    def __init__(self, candidates: Candidates, options: Mapping[str, object]) -> None:
        """`options` are all the method has, checked, with their defaults where none were given.

        Raises:
            UserMistake: it cannot search this space.
        """

    def propose(self, number: int, view: View, attempt: int = 0) -> tuple[Plan, Settings]:
        """Choose trial `number`, 1 or higher.

        The choice must depend on the arguments and nothing else: a sampler made afresh chooses
        the same. A repeat of an earlier trial is allowed; it is then asked again with the next
        `attempt`. A sampler may keep what it derived from a view, as long as the view is the same
        object, which only ever grows.
        """
