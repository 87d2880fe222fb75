"""All that is known of a sweep at one moment: what the page of a report is made of.

Read from the two truths alone, study and store; what stands in its folder tells how it stands.
Each stage's record is read once. Neighbours: `rows` (scores), `stages` (what was computed),
`status` (one word for where it stands).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sweeps.results.rows import ReadOnce, SweepResults, read_results
from sweeps.results.stages import StageRow, paths_of, stage_rows
from sweeps.results.status import (
    TrialCounts,
    count_trials,
    ended_at,
    lacking_of,
    read_events,
    state_now,
)
from xlt_core.vocabulary.events import Event, SweepStarted

if TYPE_CHECKING:
    from sweeps.results.rows import StageReader
    from sweeps.results.states import SweepState
    from sweeps.spec.paths import SweepFolder


@dataclass(frozen=True)
class SweepFacts:
    """A sweep as it stands.

    Attributes:
        stages: every distinct stage that its trials ask for.
        versions: of what computed the stages, by name; several where they differ.
        commits: of xlt's own code at the sweep's starts, each once, the first one first.
        called: one word of a shell by which a command finds it.
        label: what tells it from others of its name; empty where its name does.
    """

    results: SweepResults
    state: SweepState
    trials: TrialCounts
    stages: tuple[StageRow, ...]
    versions: Mapping[str, tuple[str, ...]] = field(hash=False)
    commits: tuple[str, ...]
    called: str
    label: str = ""

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.label or self.results.sweep.name


def read_facts(folder: SweepFolder) -> SweepFacts:
    """What is known of the sweep in `folder` now. Raises what `read_results` raises."""
    from sweeps.spec.read import read_stored_spec
    from xlt_core.store import Store

    store = ReadOnce(Store(read_stored_spec(folder).store))
    results = read_results(folder, store)
    events = read_events(folder)
    return facts_of(results, folder, store, state_now(folder, results.trials, events), events)


def facts_of(
    results: SweepResults,
    folder: SweepFolder,
    store: StageReader,
    state: SweepState,
    events: Iterable[Event],
) -> SweepFacts:
    """The same of results that have been read.

    Args:
        store: what is read already is not read again where it is a `ReadOnce`.
        state: how the sweep stands, or ended.
        events: of its journal.
    """
    sweep, prepared, trials = results.sweep, results.prepared, results.trials
    paths = paths_of(sweep, prepared, trials)
    events = list(events)
    until = ended_at(state, events)
    stages = stage_rows(sweep.name, trials, paths, store, folder.identity, until)
    commits = [e.commit for e in events if isinstance(e, SweepStarted) and e.commit]
    return SweepFacts(
        results,
        state,
        count_trials(trials, state, lacking_of(trials, paths, stages)),
        stages,
        _versions(stages, store),
        tuple(dict.fromkeys(commits)),
        folder.called,
    )


def _versions(stages: Sequence[StageRow], store: StageReader) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for stage in store.read_all(row.key for row in stages).values():
        for name, version in ((stage.about.get("worker") or {}).get("versions") or {}).items():
            found[name].add(str(version))
    return {name: tuple(sorted(versions)) for name, versions in sorted(found.items())}
