"""Letting Tune drive the search, as often as it takes: a fresh Tuner each time, nothing restored.

Part of the driver (see `driver`). Tune's word is not taken for anything: the study says what is
open, and Tune's files are thrown away.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from sweeps.execution.bookkeeping import Bookkeeper
from sweeps.execution.job import PAUSES, Assignment
from sweeps.execution.patience import Patience, may_pass
from sweeps.execution.wish import Wish
from sweeps.search.of_sweep import candidates_of
from sweeps.search.queue import ProposalQueue
from sweeps.search.study import SweepStudy
from sweeps.spec import control
from sweeps.spec.paths import SweepFolder
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.events import Event
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.pauses import Pauses

MOST_SEARCHES = 5


def pauses_of(sweep: Sweep) -> Pauses:
    """The pauses between two tries of anything."""
    return replace(PAUSES, first=min(sweep.execution.retry_seconds, PAUSES.longest))


def search_out(
    assignment: Assignment,
    queue: ProposalQueue,
    study: SweepStudy,
    wish: Wish,
    books: Bookkeeper,
    folder: SweepFolder,
) -> None:
    """Search until the study itself says that nothing is open; Tune's word is not taken for it."""
    sweep = assignment.sweep
    patience = Patience(wish, books.note, pauses_of(sweep))

    def afresh() -> tuple[ProposalQueue, bool]:
        new = ProposalQueue(study, candidates_of(sweep), sweep.search, aside=queue.aside)
        return new, new.has_more()

    for _ in range(MOST_SEARCHES):
        try:
            _search(assignment, queue, wish, books, folder, patience)
        except Exception as error:  # of Tune itself, whose files lie on a disk too
            if not may_pass(error):
                raise
            books.note(Event("message", fields={"text": f"Tune failed: {error}"}))
        found = patience.through(afresh)
        if found is None:
            return
        queue, more = found
        if not more or wish.current() != control.RUN:
            return
        text = "Tune ended before the sweep did; a fresh Tuner takes up what is open"
        books.note(Event("message", fields={"text": text}))


def _search(
    assignment: Assignment,
    queue: ProposalQueue,
    wish: Wish,
    books: Bookkeeper,
    folder: SweepFolder,
    patience: Patience,
) -> None:
    """Let Tune drive the search to its end."""
    from ray import tune

    from sweeps.execution.coordinator import Coordinator
    from sweeps.execution.scheduler import KeepStartingActors
    from sweeps.search.searcher import PlanSearcher

    trainable = tune.with_resources(
        tune.with_parameters(Coordinator, assignment=assignment),
        tune.PlacementGroupFactory([{"CPU": 0.01}]),
    )
    # Its state is thrown away: that a copy of it failed is no news.
    logging.getLogger("ray.tune.execution.experiment_state").setLevel(logging.CRITICAL)
    scratch = _scratch(folder)
    searcher = PlanSearcher(queue, wish.current, books.note, patience.through)
    tuner = tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=KeepStartingActors(),
            num_samples=-1,
            max_concurrent_trials=assignment.sweep.execution.concurrency,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="trials",
            storage_path=str(scratch),
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=3),
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )
    try:
        tuner.fit()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if searcher.error is not None:
        raise searcher.error


def _scratch(folder: SweepFolder) -> Path:
    """Where Tune's own files lie while it runs: nowhere that the sweep's disk could fill up.

    Always the same place for a sweep, so that what a killed driver left there is taken away.
    """
    name = f"xlt-tune-{os.getuid()}-{fingerprint(str(folder.path.resolve()))[:12]}"
    return Path(tempfile.gettempdir()).resolve() / name
