"""Accidents of a cluster of three nodes, each against the same sweep that nobody touches.

    .venv/bin/python tests/benchmarks/accidents_on_cluster.py              # all of them
    .venv/bin/python tests/benchmarks/accidents_on_cluster.py --only node  # or several: --only a b

`cluster/local.sh` has a head and two nodes with a worker each, the store on S3, the study on
PostgreSQL, MLflow by URL. A small sweep on real data (`../shared`; without it, on the lab's) is
submitted with `xlt submit`. In the middle of a training something happens (`STRIKES`). The same
command is given again whenever the job has ended early, as a user would. At the end trials, scores
and weights must be the untouched run's to the bit, and nothing lost, doubled or left running in
study, journal and MLflow. Prints one JSON line an accident; `--table` the benchmarks page's rows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.faults import outcomes  # noqa: E402
from tests.faults.flaky import Flaky  # noqa: E402
from tests.faults.small_cluster import SmallCluster  # noqa: E402
from tests.faults.small_disk import MEBIBYTE, ballast, mounted  # noqa: E402

SHARED = ROOT.parent / "shared"
PLACES = {
    True: ("{shared}/models/xlt-mini", "{{folder: {shared}/data}}", "mnli, qqp", "sib200"),
    False: ("lab-small", "lab", "lab-pairs, lab-topic", "lab-nli"),
}
SPEC = """\
name: {name}
encoder: {encoder}
data: {data}
intermediate: {{tasks: [{tasks}], count: 0..2}}
targets: [{target}]
languages: [{languages}]
seeds: 1
store: s3://xlt/{name}-stages
recipe:
  train: {{steps: {steps}, batch_size: 16, max_length: 64, learning_rate: 3e-4}}
  target: {{steps: {steps}, batch_size: 16, max_length: 64, learning_rate: 5e-4}}
search: {{method: tpe, trials: 5, window: 2, options: {{n_startup_trials: 2}}}}
execution: {{workers: 2, concurrency: 2, checkpoint_seconds: 2}}
"""
AWAY_SECONDS = 15  # of a server that comes back
LIMIT_SECONDS = 1500  # by which a sweep must have ended, however it was disturbed
DISK_BYTES = 1024 * MEBIBYTE
ENDS = ("stage_done", "stage_reused")
_pause = threading.Event()

Event = dict[str, Any]


def node(cluster: SmallCluster) -> None:
    """A node is killed with its worker; a new one comes a while later."""
    cluster.kill(cluster.computing())
    _pause.wait(AWAY_SECONDS)
    cluster.up()


def driver(cluster: SmallCluster) -> None:
    """kill -9 of the job's process."""
    for process in cluster.drivers():
        process.kill()


def head(cluster: SmallCluster) -> None:
    """The head is killed, and with it the job; the cluster is started again."""
    cluster.kill("head")
    cluster.up()


def mlflow(cluster: SmallCluster) -> None:
    """MLflow is away for a minute."""
    cluster.kill("mlflow")
    _pause.wait(60)
    cluster.up()


def postgresql(cluster: SmallCluster) -> None:
    """The study's database is restarted."""
    cluster.end("postgresql")
    _pause.wait(AWAY_SECONDS)
    cluster.up()


def s3(cluster: SmallCluster) -> None:
    """The store's server is killed and started again."""
    cluster.kill("s3")
    _pause.wait(AWAY_SECONDS)
    cluster.up()


def s3_refusing(cluster: SmallCluster) -> None:
    """The store's server answers half of all calls with 503 for a minute."""
    port = cluster.port("s3")
    cluster.kill("s3")
    with cluster.s3_elsewhere() as behind, Flaky(behind, port=port) as way:
        way.faults, way.ways = 0.5, ("refused",)
        _pause.wait(60)
        print(f"refused: {way.met['refused']}", file=sys.stderr)
    cluster.up()


def disk(cluster: SmallCluster) -> None:
    """A node's disk is full for a while."""
    with ballast(cluster.disk(cluster.computing())):
        _pause.wait(2 * AWAY_SECONDS)


