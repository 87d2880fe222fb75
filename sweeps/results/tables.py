"""From rows to answers: which plans are best, and for which language families they pay. Pure.

The rule of honest selection: plans are chosen by their scores on the objective's split (dev) and
shown with those on another (test). Both ways of choosing stand side by side: on English alone, as
zero-shot transfer demands, and on all target languages, which is marked as such. Neighbours:
`statistics` (intervals), `render` (how it looks).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sweeps.results.objective import objective_value
from sweeps.results.rows import Cell, ScoreRow, SweepResults
from sweeps.spec.sweep import Objective, Settings
from sweeps.statistics.crossed import Estimate, estimate
from xlt_core.vocabulary.plan import EMPTY

SELECTIONS = ("english", "all")

Choice = tuple[int, bool]  # a trial's number, and whether it is the baseline it brought along


@dataclass(frozen=True)
class TargetScore:
    """One plan on one target, on the split that is shown: mean over languages and seeds."""

    target: str
    score: float
    gain: Estimate | None


@dataclass(frozen=True)
class Standing:
    """One trial as a choice: what selects it, and what is shown of it.

    Attributes:
        beside: whether it is the baseline that the trial brought along.
        settings: the searched ones, by dotted path.
        selected_by: percent on the selecting split; None where nothing there can select
            (no target has English data).
        targets: scores on the shown split, one a target, in order of name.
    """

    trial: int
    plan: str
    selected_by: float | None
    targets: tuple[TargetScore, ...]
    settings: Settings = field(default_factory=dict, hash=False)
    beside: bool = False

    @property
    def choice(self) -> Choice:
        """What tells it from every other."""
        return self.trial, self.beside

    @property
    def is_baseline(self) -> bool:
        """Whether nothing was trained before the targets."""
        return self.plan == EMPTY


@dataclass(frozen=True)
class Meaning:
    """What a target's scores are means of.

    Attributes:
        metric: the one that judges, as rows name it.
        languages: those averaged over.
    """

    target: str
    metric: str
    languages: frozenset[str]


@dataclass(frozen=True)
class FamilyGain:
    """What a plan gains on one target for the languages of one family."""

    target: str
    family: str
    gain: Estimate


def shown_split(splits: Iterable[str], objective: Objective) -> str | None:
    """The split a report shows: `test`, never the one that selects; None without another."""
    return "test" if "test" in set(splits) - {objective.split} else None


def standings(
    rows: Sequence[ScoreRow],
    objective: Objective,
    shown: str | None,
    asked: Collection[Cell] = (),
) -> tuple[Standing, ...]:
    """Every complete choice, best first by the objective; ties go to the earlier trial, and to the
    baseline that it brought along.

    One lacking a score that the sweep asks for (`asked`), or that another has, is left out
    (`incomplete` names trials): a mean over fewer languages or seeds is another number.
    """
    choices = _by_choice(_primary(rows))
    left_out = _incomplete(choices, asked)
    found = [_standing(own, objective, shown) for c, own in choices.items() if c not in left_out]
    return tuple(sorted(found, key=_rank))


def incomplete(rows: Sequence[ScoreRow], asked: Collection[Cell] = ()) -> tuple[int, ...]:
    """Numbers of trials that lack a score which is asked for, or which some other choice has."""
    choices = _by_choice(_primary(rows))
    return tuple(sorted(n for n, beside in _incomplete(choices, asked) if not beside))


def _incomplete(
    choices: Mapping[Choice, Sequence[ScoreRow]], asked: Collection[Cell]
) -> set[Choice]:
    cells = {choice: _cells(own) for choice, own in choices.items()}
    everything = set(asked).union(*cells.values())
    return {choice for choice, own in cells.items() if own != everything}


def winner(
    rows: Sequence[ScoreRow],
    objective: Objective,
    shown: str | None,
    asked: Collection[Cell] = (),
) -> Standing | None:
    """What `objective` selects, baselines among the choices; None without any complete one."""
    return first(standings(rows, objective, shown, asked))


def ranked(results: SweepResults, objective: Objective) -> tuple[Standing, ...]:
    """The `standings` of a sweep as it is now, worked out once for each way of choosing."""
    if objective not in results.ranked:
        shown = shown_split(results.sweep.splits, results.sweep.objective)
        results.ranked[objective] = standings(results.rows, objective, shown, results.asked)
    return results.ranked[objective]


def first(standing: Sequence[Standing]) -> Standing | None:
    """The best of them, best first; None where there is nothing to select by."""
    return standing[0] if standing and standing[0].selected_by is not None else None


def meanings(rows: Sequence[ScoreRow], split: str) -> tuple[Meaning, ...]:
    """What the scores on `split` are means of, by target."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in _primary(rows):
        if row.split == split and row.asked:
            found[row.target, row.metric].add(row.language)
    return tuple(Meaning(*key, frozenset(languages)) for key, languages in sorted(found.items()))


