"""Two users of one cluster, store and tracking server, who call their sweeps alike.

Each has a home, a config file, a folder of sweeps and a database of studies of their own.

    .venv/bin/pytest -m slow -s tests/sweeps/test_two_users.py     # -s: prints the figures
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import yaml

from sweeps.spec.paths import EVENTS, SweepFolder
from tests.faults.small_cluster import SmallCluster
from tests.sweeps.laptop import Laptop, await_that

SPEC = """\
encoder: lab-small
data: lab
intermediate: {{tasks: [{tasks}], count: 0..2}}
targets: [lab-nli]
languages: [en, qla]
seeds: 1
recipe:
  train: {{steps: {steps}, batch_size: 16}}
  target: {{steps: {steps}, batch_size: 16}}
search: {{method: grid}}
execution: {{workers: 2, concurrency: 2, checkpoint_seconds: 1}}
"""
STEPS = 300
# The first is the very same of both; what the second ones add is partly common.
SWEEPS = {
    ("alice", "first"): "lab-pairs, lab-topic",
    ("alice", "second"): "lab-topic, lab-tags",
    ("bob", "first"): "lab-pairs, lab-topic",
    ("bob", "second"): "lab-pairs, lab-tags",
}
TRIALS = 5  # none, two alone, two orders
OVER = ("finished", "failed", "stopped", "cancelled", "interrupted")
ENDS = ("stage_done", "stage_reused")


class User(Laptop):
    """One of the two: who they are is said by their home alone."""

    def __init__(self, name: str, home: Path, cluster: SmallCluster) -> None:
        known = cluster.environment
        places = {
            "address": known["RAY_ADDRESS"],
            "runs": f"s3://xlt/{name}/runs",
            "store": "s3://xlt/stages",
            "storage": known["XLT_STORAGE"].rpartition("/")[0] + f"/{name}",
            "tracking": known["MLFLOW_TRACKING_URI"],
        }
        with closing(psycopg2.connect(known["XLT_STORAGE"])) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"create database {name}")
        theirs = ("XLT_", "MLFLOW_TRACKING_URI", "RAY_ADDRESS", "XDG_")
        kept = {key: value for key, value in known.items() if not key.startswith(theirs)}
        super().__init__(home, {**kept, "HOME": str(home)})
        config = home / ".config" / "xlt" / "config.yaml"
        config.parent.mkdir(parents=True)
        config.write_text(yaml.safe_dump(places))
        self.places = places

    def begin(self, name: str, tasks: str) -> None:
        """Submit a sweep; again, to go on with it."""
        (self.path / f"{name}.yaml").write_text(SPEC.format(tasks=tasks, steps=STEPS))
        done = self.xlt("submit", f"{name}.yaml")
        assert done.returncode == 0, done.stderr

    def asks(self, *words: str) -> None:
        done = self.xlt(*words)
        assert done.returncode == 0, done.stderr

    def events(self, name: str) -> list[dict]:
        text, _ = SweepFolder(f"{self.places['runs']}/{name}").files.read_from(EVENTS, 0)
        return [json.loads(line) for line in text.splitlines()]

    def stages(self, name: str) -> dict[str, int]:
        return json.loads(self.xlt("status", name, "--json").stdout)["stages"]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallCluster]:
    with (
        tempfile.TemporaryDirectory(prefix="xlt-users-") as folder,
        SmallCluster(Path(folder) / "cluster") as running,
    ):
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def mlflow_runs(tracking: str, level: str) -> list:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking)
    experiments = [found.experiment_id for found in client.search_experiments()]
    wanted = f"tags.`xlt.level` = '{level}'"
    return list(client.search_runs(experiments, wanted, max_results=5000))


@pytest.mark.slow
def test_each_stage_once_and_nobody_ends_anothers_sweep(
    cluster: SmallCluster, tmp_path: Path
) -> None:
    """Bob pauses, cancels and takes Alice's study for his: her two sweeps go on and end."""
    users = {name: User(name, tmp_path / name, cluster) for name in ("alice", "bob")}
    alice, bob = users["alice"], users["bob"]
    with ThreadPoolExecutor(len(SWEEPS)) as at_once:
        list(at_once.map(lambda of: users[of[0]].begin(of[1], SWEEPS[of]), SWEEPS))

    bob.asks("pause", "first")
    bob.asks("cancel", "second")
    await_that(lambda: bob.state("second") in OVER)
    assert {name: bob.state(name) for name in ("first", "second")} == {
        "first": "paused",
        "second": "cancelled",
    }
    others = bob.xlt(
        *("submit", "first.yaml", "--folder", f"{bob.places['runs']}/mine"),
        *("--set", f"storage={alice.places['storage']}"),
    )
    assert others.returncode == 2 and "belongs to the sweep in" in others.stderr, others.stderr
    alice.begin("first", SWEEPS["alice", "first"])  # runs already, and is left alone
    assert {alice.state(name) for name in ("first", "second")} <= {"running", "finished"}

    bob.asks("resume", "first")
    bob.begin("second", SWEEPS["bob", "second"])
    for user, name in SWEEPS:
        await_that(lambda: users[user].state(name) in OVER)  # noqa: B023
        assert users[user].state(name) == "finished", (user, name)

    journals = {(user, name): users[user].events(name) for user, name in SWEEPS}
    ends = {
        of: [event["state"] for event in journal if event["kind"] == "sweep_finished"]
        for of, journal in journals.items()
    }
    assert ends.pop(("bob", "second")) == ["cancelled", "finished"]
    assert all(set(states) == {"finished"} for states in ends.values()), ends
    distinct = {e["stage"] for each in journals.values() for e in each if e["kind"] in ENDS}
    # Whoever waits for a stage is told of it, with the moment at which its one worker was done.
    ended = {
        (e["stage"], e["at"])
        for each in journals.values()
        for e in each
        if e["kind"] == "stage_finished"
    }
    executed = Counter(stage for stage, _ in ended)
    told = [users[user].stages(name) for user, name in SWEEPS]
    assert executed.keys() <= distinct and set(executed.values()) == {1}
    assert sum(each["executed"] for each in told) == len(distinct)

    tracking = alice.places["tracking"]
    assert len(mlflow_runs(tracking, "sweep")) == len(SWEEPS)
    trials = Counter(
        (run.data.tags["xlt.sweep_id"], run.data.tags["xlt.trial"])
        for run in mlflow_runs(tracking, "trial")
    )
    assert len(trials) == TRIALS * len(SWEEPS) and set(trials.values()) == {1}
    levels = ("sweep", "trial", "stage")
    states = Counter(run.info.status for level in levels for run in mlflow_runs(tracking, level))
    assert states.keys() == {"FINISHED"}
    print(
        f"\nrequested {sum(each['requested'] for each in told)}, "
        f"distinct in each {[each['distinct'] for each in told]}, "
        f"distinct in all {len(distinct)}, executed {executed.total()}"
    )
