"""A trial's scores as the few numbers its run shows: means by target, language and family.

Means are unweighted and taken inwards out: seeds within a language, languages within a family or
target, targets overall. A gain is a difference to the baseline at equal seed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sweeps.tracking.names import metric_key
from xlt_core.vocabulary.scores import mean

PRIMARY = "primary"
OVERALL = "mean"
_K = TypeVar("_K", bound=Hashable)


@dataclass(frozen=True)
class TrialScore:
    """One score of one seed, percent.

    Attributes:
        metric: its name; rows named `primary` are the ones a target is judged by. A target
            without such rows is judged by the mean of all its metrics (question answering: F1
            and EM).
        gain: score minus the baseline's at equal seed, points; None where there is none yet.
        asked: whether the language is one of the target's; means are over these alone.
    """

    target: str
    language: str
    family: str
    seed: int
    split: str
    metric: str
    score: float
    gain: float | None = None
    asked: bool = True


def summaries(scores: Iterable[TrialScore], gain_split: str = "test") -> dict[str, float]:
    """Every mean by its metric name, sorted.

    `test/xnli/mean`, `test/xnli/sw/accuracy`, `test/xnli/Atlantic-Congo`, `test/mean`, the same
    for dev, and `gain/xnli/mean`, `gain/xnli/Atlantic-Congo`, `gain/mean` on `gain_split`.
    """
    rows = sorted(scores, key=lambda s: (s.split, s.target, s.family, s.language, s.metric, s.seed))
    judged = [row for row in _judged(rows) if row.asked]
    found = _by_language(rows)
    for split in sorted({row.split for row in rows}):
        found |= _by_group(split, [(r, r.score) for r in judged if r.split == split])
    gains = [(r, r.gain) for r in judged if r.split == gain_split and r.gain is not None]
    return dict(sorted((found | _by_group("gain", gains)).items()))


def _judged(rows: list[TrialScore]) -> list[TrialScore]:
    named = {(row.split, row.target) for row in rows if row.metric == PRIMARY}
    return [r for r in rows if (r.split, r.target) not in named or r.metric == PRIMARY]


def _by_language(rows: list[TrialScore]) -> dict[str, float]:
    means = _means(((r.split, r.target, r.language, r.metric), r.score) for r in rows)
    return {metric_key(*key): value for key, value in means.items()}


def _by_group(head: str, rows: list[tuple[TrialScore, float]]) -> dict[str, float]:
    languages = _means(((r.target, r.family, r.language), value) for r, value in rows)
    families = _means(((t, family), value) for (t, family, _), value in languages.items())
    targets = _means((t, value) for (t, _, _), value in languages.items())
    found = {metric_key(head, t, family): value for (t, family), value in families.items()}
    found |= {metric_key(head, t, OVERALL): value for t, value in targets.items()}
    if targets:
        found[metric_key(head, OVERALL)] = mean(targets.values())
    return found


def _means(pairs: Iterable[tuple[_K, float]]) -> dict[_K, float]:
    groups: dict[_K, list[float]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: mean(values) for key, values in groups.items()}
