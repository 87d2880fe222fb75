"""A small sweep with a real study and a real store, its scores made up: `make` and `made`; a local
Ray cluster, and `xlt` run in this process.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import ray
from typer.testing import CliRunner

from sweeps.execution.cluster import quiet_environment
from sweeps.execution.lean import lean_ray
from sweeps.execution.worker_template import WorkerTemplate, worker_template
from sweeps.search.candidates import Candidates
from sweeps.search.proposal import Proposal
from sweeps.search.study import SweepStudy
from sweeps.search.trial import TrialResult
from sweeps.spec.inputs import ResolvedInputs, write_prepared
from sweeps.spec.paths import SweepFolder
from sweeps.spec.prepare import prepare
from sweeps.spec.read import read_spec
from sweeps.spec.stored import write_spec
from sweeps.spec.sweep import Execution, Sweep
from sweeps.spec.trials import paths_of_trial
from tests.sweeps.postgresql import serving
from xlt_core.stages import lineage
from xlt_core.store import Store
from xlt_core.vocabulary.event_lines import to_line
from xlt_core.vocabulary.events import Event, SweepFinished, SweepStarted
from xlt_core.vocabulary.plan import Plan

SPEC = """
name: {name}
encoder: lab-small
data: lab
intermediate: {{tasks: [lab-pairs, lab-topic], count: 0..2}}
targets: [lab-nli]
seeds: 2
recipe: {{train: {{steps: 5}}, target: {{steps: 5, learning_rate: {rate}}}}}
search: {{method: grid}}
"""
# Points a plan adds to the baseline's score, by language: en likes pairs, the others like both.
GAIN = {
    "(none)": {},
    "lab-pairs": {"en": 6.0},
    "lab-topic": {"en": -1.0},
    "lab-pairs > lab-topic": {"en": 3.0, "qla": 8.0, "qlb": 10.0, "qlc": 2.0},
}
BASE = {"en": 80.0, "qla": 60.0, "qlb": 58.0, "qlc": 50.0}
BEGAN = 1_700_000_000.0


@dataclass(frozen=True)
class Made:
    """A fabricated sweep."""

    sweep: Sweep
    prepared: ResolvedInputs
    folder: SweepFolder
    store: Store
    spec: Path

    def paths(self, plan: str, settings=None):
        return paths_of_trial(self.sweep, self.prepared, Plan.parse(plan), settings or {})

    @property
    def candidates(self) -> Candidates:
        from sweeps.search.of_sweep import candidates_of

        return candidates_of(self.sweep)

    def begin(self) -> None:
        """Make the study, as a driver does before anything else."""
        SweepStudy.open(self.sweep.storage, self.sweep.name).close()

    def ask(self, number: int, plan: str, settings=None) -> None:
        study = SweepStudy.open(self.sweep.storage, self.sweep.name)
        study.insert(Proposal(number, Plan.parse(plan), settings or {}), self.candidates)
        study.close()

    def tell(self, number: int, value: float | None, error: str = "") -> None:
        study = SweepStudy.open(self.sweep.storage, self.sweep.name)
        study.tell(number, TrialResult(value, error))
        study.close()

    def compute(
        self,
        plan: str,
        settings=None,
        sweep: str | None = None,
        bonus: float = 0.0,
        folder: str = "",
    ) -> None:
        """Put all stages of a trial into the store, as if `sweep` had computed them.

        Those that are there already stay as they are.
        """
        executor = {"sweep": sweep or self.sweep.name}
        executor |= {"folder": folder} if folder else {}
        for path in self.paths(plan, settings):
            for stage in lineage(path.trained):
                self._publish(stage, executor, {"curve.json": [_point(1), _point(2)]})
            for stage in path.evaluations:
                score = BASE[stage.data.language] + GAIN[plan].get(stage.data.language, 0.0)
                score += path.seed + bonus + (0.5 if stage.data.split == "test" else 0.0)
                scores = {
                    "task": stage.data.task,
                    "language": stage.data.language,
                    "split": stage.data.split,
                    "metrics": {"accuracy": score},
                    "primary": score,
                    "examples": 10,
                }
                self._publish(stage, executor, {"scores.json": scores})

    def _publish(self, stage, executor, files) -> None:
        with self.store.draft(stage.key) as draft:
            for name, content in files.items():
                (draft.folder / name).write_text(json.dumps(content))
            draft.publish(
                {
                    "kind": stage.kind,
                    "title": stage.title,
                    "identity": stage.identity(),
                    "started": BEGAN,
                    "finished": BEGAN + 10,
                    "seconds": 10.0,
                    "steps": 5,
                    "executor": executor,
                    "worker": {"versions": {"python": "3.11", "torch": "2.13"}},
                }
            )

    def journal(self, *events: Event) -> None:
        with (self.folder.path / "events.jsonl").open("a") as file:
            file.writelines(to_line(event) + "\n" for event in events)


def _point(step: int) -> dict[str, float]:
    return {"step": step, "loss": 1.0 / step, "learning_rate": 1e-3, "at": BEGAN + step}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a PostgreSQL server of our own."""
    with serving() as url:
        yield url


