"""The stages that a sweep's trials ask for, one row each: what became of it, and what it took.

`status` counts these very rows; what became of a stage is told by its record in the store alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sweeps.results.states import StageStanding
from sweeps.search.trial import TrialState
from xlt_core.stages import lineage

if TYPE_CHECKING:
    from sweeps.results.rows import StageReader
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.sweep import Sweep
    from sweeps.spec.trials import TrialPath
    from xlt_core.stages.stage import Stage
    from xlt_core.store.about import About


@dataclass(frozen=True)
class StageRow:
    """One stage, however many trials share it.

    Attributes:
        kind, title: as the tables and its record have them.
        standing: `executed`, `reused` or `open`.
        trials: numbers of the trials that ask for it, themselves or for the baseline beside them.
        requested: how often they do, over targets and seeds; what sharing saves is the rest.
        sweep: the sweep that had it computed; None where it is open, or nobody wrote it down.
        seconds: computing time over all attempts; None where it is open, as all below.
        steps: optimiser steps; None of what trains nothing.
        started, finished: seconds since the epoch.
    """

    key: str
    kind: str
    title: str
    standing: StageStanding
    trials: tuple[int, ...]
    requested: int
    sweep: str | None = None
    seconds: float | None = None
    steps: int | None = None
    started: float | None = None
    finished: float | None = None

    def to_json(self) -> dict[str, object]:
        """The attributes, by their names."""
        return asdict(self)


def paths_of(
    sweep: Sweep, prepared: ResolvedInputs, trials: Iterable[Trial]
) -> list[tuple[TrialPath, ...]]:
    """All that each trial asks for."""
    from sweeps.spec.trials import paths_asked

    return [paths_asked(sweep, prepared, trial.plan, trial.settings) for trial in trials]


def stage_rows(
    sweep: str,
    trials: Sequence[Trial],
    paths: Sequence[tuple[TrialPath, ...]],
    store: StageReader,
    folder: str,
    until: float | None = None,
) -> tuple[StageRow, ...]:
    """A row for each distinct stage, parents before children, in the order they were asked for.

    Args:
        sweep: its name.
        paths: `paths_of` the trials.
        folder: the identity of the sweep's folder, by which what it computed itself is told from
            what another sweep of its name did.
        until: when the sweep ended, seconds since the epoch; None while it runs. What another
            put into the store later is not reused by trials that have no result.
    """
    waiting = {trial.number for trial in trials if trial.state == TrialState.RUNNING}
    stages: dict[str, Stage] = {}
    asking: dict[str, Counter[int]] = defaultdict(Counter)
    for trial, own in zip(trials, paths, strict=True):
        for stage in _asked(own):
            stages.setdefault(stage.key, stage)
            asking[stage.key][trial.number] += 1
    records = {key: stage.about for key, stage in store.read_all(stages).items()}
    for key, record in list(records.items()):
        is_late = until is not None and float(record.get("finished") or 0.0) > until
        if is_late and waiting.issuperset(asking[key]) and not is_own(record, sweep, folder):
            del records[key]
    return tuple(
        _row(stage, asking[key], records.get(key), sweep, folder) for key, stage in stages.items()
    )


def is_own(record: About, sweep: str, folder: str) -> bool:
    """Whether the sweep of this name, in the folder of this identity, had the stage computed."""
    label = record.get("executor") or {}
    return label.get("sweep") == sweep and label.get("folder", folder) == folder


def _asked(paths: Iterable[TrialPath]) -> Iterator[Stage]:
    for path in paths:
        yield from (*lineage(path.trained), *path.evaluations)


def _row(
    stage: Stage, asking: Mapping[int, int], record: About | None, sweep: str, folder: str
) -> StageRow:
    trials, requested = tuple(asking), sum(asking.values())
    if record is None:
        standing = StageStanding.OPEN
        return StageRow(stage.key, stage.kind, stage.title, standing, trials, requested)
    return StageRow(
        stage.key,
        stage.kind,
        stage.title,
        StageStanding.EXECUTED if is_own(record, sweep, folder) else StageStanding.REUSED,
        trials,
        requested,
        (record.get("executor") or {}).get("sweep"),
        record.get("seconds"),
        record.get("steps"),
        record.get("started"),
        record.get("finished"),
    )
