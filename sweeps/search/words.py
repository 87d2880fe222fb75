"""A plan in the words that tables are sorted and grouped by: in Optuna's study, and in MLflow."""

from __future__ import annotations

from collections.abc import Sequence

from xlt_core.vocabulary.plan import EMPTY

WORDS = ("count", "tasks", "order", "encoder")


def words_of(steps: Sequence[str]) -> dict[str, str | int]:
    """How many steps a plan has, which, and in which order.

    Plans of the same tasks stand together under `tasks`; `order` tells them apart, by each step's
    place in that list (`2 1`).

    Args:
        steps: of the plan, as they are written.
    """
    by_name = sorted(range(len(steps)), key=lambda place: steps[place])
    places = {place: rank for rank, place in enumerate(by_name, start=1)}
    return {
        "count": len(steps),
        "tasks": ", ".join(sorted(steps)) or EMPTY,
        "order": " ".join(str(places[place]) for place in range(len(steps))) or "none",
    }
