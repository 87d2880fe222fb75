"""The search under a real Ray Tune, and what its searcher makes of the loop."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sweeps.execution.tune import PlanSearcher
from sweeps.search.candidates import Candidates
from sweeps.search.loop import SearchLoop
from sweeps.search.queue import ProposalQueue
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.search.study import SweepStudy
from sweeps.search.trial import TrialResult
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.sweep import Intermediate, Range, Search
from xlt_core.vocabulary.events import Event, TrialInterrupted
from xlt_core.vocabulary.plan import Step

STEPS = tuple(map(Step.parse, ("mnli", "qqp+squad", "siqa")))
CANDIDATES = Candidates(
    PlanSpace.of(Intermediate(STEPS, (0, 1, 2, 3))),
    SettingsSpace({"recipe.train.learning_rate": Range("log", 1e-5, 5e-5)}),
)


def queue(url: str, trials: int = 10) -> ProposalQueue:
    search = Search("tpe", trials=trials, window=4, options={"n_startup_trials": 3})
    return ProposalQueue(SweepStudy.open(url, "s"), CANDIDATES, search)


@pytest.fixture(scope="module")
def ray_here() -> Iterator[None]:
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def tune(searcher: Any, folder: Path) -> Any:
    from ray import tune as ray_tune

    class Toy(ray_tune.Trainable):  # type: ignore[misc]
        """Scores a plan by its length; some fail, and one ends without a result once."""

        def setup(self, config: dict[str, Any]) -> None:
            self.config = config

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            self.config = new_config
            return True

        def step(self) -> dict[str, Any]:
            number, marker = self.config["number"], folder / "lost"
            if number == 2 and not marker.exists():
                marker.touch()
                raise RuntimeError("the coordinator is lost")
            if number % 5 == 4:
                error = f"trial {number} failed"
                return {"failed": True, "error": error, "objective": math.nan, "done": True}
            return {"objective": 50.0 + len(self.config["plan"]), "done": True}

        def save_checkpoint(self, checkpoint_dir: str) -> None:
            """Tune saves a trial that it runs again; there is nothing to save."""

        def load_checkpoint(self, checkpoint: Any) -> None:
            """See `save_checkpoint`."""

    return ray_tune.Tuner(
        ray_tune.with_resources(Toy, {"cpu": 0.01}),
        tune_config=ray_tune.TuneConfig(
            search_alg=searcher, num_samples=-1, max_concurrent_trials=3, reuse_actors=True
        ),
        run_config=ray_tune.RunConfig(storage_path=str(folder / "tune"), name="t", verbose=0),
    ).fit()


class TestPlanSearcher:
    def test_a_sweep_under_tune(self, ray_here: None, tmp_path: Path) -> None:
        """Ten trials are run and told, a lost one again; a fresh Tuner goes on where it ended."""
        url, plain = (f"sqlite:///{tmp_path / name}.db" for name in ("study", "plain"))
        tune(PlanSearcher(SearchLoop(queue(url, trials=6))), tmp_path)
        interrupted = queue(url)
        interrupted.next()  # asked for, and killed before anything came of it
        tune(PlanSearcher(SearchLoop(queue(url))), tmp_path)
        found = SweepStudy.open(url, "s").trials(CANDIDATES)

        alone = queue(plain)
        for _ in range(10):
            proposal = alone.next()
            value = None if proposal.number % 5 == 4 else 50.0 + len(str(proposal.plan))
            error = f"trial {proposal.number} failed" if value is None else ""
            alone.tell(proposal.number, TrialResult(value, error))
        assert found == SweepStudy.open(plain, "s").trials(CANDIDATES)
        assert [trial.attrs for trial in found] == [
            {"error": f"trial {number} failed"} if number % 5 == 4 else {} for number in range(10)
        ]
        assert (tmp_path / "lost").exists()

    def test_says_what_tune_understands(self, tmp_path: Path) -> None:
        """A configuration, None for "not now", FINISHED at the end and not before."""
        searcher = PlanSearcher(SearchLoop(queue(f"sqlite:///{tmp_path / 'study.db'}", trials=5)))
        configs = [searcher.suggest(f"t{at}") for at in range(4)]
        assert isinstance(configs[0], dict)
        assert configs[0].keys() == {"number", "plan", "settings"}
        assert (configs[0]["number"], configs[0]["plan"]) == (0, "(none)")
        assert searcher.suggest("t4") is None
        for at in range(4):
            searcher.on_trial_complete(f"t{at}", {"objective": 1.0})
        assert isinstance(searcher.suggest("t5"), dict)
        assert searcher.suggest("t6") is None  # trial 4 may still come back
        searcher.on_trial_complete("t5", {"objective": 1.0})
        assert searcher.suggest("t6") == PlanSearcher.FINISHED

    def test_what_is_wished(self, tmp_path: Path) -> None:
        """A pause hands out nothing for now; a stop nothing more; interrupted trials stay open."""
        desired = [DesiredState(word) for word in ("run", "pause", "stop", "stop", "stop")]
        own = queue(f"sqlite:///{tmp_path / 'study.db'}")
        searcher = PlanSearcher(SearchLoop(own, desired=lambda: desired.pop(0)))
        assert isinstance(searcher.suggest("t0"), dict)
        assert searcher.suggest("t1") is None
        assert searcher.suggest("t1") is None  # trial 0 is still under way
        searcher.on_trial_complete("t0", {"interrupted": True, "objective": math.nan})
        assert searcher.suggest("t1") == PlanSearcher.FINISHED
        assert own.told == 0

    def test_an_interruption_nobody_wished_is_made_good(self, tmp_path: Path) -> None:
        """A trial whose service was lost is handed out again in the same search."""
        searcher = PlanSearcher(SearchLoop(queue(f"sqlite:///{tmp_path / 'study.db'}")))
        first = searcher.suggest("t0")
        searcher.on_trial_complete("t0", {"interrupted": True, "objective": math.nan})
        assert searcher.suggest("t1") == first

    def test_a_machines_fault_leaves_the_trial_to_the_next_run(self, tmp_path: Path) -> None:
        """It has no result, is not handed out again now, and the search ends without it."""
        told: list[Event] = []
        own = queue(f"sqlite:///{tmp_path / 'study.db'}", trials=1)
        searcher = PlanSearcher(SearchLoop(own, note=told.append))
        searcher.suggest("t0")
        result = {"interrupted": True, "error": "the disk went away", "objective": math.nan}
        searcher.on_trial_complete("t0", result)
        assert isinstance(told[-1], TrialInterrupted)
        assert told[-1].error == "the disk went away"
        assert searcher.suggest("t1") == PlanSearcher.FINISHED
        assert own.told == 0 and own.aside == {0}

    def test_a_search_that_only_waits_for_what_was_set_aside_ends(self, tmp_path: Path) -> None:
        """The window keeps it from proposing more; it does not wait for ever."""
        searcher = PlanSearcher(SearchLoop(queue(f"sqlite:///{tmp_path / 'study.db'}")))
        lost = {"interrupted": True, "error": "lost", "objective": math.nan}
        for at in range(4):
            assert isinstance(searcher.suggest(f"t{at}"), dict)
            searcher.on_trial_complete(f"t{at}", {"objective": 1.0} if at else lost)
        assert searcher.suggest("t4") == PlanSearcher.FINISHED

    def test_an_error_ends_the_search_and_is_not_swallowed(self, tmp_path: Path) -> None:
        """Tune would go on without the result; here whoever runs it can see why."""
        own = queue(f"sqlite:///{tmp_path / 'study.db'}")
        loop = SearchLoop(own)
        searcher = PlanSearcher(loop)
        searcher.suggest("t0")
        own.tell = lambda *found: (_ for _ in ()).throw(KeyError("no such trial"))
        searcher.on_trial_complete("t0", {"objective": 1.0})
        assert isinstance(loop.error, KeyError)
        assert searcher.suggest("t1") == PlanSearcher.FINISHED

    def test_tells_how_trials_begin_and_end(self, tmp_path: Path) -> None:
        """Each once, and not before the study knows it."""
        told: list[tuple[str, int | None, str]] = []
        url = f"sqlite:///{tmp_path / 'study.db'}"
        study = SweepStudy.open(url, "s")
        own = ProposalQueue(study, CANDIDATES, Search("random", trials=4))

        def note(event: Event) -> None:
            trial = study.trial(event.trial or 0)
            told.append((event.kind, event.trial, trial.state if trial else "unknown"))

        searcher = PlanSearcher(SearchLoop(own, note=note))
        results = (
            {"objective": 50.0},
            {"failed": True, "error": "no", "objective": math.nan},
            {"interrupted": True, "objective": math.nan},
            None,
        )
        for at, result in enumerate(results):
            searcher.suggest(f"t{at}")
            searcher.on_trial_complete(f"t{at}", result)
            searcher.on_trial_complete(f"t{at}", result)
        assert told == [
            ("trial_started", 0, "running"),
            ("trial_finished", 0, "finished"),
            ("trial_started", 1, "running"),
            ("trial_failed", 1, "failed"),
            ("trial_started", 2, "running"),
            ("trial_interrupted", 2, "running"),
            ("trial_started", 2, "running"),
            ("trial_interrupted", 2, "running"),
        ]

    def test_a_copy_is_no_searcher(self, tmp_path: Path) -> None:
        """Tune may pickle it; what comes back says that the study is to be asked instead."""
        searcher = PlanSearcher(SearchLoop(queue(f"sqlite:///{tmp_path / 'study.db'}")))
        searcher.save(str(tmp_path / "state"))
        searcher.restore(str(tmp_path / "state"))
        assert not (tmp_path / "state").exists()
        with pytest.raises(RuntimeError, match="from the study"):
            pickle.loads(pickle.dumps(searcher)).suggest("t")
