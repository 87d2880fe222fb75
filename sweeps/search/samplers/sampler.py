"""What a sampler is: it chooses a plan and settings from a view. `draw` makes the choice good."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from sweeps.search.settings import Settings
from sweeps.search.view import View
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plan import Plan


class Sampler(Protocol):
    """Chooses candidates, each from a view of the earlier ones."""

    def propose(self, number: int, view: View, attempt: int = 0) -> tuple[Plan, Settings]:
        """Choose trial `number`, 1 or higher.

        The choice must depend on the arguments and nothing else: a sampler made afresh chooses
        the same. A repeat of an earlier trial is allowed; it is then asked again with the next
        `attempt`. A sampler may keep what it derived from a view, as long as the view is the same
        object, which only ever grows.
        """


def check_options(method: str, options: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise a UserMistake that lists every option the method does not have."""
    unknown = sorted(set(options) - set(known))
    if unknown:
        remedy = f"its options are {', '.join(sorted(known))}" if known else "it has no options"
        raise UserMistake(
            Mistake(f"search.options.{name}", f"{method} has no such option", remedy)
            for name in unknown
        )
