"""A trial's scores as the few numbers its run shows, by metric name. How they are averaged is
`results.averages`'s business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sweeps.results.averages import averages, means
from sweeps.results.rows import PRIMARY, ScoreRow
from sweeps.statistics.crossed import estimate
from sweeps.tracking.names import metric_key

OVERALL = "mean"


def summaries(rows: Iterable[ScoreRow], gain_split: str = "test") -> dict[str, float]:
    """Every mean by its metric name, sorted.

    `test/xnli/mean`, `test/xnli/sw/accuracy`, `test/xnli/Atlantic-Congo`, `test/mean`, the same
    for dev, and `gain/xnli/mean`, `gain/xnli/Atlantic-Congo`, `gain/mean` on `gain_split`. Beside
    a family's or target's gain stand `half_width/…`, half of its 95 % interval where one can be
    estimated, and `n/…`, its languages. The score that judges stands once more under the name
    `primary`, where it is one of several.
    """
    ordered = sorted(
        rows, key=lambda s: (s.split, s.target, s.family, s.language, s.metric, s.seed)
    )
    judged = [row for row in ordered if row.primary and row.asked]
    found = {metric_key(*key): value for key, value in means(_by_language(ordered)).items()}
    for split in sorted({row.split for row in ordered}):
        found |= _by_group(split, [(row, row.score) for row in judged if row.split == split])
    gains = [(r, r.gain) for r in judged if r.split == gain_split and r.gain is not None]
    return dict(sorted((found | _by_group("gain", gains) | _doubts(gains)).items()))


def _doubts(gains: list[tuple[ScoreRow, float]]) -> dict[str, float]:
    """Half-widths and numbers of languages of the gains, by target and by its families."""
    cells: dict[tuple[str, str], dict[tuple[str, int], float]] = defaultdict(dict)
    for row, gain in gains:
        for group in (row.family, OVERALL):
            cells[row.target, group][row.language, row.seed] = gain
    found = {}
    for key, values in cells.items():
        known = estimate(values)
        found[metric_key("n", *key)] = float(known.languages)
        if known.half_width is not None:
            found[metric_key("half_width", *key)] = known.half_width
    return found


def _by_language(rows: list[ScoreRow]) -> Iterator[tuple[tuple[str, str, str, str], float]]:
    several = {row.target for row in rows if not row.primary}
    for row in rows:
        yield (row.split, row.target, row.language, row.metric), row.score
        if row.primary and row.target in several and row.metric != PRIMARY:
            yield (row.split, row.target, row.language, PRIMARY), row.score


def _by_group(head: str, values: list[tuple[ScoreRow, float]]) -> dict[str, float]:
    found = averages(values)
    named = {metric_key(head, t, family): value for (t, family), value in found.families.items()}
    named |= {metric_key(head, t, OVERALL): value for t, value in found.targets.items()}
    if found.overall is not None:
        named[metric_key(head, OVERALL)] = found.overall
    return named
