"""Seconds that looking at a large sweep takes: `status`, `results`, and a `sync` of MLflow anew.

    .venv/bin/python tests/benchmarks/review.py --trials 2000

A few stages are trained and scored for real; all others are written after them, with scores and
losses drawn around theirs from a seed: study, store and journal by the project's own functions.
Only what makes a file last through a power cut is left out. `--folder` keeps what was made, and
finds it there the next time; without, it is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
if TYPE_CHECKING:
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.sweep import Sweep
    from xlt_core.stages import Stage
    from xlt_core.store import Store

NAME = "review"
BEGAN = 1_790_000_000.0
SPEC = """\
name: review
encoder: lab-small
data: lab
intermediate:
  tasks: [lab-pairs, lab-topic, lab-tags, lab-pairs+lab-topic, lab-pairs+lab-tags,
          lab-topic+lab-tags, lab-pairs+lab-topic+lab-tags]
  count: 0..5
targets: [lab-nli]
seeds: 2
recipe:
  train: {steps: 200, batch_size: 16, learning_rate: 2e-3}
  target: {steps: 200, batch_size: 16, learning_rate: 2e-3}
search: {method: random, trials: %d}
"""
COMMANDS = {
    "status": ["status", NAME],
    "results": ["results", NAME],
    "results --json": ["results", NAME, "--json"],
    "sync into a new database": ["sync", NAME],
    "sync again": ["sync", NAME],
}


def main() -> None:
    """Make the sweep where it is not there yet, and time each command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the sweep is made, and stays")
    parser.add_argument("--only", nargs="*", choices=list(COMMANDS), default=list(COMMANDS))
    known = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from tests.repository import python_path

    with tempfile.TemporaryDirectory() as scratch:
        runs = (known.folder or Path(scratch)).absolute() / "runs"
        os.environ |= {"XLT_RUNS": str(runs), "PYTHONPATH": python_path()}
        if not (runs / NAME).exists():
            made = make(runs, known.trials, known.seed)
            print(f"made {made} stages of {known.trials} trials", file=sys.stderr)
        figures = {name: timed(COMMANDS[name], runs, name) for name in known.only}
    print(json.dumps(figures))


def timed(command: Sequence[str], runs: Path, name: str) -> dict[str, float]:
    """Wall seconds, processor seconds and mebibytes at most of one command."""
    if name == "sync into a new database":
        for file in runs.glob("mlflow.db*"):
            file.unlink()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-P", "-m", "sweeps", *command],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:26} {wall:7.1f} s, {busy:.1f} s of processor time", file=sys.stderr, flush=True)
    return {"wall": round(wall, 2), "processor": round(busy, 2)}


def make(runs: Path, trials: int, seed: int) -> int:
    """A finished sweep in `runs`; how many stages its store has."""
    from sweeps.results.objective import objective_value
    from sweeps.search.of_sweep import candidates_of
    from sweeps.search.proposal import Proposal
    from sweeps.search.study import SweepStudy
    from sweeps.search.trial import TrialResult
    from sweeps.spec.identity import give_identity
    from sweeps.spec.inputs import write_prepared
    from sweeps.spec.paths import SweepFolder
    from sweeps.spec.prepare import prepare
    from sweeps.spec.read import read_spec
    from sweeps.spec.stored import write_spec
    from sweeps.spec.trials import paths_of_trial
    from xlt_core.store import Store, local

    local._flush = lambda path: None  # whoever makes this may make it again
    runs.mkdir(parents=True)
    spec = runs.parent / "review.yaml"
    spec.write_text(SPEC % trials)
    sweep = read_spec(spec)
    prepared = prepare(sweep)
    folder = SweepFolder.named(sweep.name)
    write_spec(folder, sweep)
    write_prepared(folder, prepared)
    store, candidates = Store(sweep.store), candidates_of(sweep, prepared)
    writer = Writer(store, real_stages(sweep, prepared, store), random.Random(seed))
    ranks = random.Random(seed).sample(range(1, candidates.plans.size), trials - 1)
    study = SweepStudy.open(sweep.storage, sweep.name)
    executor = {"sweep": sweep.name, "folder": give_identity(folder)}
    with (folder.path / "events.jsonl").open("w") as journal:
        writer.say(journal, "sweep_started", name=sweep.name)
        for number, rank in enumerate([0, *ranks]):
            plan = candidates.plans.unrank(rank)
            study.insert(Proposal(number, plan), candidates)
            writer.say(journal, "trial_started", trial=number, plan=str(plan), settings={})
            scores = []
            for path in paths_of_trial(sweep, prepared, plan, {}):
                for stage in writer.missing(path.trained, path.evaluations):
                    writer.publish(stage, executor, str(plan))
                    about = {"title": stage.title, "of": stage.kind, "seconds": 2.5}
                    writer.say(journal, "stage_done", stage=stage.key, **about)
                scores += [writer.scores[stage.key] for stage in path.evaluations]
            value = objective_value(scores, sweep.objective)
            study.tell(number, TrialResult(value))
            writer.say(journal, "trial_finished", trial=number, plan=str(plan), objective=value)
        writer.say(journal, "sweep_finished", name=sweep.name, state="finished")
    study.close()
    return len(writer.written)


