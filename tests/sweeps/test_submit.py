"""A sweep submitted to a Ray cluster as a job, and met again from where it was submitted."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sweeps.canaries import CANARY, files_with, titles_with
from tests.sweeps.laptop import SPEC, Laptop

LOCAL = Path(__file__).parents[2] / "cluster" / "local.sh"
TOKEN = "5eed7c1f" * 8  # of the cluster
PASSWORDS = {"XLT_STORE_PASSWORD": f"{CANARY}-place", "XLT_TRACKING_PASSWORD": f"{CANARY}-web"}
OWN_METHOD = """\
from xlt_core.training.methods import METHODS
from xlt_core.training.methods.plain import Plain


class Own(Plain):
    name = "own"


METHODS["own"] = Own()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that `cluster/local.sh up` prints."""
    folder = tmp_path_factory.mktemp("cluster")
    words = [LOCAL, "up", "--folder", folder, "--s3"]
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "XLT_PYTHON": sys.executable, "PATH": path}
    for name, text in {"token": TOKEN, "password": PASSWORDS["XLT_STORE_PASSWORD"]}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    secrets = {**PASSWORDS, "LOCKED_PLACE": str(folder / "password")}
    environment |= secrets  # as a cluster's machines have them
    try:
        with (folder / "said").open("w") as said:
            started = subprocess.run(
                words, env=environment, stdout=subprocess.PIPE, stderr=said, text=True
            )
        assert started.returncode == 0, (folder / "said").read_text()
        lines = [shlex.split(line)[1].partition("=") for line in started.stdout.splitlines()]
        found = {name: value for name, _, value in lines}
        yield {**os.environ, **found, **secrets}
    finally:
        subprocess.run([LOCAL, "down", "--folder", folder], env=environment, check=True)


@pytest.fixture
def laptop(tmp_path: Path, cluster: dict[str, str]) -> Laptop:
    """Sweeps and studies lie in a folder that the cluster has too, being on one machine."""
    return Laptop(tmp_path / "laptop", cluster | {"XLT_RUNS": str(tmp_path / "runs")})


def seal(laptop: Laptop) -> None:
    """Have a password in every address that may have one, but the folder's (see `TestMistakes`)."""
    web = laptop.environment["MLFLOW_TRACKING_URI"].removeprefix("http://")
    laptop.environment |= {
        "XLT_PLUGINS": "tests.sweeps.locked_place",
        "XLT_STORE": f"locked://me:{CANARY}-place@host{laptop.path.parent}/stages",
        "XLT_TRACKING": f"http://me:{CANARY}-web@{web}",
    }


def shown(laptop: Laptop) -> list[str]:
    """Wherever a password or the cluster's token is to be read now."""
    folder = Path(laptop.environment["RAY_AUTH_TOKEN_PATH"]).parent
    ray = Path(json.loads((folder / "state.json").read_text())["places"]["ray"])
    jobs = laptop.ray("job", "list").stdout + laptop.ray("job", "logs", "xlt-twice-1").stdout
    assert "xlt-twice-1" in jobs
    found: list[str] = []
    for secret in (CANARY, TOKEN):
        places = (folder, ray, laptop.path.parent)
        found += [*titles_with(secret), *files_with(secret, *places, but=("token", "password"))]
        found += [text for text in (jobs, laptop.said) if secret in text]
    return found


def test_submitted_twice_it_runs_once_and_is_met_from_here(laptop: Laptop) -> None:
    """By state, log and results; each stage is computed once; no password is kept or shown."""
    seal(laptop)
    first = laptop.submit("twice", steps=600)
    assert "job xlt-twice-1" in first
    assert laptop.xlt("pause", "twice").returncode == 0  # so that it cannot end meanwhile
    again = laptop.python("import sweeps; print(sweeps.submit('twice.yaml').folder.name)")
    assert again.stdout == "twice\n" and "already" in again.stderr
    assert "already" in laptop.submit("twice", steps=600)
    text = (laptop.path / "twice.yaml").read_text()
    (laptop.path / "other.yaml").write_text(f"name: twice\n{text}".replace("600", "601"))
    other = laptop.xlt("submit", "other.yaml")  # never passed over without a word
    assert other.returncode == 2 and "with another spec: recipe" in other.stderr
    assert not shown(laptop)
    assert laptop.xlt("resume", "twice").returncode == 0
    laptop.until("twice", "finished")
    status = json.loads(laptop.xlt("status", "twice", "--json").stdout)
    assert status["trials"]["finished"] == 2
    assert status["stages"]["executed"] == status["stages"]["distinct"]
    rows = json.loads(laptop.xlt("results", "twice", "--json").stdout)
    assert {row["language"] for row in rows} >= {"en", "qla"}
    assert "finished" in laptop.xlt("logs", "twice").stdout.splitlines()[-1]
    events = [
        json.loads(line) for line in laptop.xlt("logs", "twice", "--json").stdout.splitlines()
    ]
    began = [event for event in events if event["kind"] == "stage_started"]
    assert {event["node"] for event in began} <= {"head", "node1", "node2"} and began
    watched = json.loads(laptop.xlt("watch", "twice", "--json").stdout)
    assert watched["this_run"]["trained"] == 3 and watched["stages"] == []
    assert not shown(laptop)


