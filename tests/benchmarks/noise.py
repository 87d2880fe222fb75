"""The noise of made-up gains, as the simulations of statistics share it.

`sib200` is read off *Real input* in README.md: with three seeds the half-widths of a family's gain
there are what standard deviations of about 0.8 (language), 0.3 (seed) and 1.3 points (both
together) give. Families are SIB-200's 50 languages in 15.
"""

from __future__ import annotations

import numpy as np

# Standard deviations of languages, seeds, and both together.
SHAPES = {
    "languages": (1.0, 0.2, 0.3),
    "seeds": (0.2, 1.0, 0.3),
    "all": (1.0, 1.0, 1.0),
    "interaction": (0.0, 0.0, 1.0),
    "sib200": (0.8, 0.3, 1.3),
}
FAMILIES = (23, 4, 3, 3, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1)


def drawn(
    random: np.random.Generator, shape: str, size: tuple[int, ...], languages: int, seeds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Gains [*size, language, seed] whose mean is 0, and what each language adds [*size]."""
    by_language, by_seed, together = SHAPES[shape]
    own = by_language * random.normal(size=(*size, languages, 1))
    gains = (
        own
        + by_seed * random.normal(size=(*size, 1, seeds))
        + together * random.normal(size=(*size, languages, seeds))
    )
    return gains, own.mean(axis=(-2, -1))