def family_gains(rows: Sequence[ScoreRow], trial: int, split: str) -> tuple[FamilyGain, ...]:
    """Gains of one trial by target and family, on `split`; only where the baseline is known.

    Mean over the family's languages of the mean over seeds, never weighted by rows; one line a
    target, never a mean over targets.
    """
    cells: dict[tuple[str, str], dict[tuple[str, int], float]] = defaultdict(dict)
    for row in _primary(rows):
        own = row.trial == trial and not row.beside
        if own and row.split == split and row.gain is not None and row.asked:
            cells[row.target, row.family][row.language, row.seed] = row.gain
    return tuple(
        FamilyGain(target, family, estimate(found))
        for (target, family), found in sorted(cells.items())
    )


def without_baseline(rows: Sequence[ScoreRow], split: str) -> dict[str, tuple[int, ...]]:
    """Numbers of the trials that lack a gain on `split`, by target, where any does.

    A score has no gain where the baseline with the trial's own settings of the target is not in
    the store, or has not that score.
    """
    found: dict[str, set[int]] = defaultdict(set)
    for row in _primary(rows):
        if row.split == split and row.gain is None and row.asked:
            found[row.target].add(row.trial)
    return {target: tuple(sorted(trials)) for target, trials in sorted(found.items())}


def _standing(rows: Sequence[ScoreRow], objective: Objective, shown: str | None) -> Standing:
    visible = [row for row in rows if row.split == shown]
    return Standing(
        trial=rows[0].trial,
        plan=rows[0].plan,
        selected_by=selecting_score(rows, objective),
        targets=tuple(
            _target_score(target, [row for row in visible if row.target == target])
            for target in sorted({row.target for row in visible})
        ),
        settings=rows[0].settings,
        beside=rows[0].beside,
    )


def _target_score(target: str, rows: Sequence[ScoreRow]) -> TargetScore:
    scores = {(row.language, row.seed): row.score for row in rows}
    gains = {(row.language, row.seed): row.gain for row in rows if row.gain is not None}
    complete = len(gains) == len(scores)
    return TargetScore(
        target,
        estimate(scores).mean,
        estimate(gains) if complete else None,
    )


def selecting_score(rows: Iterable[ScoreRow], objective: Objective) -> float | None:
    """The objective, computed as the search computes it; None where no score belongs to it."""
    scores = [
        {
            "task": row.target,
            "language": row.language,
            "split": row.split,
            "primary": row.score,
        }
        for row in rows
        if row.asked or objective.languages == "english"
    ]
    try:
        return objective_value(scores, objective)
    except ValueError:
        return None


def _rank(standing: Standing) -> tuple[bool, float, int, bool]:
    score = standing.selected_by
    return score is None, -(score or 0.0), standing.trial, not standing.beside


def _primary(rows: Iterable[ScoreRow]) -> list[ScoreRow]:
    return [row for row in rows if row.primary]


def _by_choice(rows: Iterable[ScoreRow]) -> dict[Choice, list[ScoreRow]]:
    found: dict[Choice, list[ScoreRow]] = defaultdict(list)
    for row in rows:
        found[row.trial, row.beside].append(row)
    return dict(found)


def _cells(rows: Iterable[ScoreRow]) -> set[Cell]:
    return {row.cell for row in rows}
