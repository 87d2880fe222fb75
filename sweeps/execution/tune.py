"""Ray Tune as a backend of the search: its trials are coordinators, its searcher asks the loop.

Tune keeps nothing that is not kept already: its own restore would bring back a stale picture, so
each run has a fresh Tuner. (How trials begin and end is told by the loop: a Tune callback could,
but given any callback Tune imports every logger it has, MLflow's among them: a second of each
start.)
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from pathlib import Path

from ray import tune
from ray.tune.execution import class_cache
from ray.tune.search import Searcher

from sweeps.execution.coordinator import Coordinator
from sweeps.execution.job import Assignment
from sweeps.execution.scheduler import KeepStartingActors
from sweeps.execution.verdict import OBJECTIVE, from_report
from sweeps.search.loop import SearchLoop
from sweeps.search.proposal import Proposal
from sweeps.search.queue import DONE
from sweeps.spec.paths import SweepFolder
from xlt_core.vocabulary.fingerprint import fingerprint

# A coordinator waits nearly all of its time, and Tune wants it to ask for something. Of a CPU it
# would take a node of one CPU from every worker; of this Ray's head has one and no other node any.
HEAD = "node:__internal_head__"
LEAST = 0.0001  # as little as Ray counts


class RayTune:
    """A backend (see `sweeps.search.backends`): coordinators on a cluster, as many at once as the
    sweep says."""

    def __init__(self, assignment: Assignment, folder: SweepFolder) -> None:
        self._assignment = assignment
        self._folder = folder

    def run(self, loop: SearchLoop) -> None:
        """See `Backend`. Raises whatever ended the search, or Tune itself."""
        trainable = tune.with_resources(
            tune.with_parameters(Coordinator, assignment=self._assignment),
            tune.PlacementGroupFactory([{HEAD: LEAST}]),
        )
        # Its state is thrown away: that a copy of it failed, or is not found, is no news.
        for name in ("execution.experiment_state", "analysis.experiment_analysis"):
            logging.getLogger(f"ray.tune.{name}").setLevel(logging.CRITICAL)
        scratch = _scratch(self._folder)
        _pass_on_no_environment()
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=PlanSearcher(loop),
                scheduler=KeepStartingActors(),
                num_samples=-1,
                max_concurrent_trials=self._assignment.sweep.execution.concurrency,
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
        if loop.error is not None:
            raise loop.error


class PlanSearcher(Searcher):
    """Hands Tune the configurations `{"number", "plan", "settings"}` (`Proposal.from_config`), and
    the loop what trials reported last (`verdict.from_report`)."""

    def __init__(self, loop: SearchLoop) -> None:
        super().__init__(metric=OBJECTIVE, mode="max")
        self._loop: SearchLoop | None = loop
        self._numbers: dict[str, int] = {}  # by Tune's own name of the trial

    def suggest(self, trial_id: str) -> dict[str, object] | str | None:
        """The next trial's configuration, None for "not now", or FINISHED."""
        proposal = self._live().next()
        if not isinstance(proposal, Proposal):
            return str(Searcher.FINISHED) if proposal is DONE else None
        self._numbers[trial_id] = proposal.number
        return proposal.to_config()

    def on_trial_complete(
        self, trial_id: str, result: dict[str, object] | None = None, error: bool = False
    ) -> None:
        """Tell the loop what came of a trial, once."""
        number = self._numbers.pop(trial_id, None)
        if number is not None:
            self._live().complete(number, from_report(result or {}))

    def save(self, checkpoint_path: str) -> None:
        """Save nothing: the trials are kept elsewhere, and a second copy could only disagree."""

    def restore(self, checkpoint_path: str) -> None:
        """Restore nothing: see `save`."""

    def __getstate__(self) -> dict[str, object]:
        """Tune pickles its searcher for `Tuner.restore`, which is not used: leave out the loop."""
        return self.__dict__ | {"_loop": None, "_numbers": {}}

    def _live(self) -> SearchLoop:
        if self._loop is None:
            raise RuntimeError("this searcher was unpickled; make a fresh one from the study")
        return self._loop


def _pass_on_no_environment() -> None:
    """Tune would give trials variables of the driver's, AWS_SECRET_ACCESS_KEY among them.

    Ray writes them into the command that starts a trial's process, for everybody to read, and
    starts none of its ready ones for it. A coordinator needs none: its process has the node's.
    """
    class_cache.DEFAULT_ENV_VARS = {}
    class_cache.ENV_VARS_TO_PROPAGATE = set()


def _scratch(folder: SweepFolder) -> Path:
    """Where Tune's own files lie while it runs: nowhere that the sweep's disk could fill up.

    Always the same place for a sweep, so that what a killed driver left there is taken away.
    """
    name = f"xlt-tune-{os.getuid()}-{fingerprint(str(folder.path.resolve()))[:12]}"
    return Path(tempfile.gettempdir()).resolve() / name