STRIKES: dict[str, Callable[[SmallCluster], None]] = {
    "node": node,
    "driver": driver,
    "head": head,
    "mlflow": mlflow,
    "postgresql": postgresql,
    "s3": s3,
    "s3-503": s3_refusing,
    "disk": disk,
}


class Sweep:
    """One submitted sweep, seen from a laptop."""

    def __init__(self, cluster: SmallCluster, name: str, home: Path, text: str) -> None:
        self.cluster, self.name, self.home = cluster, name, home
        (home / f"{name}.yaml").write_text(text)
        self.submissions = 0

    def xlt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, as typed on the laptop."""
        return subprocess.run(
            [str(Path(sys.executable).parent / "xlt"), *words],
            cwd=self.home,
            env=self.cluster.environment,
            capture_output=True,
            text=True,
        )

    def submit(self) -> str:
        """Submit it; returns what was wrong."""
        self.submissions += 1
        done = self.xlt("submit", f"{self.name}.yaml")
        return f"submit ended with {done.returncode}: {done.stderr}" if done.returncode else ""

    def journal(self) -> list[Event]:
        """Its events so far; none while their place is away."""
        from sweeps.spec.paths import EVENTS

        with contextlib.suppress(OSError):
            text, _ = self._folder.files.read_from(EVENTS, 0)
            return [json.loads(line) for line in text.splitlines()]
        return []

    def job_has_ended(self) -> bool:
        """Whether no job of the cluster runs it; False where that is not known."""
        from sweeps.execution.jobs import JobsOfCluster
        from sweeps.spec.paths import shown
        from xlt_core.vocabulary.errors import UserMistake

        with contextlib.suppress(UserMistake):
            cluster = JobsOfCluster(self.cluster.environment["RAY_ADDRESS"])
            return all(job.has_ended for job in cluster.of_sweep(shown(self._folder.place)))
        return False

    def is_finished(self) -> bool:
        """Whether its journal's last word is that it is."""
        last = self.journal()[-1:]
        return [(e["kind"], e.get("state")) for e in last] == [("sweep_finished", "finished")]

    def until(self, condition: Callable[[], bool], faults: list[str]) -> None:
        """Wait; the command is given again whenever the job has ended and the sweep has not."""
        end = time.monotonic() + LIMIT_SECONDS
        while not condition() and not faults:
            if time.monotonic() > end:
                faults.append(f"this never came about: {self.xlt('status', self.name).stdout}")
            elif self.job_has_ended() and not self.is_finished():
                if self.submissions > 5:
                    faults.append("submitted five times, and not finished")
                elif wrong := self.submit():
                    faults.append(wrong)
            _pause.wait(1)

    def outcome(self) -> dict[str, Any]:
        """Trials, scores and weights."""
        storage = self.cluster.environment["XLT_STORAGE"]
        return outcomes.outcome(storage, self.name, f"s3://xlt/{self.name}-stages")

    @property
    def _folder(self) -> Any:
        from sweeps.spec.paths import SweepFolder

        return SweepFolder(f"{self.cluster.environment['XLT_RUNS']}/{self.name}")


def in_training(events: list[Event]) -> bool:
    """Whether something has been trained, and nothing but trainings go on, one in its middle."""
    trained = any(e["kind"] == "stage_done" and e["of"] == "train" for e in events)
    now = computing(events).values()
    ages = [time.time() - event["at"] for event in now if "@" not in event["title"]]
    return trained and len(ages) == len(now) and any(3 < age < 8 for age in ages)


def computing(events: list[Event]) -> dict[str, Event]:
    """The stages being computed by these events' end: how each began, by its key."""
    found: dict[str, Event] = {}
    for event in events:
        if event["kind"] == "stage_started":
            found[event["stage"]] = event
        elif event["kind"] in ENDS:
            found.pop(event["stage"], None)
    return found


def recovered(events: list[Event], struck: float) -> float | None:
    """Seconds from the accident until all that was being computed then was there."""
    open_then = computing([event for event in events if event["at"] < struck])
    there: dict[str, float] = {}
    for event in events:
        if event["kind"] in ENDS and event["at"] >= struck:
            there.setdefault(event["stage"], event["at"])
    times = [there[stage] for stage in open_then if stage in there]
    return round(max(times) - struck, 1) if times else None


