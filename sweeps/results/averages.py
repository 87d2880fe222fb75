"""The one way to average scores: inwards out, always unweighted. Pure.

Seeds within a language, languages within a family and within a target, targets overall: a language
with more seeds, a family with more languages, a target with more rows weigh no more than another
(XTREME-R's overall score is the unweighted mean over tasks, Ruder et al. 2021). With intervals:
`statistics`, whose means are these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sweeps.results.rows import ScoreRow
from xlt_core.vocabulary.scores import mean

_K = TypeVar("_K", bound=Hashable)


@dataclass(frozen=True)
class Averages:
    """Means of one quantity, percent or points.

    Attributes:
        families: by target and family.
        targets: by target.
        overall: over the targets; None where there are none.
    """

    families: Mapping[tuple[str, str], float]
    targets: Mapping[str, float]
    overall: float | None


def averages(values: Iterable[tuple[ScoreRow, float]]) -> Averages:
    """Average the values of rows, each by the target, family and language it is of."""
    languages = means(((row.target, row.family, row.language), value) for row, value in values)
    targets = means((target, value) for (target, _, _), value in languages.items())
    return Averages(
        families=means(((t, family), value) for (t, family, _), value in languages.items()),
        targets=targets,
        overall=mean(targets.values()) if targets else None,
    )


def means(pairs: Iterable[tuple[_K, float]]) -> dict[_K, float]:
    """The unweighted mean of the values of each key."""
    groups: dict[_K, list[float]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: mean(values) for key, values in groups.items()}
