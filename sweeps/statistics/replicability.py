"""In how many languages the gain holds: partial conjunction.

A mean gain over a family may be one language's. Source: Dror, Baumer, Bogomolov and Reichart
(2017), Replicability Analysis for Natural Language Processing (TACL 5), after Benjamini and Heller
(2008), Screening for partial conjunction hypotheses (Biometrics 64): k-hat is the largest u for
which "fewer than u languages have a gain" is rejected; with confidence `level` the gain holds in at
least k-hat languages. Which ones, Holm (1979) says: as many as Bonferroni's combination counts.

Languages of one sweep share their models (the same seeds), so they are dependent: Bonferroni's
combination. Fisher's has more power and needs languages that are independent: models trained
apart, other seeds in each; not for the languages of one sweep. One-sided p-values, of a gain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sweeps.statistics.cells import Cells
from sweeps.statistics.crossed import LEVEL, Statement, estimate
from sweeps.statistics.multiplicity import corrected


class Combination(StrEnum):
    """How the p-values of languages are combined."""

    BONFERRONI = "bonferroni"
    FISHER = "fisher"


@dataclass(frozen=True)
class Replicability:
    """The gain holds in at least `count` of `languages`, with confidence `level`.

    `named`: those that Holm's procedure names. `not_estimable`: languages without a p (one seed,
    or no spread); they are among `languages` but can never be counted.
    """

    count: int
    languages: int
    named: tuple[str, ...]
    not_estimable: tuple[str, ...]
    combination: Combination
    level: float


def replicability(
    p_values: Mapping[str, float | None],
    combination: Combination = Combination.BONFERRONI,
    level: float = LEVEL,
) -> Replicability:
    """In how many languages there is a gain.

    Args:
        p_values: one-sided p of a gain by language; None where there is none, which stands for 1.
        combination: Bonferroni unless the languages' models are independent.
        level: the confidence of the count, and of all the names together.
    """
    known = {name: 1.0 if p is None else p for name, p in p_values.items()}
    combined = conjunction(list(known.values()), combination)
    count = 0
    for at, p in enumerate(combined, start=1):
        if p < 1 - level:
            count = at
    return Replicability(
        count,
        len(p_values),
        corrected(known).rejected(level),
        tuple(name for name, p in p_values.items() if p is None),
        combination,
        level,
    )


def conjunction(p_values: list[float], combination: Combination) -> list[float]:
    """p of "fewer than u of them have an effect", for u = 1 … n; it never falls with u."""
    from scipy.special import chdtrc  # type: ignore[import-untyped]

    ordered = sorted(p_values)
    found, highest = [], 0.0
    for u, p in enumerate(ordered, start=1):
        rest = ordered[u - 1 :]
        if combination == Combination.BONFERRONI:
            combined = min(1.0, len(rest) * p)
        else:
            logs = math.fsum(math.log(max(each, 1e-300)) for each in rest)
            combined = float(chdtrc(2 * len(rest), -2 * logs))
        highest = max(highest, combined)
        found.append(highest)
    return found


def gain_p_values(cells: Cells) -> dict[str, float | None]:
    """One-sided p of a gain in each language: Student's t of its seeds (normal noise).

    None with a single seed, or where all seeds say the same. With two or three seeds all rests on
    the normal: no method without that assumption rejects anything there (`signflip.smallest_p`).
    """
    by_language: dict[str, dict[tuple[str, int], float]] = {}
    for (language, seed), value in cells.items():
        by_language.setdefault(language, {})[language, seed] = value
    found: dict[str, float | None] = {}
    for language, own in sorted(by_language.items()):
        one = estimate(own, statement=Statement.THESE)
        p = one.p
        found[language] = None if p is None else p / 2 if one.mean > 0 else 1 - p / 2
    return found