@pytest.fixture(scope="session")
def start_sweep(tmp_path_factory):
    """A function that starts a sweep, without trials, in a runs folder; prepares each spec once."""
    known: dict[str, tuple[Path, ResolvedInputs]] = {}

    def start(runs: Path, rate: str = "1e-3") -> Made:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XLT_RUNS", str(runs))
            if rate not in known:
                path = tmp_path_factory.mktemp("spec") / "spec.yaml"
                path.write_text(SPEC.format(name="made", rate=rate))
                known[rate] = (path, prepare(read_spec(path)))
            path, prepared = known[rate]
            sweep = read_spec(path)
            folder = SweepFolder.named(sweep.name)
        write_spec(folder, sweep)
        write_prepared(folder, prepared)
        return Made(sweep, prepared, folder, Store(sweep.store), path)

    return start


@pytest.fixture
def make(tmp_path, monkeypatch, start_sweep):
    """A function that starts a sweep of the test's own, without trials."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLT_RUNS", str(tmp_path / "runs"))
    return lambda rate="1e-3": start_sweep(tmp_path / "runs", rate)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, start_sweep):
    """The sweep behind `made`."""
    sweep = start_sweep(tmp_path_factory.mktemp("made") / "runs")
    study = SweepStudy.open(sweep.sweep.storage, "made")
    for number, plan in enumerate(GAIN):
        study.insert(Proposal(number, Plan.parse(plan), {}), sweep.candidates)
        sweep.compute(plan)
        study.tell(number, TrialResult(80.0 + GAIN[plan].get("en", 0.0)))
    study.close()
    sweep.journal(
        SweepStarted("made", at=BEGAN),
        SweepFinished("made", "finished", at=BEGAN + 20),
    )
    return sweep


@pytest.fixture
def made(made_once, monkeypatch):
    """A finished sweep with a baseline and three plans, for looking at: tests share it."""
    monkeypatch.chdir(made_once.folder.runs.parent)
    monkeypatch.setenv("XLT_RUNS", str(made_once.folder.runs))
    return made_once


@pytest.fixture(scope="session")
def template() -> Iterator[WorkerTemplate | None]:
    """What the workers of `local_ray` are forked from, as those of a sweep here are."""
    quiet_environment()
    with worker_template(Execution(), None) as made:
        yield made


@contextmanager
def small_ray(template: WorkerTemplate | None, **options: object) -> Iterator[None]:
    """A cluster in here, as a sweep's own is started; `options` are `ray.init`'s."""
    with lean_ray(template):
        ray.init(
            address="local",
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=100 * 1024 * 1024,
            **options,
        )
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def local_ray(template: WorkerTemplate | None) -> Iterator[None]:
    """A cluster that dies with the module."""
    with small_ray(template, num_cpus=4):
        yield


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def xlt(monkeypatch):
    """A function that runs one command line, as wide as where there is no terminal."""
    from sweeps.cli.app import app

    monkeypatch.delenv("COLUMNS", raising=False)  # test runners set it

    def run(*arguments: str, input: str | None = None) -> Said:
        found = CliRunner().invoke(app, list(arguments), input=input, prog_name="xlt")
        return Said(found.exit_code, found.stdout, found.stderr)

    return run