def test_the_doctor_looks_at_every_node(laptop: Laptop) -> None:
    """By name, at all there is to look at."""
    (laptop.path / "one.yaml").write_text(SPEC.format(steps=5, target="lab-nli"))
    address = laptop.environment["RAY_ADDRESS"]
    done = laptop.xlt("doctor", "one.yaml", "--address", address, "--json")
    nodes = {node["node"]: node["checks"] for node in json.loads(done.stdout)["nodes"]}
    assert nodes.keys() == {"head", "node1", "node2"}
    wrong = [check for checks in nodes.values() for check in checks if check["verdict"] == "wrong"]
    assert done.returncode == 0 and not wrong, done.stdout + done.stderr
    for checks in nodes.values():
        assert {check["check"] for check in checks} >= {"versions", "store", "MLflow", "data"}
        assert "as the driver's" in str(checks)


@pytest.mark.slow
def test_a_job_that_was_stopped_is_gone_on_with_by_submitting_again(laptop: Laptop) -> None:
    """What was trained is not trained again; asked from here to stop, it stops there."""
    laptop.submit("again", steps=4000)
    asked = laptop.xlt("cancel", "again")
    assert asked.returncode == 0, asked.stderr
    said = laptop.submit("again", steps=4000)  # while it is ending
    assert "job xlt-again-2" in said
    stopped = laptop.ray("job", "stop", "xlt-again-2")
    assert stopped.returncode == 0, stopped.stderr
    assert laptop.state("again") in ("interrupted", "stopped")
    resumed = laptop.xlt("resume", "again", "--address", laptop.environment["RAY_ADDRESS"])
    assert "job xlt-again-3" in resumed.stderr
    assert laptop.xlt("cancel", "again").returncode == 0
    laptop.until("again", "cancelled")


@pytest.mark.slow
def test_a_method_of_ones_own_travels_with_it(laptop: Laptop) -> None:
    """A plug-in beside the spec is known to the job and to its workers."""
    (laptop.path / "own_method.py").write_text(OWN_METHOD)
    path = f"{laptop.path}:{os.environ['PYTHONPATH']}"
    laptop.environment |= {"XLT_PLUGINS": "own_method", "PYTHONPATH": path}
    (laptop.path / "plugged.yaml").write_text(SPEC.format(steps=5, target="lab-nli"))
    done = laptop.xlt("submit", "plugged.yaml", "--set", "recipe.target.method=own")
    assert done.returncode == 0, done.stderr
    laptop.until("plugged", "finished")


class TestMistakes:
    def test_what_the_cluster_finds_wrong_is_said_here(self, laptop: Laptop) -> None:
        """One screen, the job's own words: nodes, check and remedy. Nothing was begun."""
        (laptop.path / "wrong.yaml").write_text(SPEC.format(steps=5, target="lab-nli"))
        done = laptop.xlt("submit", "wrong.yaml", "--set", "tracking=http://127.0.0.1:9")
        assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
        screen = done.stderr[done.stderr.index("ended (FAILED)") :]
        assert "all 3 nodes, MLflow" in screen and "is not reached" in screen
        assert "→ start it" in screen and len(screen.splitlines()) <= 22
        assert not (laptop.path.parent / "runs" / "wrong" / "spec.yaml").exists()

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("127.0.0.1:6379", "write http://HOST:8265"),
            ("http://127.0.0.1:9", "no Ray cluster takes jobs there"),
        ],
    )
    def test_an_address_without_a_cluster(self, laptop: Laptop, address: str, said: str) -> None:
        """With what to write instead."""
        (laptop.path / "one.yaml").write_text(SPEC.format(steps=5, target="lab-nli"))
        done = laptop.xlt("submit", "one.yaml", "--address", address)
        assert done.returncode == 2 and said in done.stderr
        assert not (laptop.path.parent / "runs").exists()

    def test_another_token_is_refused_without_being_shown(
        self, laptop: Laptop, tmp_path: Path
    ) -> None:
        """Whoever asks is told which variables to set."""
        (tmp_path / "token").write_text("canary7c1f" * 4)
        (laptop.path / "one.yaml").write_text(SPEC.format(steps=5, target="lab-nli"))
        done = laptop.xlt("submit", "one.yaml", RAY_AUTH_TOKEN_PATH=str(tmp_path / "token"))
        assert done.returncode == 2 and "RAY_AUTH_TOKEN_PATH" in done.stderr
        assert "canary7c1f" not in done.stderr

    def test_without_any_address(self, laptop: Laptop) -> None:
        """Three ways to say it."""
        (laptop.path / "one.yaml").write_text(SPEC.format(steps=5, target="lab-nli"))
        done = laptop.xlt("submit", "one.yaml", RAY_ADDRESS="")
        assert done.returncode == 2 and "--address" in done.stderr

    def test_a_folder_with_a_password_in_it_is_refused(self, laptop: Laptop) -> None:
        """Whoever may look at the cluster sees what its jobs run."""
        (laptop.path / "one.yaml").write_text(SPEC.format(steps=5, target="lab-nli"))
        places = {"XLT_STORAGE": "postgresql://host/x", "XLT_TRACKING": "http://host:5000"}
        runs = {"XLT_RUNS": "s3://me:canary7c1f@bucket/runs"}
        done = laptop.xlt("submit", "one.yaml", **places, **runs)
        assert done.returncode == 2 and "list of jobs" in done.stderr, done.stderr
        assert "canary7c1f" not in done.stderr
