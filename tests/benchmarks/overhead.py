"""Driver seconds a trial with no-op stages, against plain Tuner + OptunaSearch, in one run.

    .venv/bin/python tests/benchmarks/overhead.py --trials 500

Timed in turn on the same machine: Tune with an empty function trainable and OptunaSearch on SQLite
as it comes, the same with `reuse_actors=True`, and xlt, the latter two with 100 and with all
trials. Start-up of Ray is left out of each (a cluster is up before the clock starts); what remains
is wall seconds divided by trials, and what each trial after the hundredth costs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TASKS = ("lab-pairs", "lab-topic", "lab-tags")


def main() -> None:
    """Time each and print one table and one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--plain-trials", type=int, default=60)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--method", default="tpe", choices=["tpe", "random"], help="of xlt")
    known = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from tests.repository import python_path

    os.environ["PYTHONPATH"] = python_path()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        most, width = known.trials, known.concurrency
        of_all = f"{most} trials"
        jobs = {
            f"tune as it comes, {known.plain_trials} trials": lambda folder: plain(
                folder, known.plain_trials, width, False
            ),
            "xlt, 100 trials": lambda folder: ours(folder, 100, width, known.method),
            f"xlt, {of_all}": lambda folder: ours(folder, most, width, known.method),
            "tune, reuse_actors, 100 trials": lambda folder: plain(folder, 100, width, True),
            f"tune, reuse_actors, {of_all}": lambda folder: plain(folder, most, width, True),
        }
        figures = {}
        for number, (name, job) in enumerate(jobs.items()):
            figures[name] = job(scratch / str(number))
            show(name, figures[name])
    if most > 100:
        for who in ("tune, reuse_actors", "xlt"):
            first, all_of_them = figures[f"{who}, 100 trials"], figures[f"{who}, {most} trials"]
            beyond = (all_of_them * most - first * 100) / (most - 100)
            figures[f"{who}, each beyond 100"] = beyond
            show(f"{who}, each beyond 100", beyond)
    print(json.dumps(figures))


def show(name: str, seconds: float) -> None:
    """Say a figure as soon as it is known."""
    print(f"{name:34} {seconds:7.3f} s a trial", file=sys.stderr, flush=True)


def plain(scratch: Path, trials: int, concurrency: int, reuse: bool) -> float:
    """Tuner + OptunaSearch on SQLite with an empty function trainable."""
    import optuna
    import ray
    from ray import tune
    from ray.tune.search.optuna import OptunaSearch

    from sweeps.execution.cluster import quiet_environment

    quiet_environment()
    scratch.mkdir()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ray.init(address="local", num_cpus=3, include_dashboard=False, log_to_driver=False)
    searcher = OptunaSearch(
        space={
            f"pick{n}": optuna.distributions.CategoricalDistribution([*TASKS, "none"])
            for n in range(4)
        },
        metric="objective",
        mode="max",
        storage=optuna.storages.RDBStorage(f"sqlite:///{scratch}/study.db"),
        study_name="plain",
        seed=0,
    )
    tuner = tune.Tuner(
        tune.with_resources(empty, {"cpu": 0.01}),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            num_samples=trials,
            max_concurrent_trials=concurrency,
            reuse_actors=reuse,
        ),
        run_config=tune.RunConfig(storage_path=str(scratch), verbose=0),
    )
    began = time.perf_counter()
    results = tuner.fit()
    seconds = time.perf_counter() - began
    assert len(results) == trials and not results.errors
    ray.shutdown()
    return seconds / trials


def empty(config: dict[str, Any]) -> dict[str, float]:
    """A trial that does nothing."""
    return {"objective": float(sum(value == "none" for value in config.values()))}


def ours(scratch: Path, trials: int, concurrency: int, method: str) -> float:
    """The whole of xlt with stages that compute nothing."""
    import ray

    from sweeps.execution.driver import run_sweep
    from sweeps.search.study import SweepStudy
    from sweeps.spec.paths import SweepFolder
    from sweeps.spec.prepare import prepare
    from sweeps.spec.read import read_spec

    scratch.mkdir()
    spec = scratch / "overhead.yaml"
    steps = "+".join(TASKS)
    spec.write_text(
        f"""\
name: overhead
encoder: lab-small
data: lab
intermediate:
  tasks: [{", ".join(TASKS)}, lab-pairs+lab-topic, lab-pairs+lab-tags, lab-topic+lab-tags, {steps}]
  count: 0..4
targets: [lab-nli]
seeds: 1
languages: [en, qla]
splits: [dev]
recipe: {{train: {{steps: 1}}, target: {{steps: 1}}}}
search: {{method: {method}, trials: {trials}}}
execution: {{concurrency: {concurrency}, workers: 2}}
store: {scratch}/stages
tracking: sqlite:///{scratch}/mlflow.db
storage: sqlite:///{scratch}/study.db
"""
    )
    sweep = read_spec(spec)
    prepared = prepare(sweep)
    ray.init(address="local", num_cpus=3, include_dashboard=False, log_to_driver=False)
    began = time.perf_counter()
    folder = SweepFolder(scratch / "overhead")
    os.environ["XLT_PLUGINS"] = "tests.benchmarks.noop"
    run_sweep(sweep, prepared, folder, lambda event: None)
    seconds = time.perf_counter() - began
    ray.shutdown()
    study = SweepStudy.open(sweep.storage, sweep.name)
    assert sum(trial.state == "finished" for trial in study.trials()) == trials
    return seconds / trials


if __name__ == "__main__":
    main()