def journal_faults(events: list[Event], trials: int) -> list[str]:
    """Trials and stages that are told of twice, or trials that nothing is told of."""
    faults = []
    done = Counter(e["stage"] for e in events if e["kind"] == "stage_done")
    faults += [f"journal: stage {key[:12]} was done {n} times" for key, n in done.items() if n > 1]
    told = Counter(e["trial"] for e in events if e["kind"] == "trial_finished")
    faults += [f"journal: trial {number} ended {n} times" for number, n in told.items() if n > 1]
    faults += [f"journal: no end of trial {n}" for n in range(trials) if n not in told]
    return faults


def attempt(
    cluster: SmallCluster, kind: str, home: Path, shared: bool, steps: int, reference: Any
) -> dict[str, Any]:
    """One sweep with one accident, or with none; what came of it."""
    sweep = Sweep(cluster, kind, home, spec(kind, shared, steps))
    faults: list[str] = []
    began, struck = time.time(), None
    if wrong := sweep.submit():
        faults.append(wrong)
    submitted = time.time()
    if kind in STRIKES:
        sweep.until(lambda: in_training(sweep.journal()), faults)
        if not faults:
            struck = time.time()
            STRIKES[kind](cluster)
            print(f"{kind}: it is over after {time.time() - struck:.0f} s", file=sys.stderr)
    over = time.time()
    sweep.until(sweep.is_finished, faults)
    took = time.time() - began
    sweep.until(sweep.job_has_ended, faults)
    found = {} if faults else sweep.outcome()
    events = sweep.journal()
    if found:
        faults += outcomes.differences(found, reference or found)
        faults += journal_faults(events, len(found["trials"]))
        tracking = cluster.environment["MLFLOW_TRACKING_URI"]
        faults += outcomes.mlflow_faults(tracking, len(found["trials"]), sweep.name)
    kinds = Counter(event["kind"] for event in events)
    return {
        "accident": kind,
        "faults": faults,
        "submissions": sweep.submissions,
        "seconds": round(took, 1),
        "to_submit": round(submitted - began, 1),
        "away": round(over - struck, 1) if struck else None,
        "recovered": recovered(events, struck) if struck else None,
        "stages": kinds["stage_done"],
        "retried": kinds["stage_retried"],
        "waits": kinds["sweep_waits"],
        "outcome": found,
    }


def spec(name: str, shared: bool, steps: int) -> str:
    """The sweep; only its name and store are each accident's own."""
    encoder, data, tasks, target = (place.format(shared=SHARED) for place in PLACES[shared])
    languages = "en, de, sw" if shared else "en, qla, qlb"
    return SPEC.format(
        name=name,
        encoder=encoder,
        data=data,
        tasks=tasks,
        target=target,
        languages=languages,
        steps=steps,
    )


def main() -> int:
    """Run what is asked for; exit 1 where anything differed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", choices=list(STRIKES), default=list(STRIKES))
    parser.add_argument("--steps", type=int, default=150, help="of each training")
    parser.add_argument("--lab", action="store_true", help="the lab's data even if others are here")
    parser.add_argument("--folder", type=Path, help="kept, for looking at what went wrong")
    known = parser.parse_args()
    shared = SHARED.is_dir() and not known.lab
    wrong = False
    with tempfile.TemporaryDirectory(prefix="xlt-accidents-") as own:
        home = (known.folder or Path(own)).absolute()
        home.mkdir(parents=True, exist_ok=True)
        with SmallCluster(home / "cluster") as cluster, contextlib.ExitStack() as mounts:
            os.environ.update(cluster.environment)
            for name in ("node1", "node2") if "disk" in known.only else ():
                if not mounts.enter_context(mounted(cluster.disk(name), DISK_BYTES)):
                    raise SystemExit("a full disk needs the right to mount one")
            reference = None
            for kind in ("untouched", *known.only):
                found = attempt(cluster, kind, home, shared, known.steps, reference)
                outcome = found.pop("outcome")
                reference = reference or outcome
                print(json.dumps(found), flush=True)
                wrong |= bool(found["faults"])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