@dataclass(frozen=True)
class Example:
    """A stage that was computed: its record, and its files."""

    about: Mapping[str, Any]
    texts: Mapping[str, bytes]


def real_stages(sweep: Sweep, prepared: ResolvedInputs, store: Store) -> dict[str, Example]:
    """One of each kind of stage: the baseline's training, and its first evaluation."""
    from sweeps.spec.trials import paths_of_trial
    from xlt_core.stage import Settings, run
    from xlt_core.vocabulary.plan import Plan

    path = paths_of_trial(sweep, prepared, Plan(), {})[0]
    with tempfile.TemporaryDirectory() as cache:
        settings = Settings(Path(cache), device="cpu")
        examples = {}
        for stage in (path.trained, path.evaluations[0]):
            run(stage, store, lambda event: None, settings)
            found = store.read(stage.key)
            assert found is not None
            texts = {name: found.path(name).read_bytes() for name in found.files}
            texts |= {name: b"weights" for name in texts if name.endswith(".safetensors")}
            examples[stage.kind] = Example(found.about, texts)
    return examples


class Writer:
    """Writes stages after real ones."""

    def __init__(self, store: Store, examples: Mapping[str, Example], dice: random.Random) -> None:
        self.store, self.examples, self.dice = store, examples, dice
        self.now = BEGAN
        self.scores: dict[str, dict[str, Any]] = {}
        self.written: set[str] = set()
        self._worth = {name: dice.gauss(2.0, 2.0) for name in ("pairs", "topic", "tags")}

    def missing(self, trained: Stage, evaluations: Sequence[Stage]) -> Iterator[Stage]:
        """The stages of one path that were not written yet."""
        from xlt_core.stages import lineage

        return (s for s in (*lineage(trained), *evaluations) if s.key not in self.written)

    def publish(self, stage: Stage, executor: Mapping[str, str], plan: str) -> None:
        """Write one stage."""
        example = self.examples[stage.kind]
        self.now += 2.5
        about = {
            **example.about,
            "key": stage.key,
            "title": stage.title,
            "parents": [parent.key for parent in stage.parents],
            "identity": stage.identity(),
            **stage.described(),
            "started": self.now - 2.5,
            "finished": self.now,
            "executor": executor,
        }
        texts = {name: text for name, text in example.texts.items() if name != "stage.json"}
        if stage.answer is not None:
            answer = about["scores"] = self._scored(stage, plan)
            texts[stage.answer] = json.dumps(answer).encode()
        if "curve.json" in texts:
            texts["curve.json"] = json.dumps(self._curve(texts["curve.json"])).encode()
        self.store._backend.remove_folder(f"{stage.key[:2]}/{stage.key}")  # of the real ones
        with self.store.draft(stage.key) as draft:
            for name, text in texts.items():
                (draft.folder / name).write_bytes(text)
            draft.publish(about)
        self.written.add(stage.key)

    def _scored(self, stage: Any, plan: str) -> dict[str, Any]:
        base = float(self.examples[stage.kind].about["scores"]["primary"])
        worth = sum(value for name, value in self._worth.items() if name in plan)
        value = min(100.0, max(0.0, base - 20.0 + worth + self.dice.gauss(0.0, 2.0)))
        self.scores[stage.key] = {
            **self.examples[stage.kind].about["scores"],
            "language": stage.data.language,
            "split": stage.data.split,
            "metrics": {"accuracy": value},
            "primary": value,
        }
        return self.scores[stage.key]

    def _curve(self, text: bytes) -> list[dict[str, float]]:
        points = json.loads(text)
        first = points[0]["at"]
        return [
            {
                **point,
                "loss": point["loss"] * self.dice.uniform(0.8, 1.2),
                "at": self.now - 2.5 + point["at"] - first,
            }
            for point in points
        ]

    def say(self, journal: Any, kind: str, **more: Any) -> None:
        """Add a line to the journal."""
        from xlt_core.vocabulary.event_lines import to_line
        from xlt_core.vocabulary.events import KINDS

        journal.write(to_line(KINDS[kind](**more, at=self.now)) + "\n")


if __name__ == "__main__":
    main()
