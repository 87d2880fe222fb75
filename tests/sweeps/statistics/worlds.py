"""Made-up gains by language and seed, for tests."""

from __future__ import annotations

import numpy as np


def world(
    random: np.random.Generator,
    languages: int,
    seeds: int,
    spread: tuple[float, float, float],
    gain: float = 0.0,
    worlds: int = 1,
):
    """Tables [world, language, seed] with `spread` of languages, seeds and both together."""
    by_language, by_seed, together = spread
    return (
        gain
        + by_language * random.normal(size=(worlds, languages, 1))
        + by_seed * random.normal(size=(worlds, 1, seeds))
        + together * random.normal(size=(worlds, languages, seeds))
    )


def as_cells(table) -> dict[tuple[str, int], float]:
    """A table [language, seed] as cells."""
    return {(f"l{at[0]:02}", at[1]): float(value) for at, value in np.ndenumerate(table)}
