"""`local.sh` brings up a cluster that works, and ends it and nothing else."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.repository import ROOT

SCRIPT = ROOT / "cluster" / "local.sh"
# Counts the nodes, and has a task on each: a task waits for two others, so that none has room.
JOB = """
import ray
ray.init()
@ray.remote(num_cpus=0)
class Meeting:
    def __init__(self):
        self.seen = set()
    def join(self, node):
        self.seen.add(node)
        return len(self.seen)
@ray.remote(num_cpus=1)
def work(meeting):
    here = ray.get_runtime_context().get_node_id()
    while ray.get(meeting.join.remote(here)) < 3:
        pass
meeting = Meeting.remote()
ray.get([work.remote(meeting) for _ in range(3)])
print("nodes:", sum(node["Alive"] for node in ray.nodes()))
"""


def local(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XLT_PYTHON": sys.executable}
    return subprocess.run(
        [SCRIPT, *words, "--folder", folder], env=environment, capture_output=True, text=True
    )


def state(folder: Path) -> dict:
    found: dict = json.loads((folder / "state.json").read_text())
    return found


def processes(folder: Path) -> list[psutil.Process]:
    """All that is written down, and all below."""
    kept = [psutil.Process(pid) for name in state(folder)["processes"].values() for pid, _ in name]
    return [*kept, *(below for process in kept for below in process.children(recursive=True))]


def alive(found: list[psutil.Process]) -> list[psutil.Process]:
    """Those that run; one that has ended and that its parent has not asked for does not."""
    left = []
    for process in found:
        with suppress(psutil.NoSuchProcess):
            left += [process] if process.status() != psutil.STATUS_ZOMBIE else []
    return left


def exports(out: str) -> dict[str, str]:
    """What a shell gets by `eval`; nothing else may stand there."""
    lines = [shlex.split(line) for line in out.splitlines()]
    assert all(len(words) == 2 and words[0] == "export" for words in lines), out
    return dict(words[1].split("=", 1) for words in lines)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A cluster's folder; what runs from it ends with the test."""
    yield (folder := tmp_path / "its folder")
    local(folder, "down")
    if database := state(folder)["places"].get("postgresql"):  # as root, it lies elsewhere
        shutil.rmtree(database)


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of somebody else, by the name of one of Ray's."""
    with subprocess.Popen(["bash", "-c", "exec -a raylet sleep 1000"]) as process:
        yield process
        process.kill()


def run_job(found: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What the job wrote, sent as a user would."""
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    ray = Path(sys.executable).parent / "ray"
    command = [ray, "job", "submit", "--", "python", "-c", JOB]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(url: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url)
    return error.value.code


def test_up_works_and_down_ends_it_alone(folder, bystander, monkeypatch) -> None:
    began = local(folder, "up")
    assert began.returncode == 0, began.stderr
    found = exports(began.stdout)
    assert found.keys() == {
        *("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN_PATH"),
        *("MLFLOW_TRACKING_URI", "XLT_RUNS", "XLT_STORE", "XLT_STORAGE"),
    }
    token = Path(found["RAY_AUTH_TOKEN_PATH"])
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.read_text() not in began.stdout + began.stderr
    assert urllib.request.urlopen(found["MLFLOW_TRACKING_URI"] + "/health").status == 200
    assert refused(found["RAY_ADDRESS"] + "/api/jobs/") == 401

    assert "nodes: 3" in run_job(found, monkeypatch)

    running = processes(folder)
    again = local(folder, "up")
    assert again.stdout == began.stdout
    assert {p.pid for p in running if p.is_running()} >= {p.pid for p in processes(folder)}
    assert local(folder, "up", "--s3").returncode == 1  # another cluster than the one that runs
    assert not any(token.read_text() in " ".join(p.cmdline()) for p in running if p.is_running())

    temporary = Path(state(folder)["places"]["ray"])
    assert temporary.is_dir()
    running = processes(folder)
    assert local(folder, "down").returncode == 0
    assert alive(running) == []
    assert not temporary.exists() and bystander.poll() is None
    assert "nothing runs" in local(folder, "down").stderr


def test_an_id_that_was_used_again_is_left_alone(folder, bystander) -> None:
    """Ids of processes are used again, and files outlive the start of a machine."""
    folder.mkdir()
    fields = Path(f"/proc/{bystander.pid}/stat").read_text().rpartition(")")[2].split()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    for booted, at in ((boot, int(fields[19]) - 1), ("another", int(fields[19]))):
        kept = {"booted": booted, "processes": {"head": [[bystander.pid, at]]}}
        (folder / "state.json").write_text(json.dumps(kept))
        assert local(folder, "down").returncode == 0
        assert bystander.poll() is None
    kept["booted"] = boot  # what is written down as ours is ended, by which the above is seen
    (folder / "state.json").write_text(json.dumps(kept))
    assert local(folder, "down").returncode == 0
    assert bystander.wait() == -signal.SIGTERM


@pytest.mark.slow
def test_what_does_not_come_up_is_ended(folder) -> None:
    """MLflow has no use for this file: what began beside it ends, and the cause is shown."""
    folder.mkdir()
    (folder / "mlflow.db").write_text("no database")
    done = local(folder, "up")
    assert done.returncode == 1 and done.stdout == ""
    assert "MLflow's server" in done.stderr and "not a database" in done.stderr
    assert state(folder)["processes"] == {} and state(folder)["places"] == {}
    assert [p for p in psutil.process_iter() if str(folder) in _line(p)] == []


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.slow
def test_with_a_database_and_a_bucket(folder, monkeypatch) -> None:
    """Both are reached as the lines say; lost servers and nodes come back by `up`."""
    began = local(folder, "up", "--postgres", "--s3")
    assert began.returncode == 0, began.stderr
    found = exports(began.stdout)
    assert "nodes: 3" in run_job(found, monkeypatch)
    import psycopg2
    import s3fs

    assert not re.search(r"://[^/]*:[^/]*@", found["XLT_STORAGE"])
    with psycopg2.connect(found["XLT_STORAGE"]) as connection, connection.cursor() as cursor:
        cursor.execute("create table kept (n int)")
    connection.close()
    s3fs.S3FileSystem(skip_instance_cache=True).pipe(f"{found['XLT_STORE'][5:]}/a", b"1")
    monkeypatch.delenv("PGPASSFILE")
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(found["XLT_STORAGE"])
    monkeypatch.setenv("PGPASSFILE", found["PGPASSFILE"])

    for lost in (["node1"], ["head", "postgresql"]):
        kept = state(folder)["processes"]
        for name in lost:
            keeper, server, *_ = (psutil.Process(pid) for pid, _ in kept[name])
            server.kill()  # with all below it, of which its keeper takes care
            while alive([keeper]):
                psutil.wait_procs([keeper], timeout=0.1)
        again = local(folder, "up", "--postgres", "--s3")
        assert again.stdout == began.stdout, again.stderr
        assert state(folder)["processes"]["mlflow"] == kept["mlflow"]
        assert "nodes: 3" in run_job(found, monkeypatch)
    with psycopg2.connect(found["XLT_STORAGE"]) as connection, connection.cursor() as cursor:
        cursor.execute("select * from kept")
    connection.close()

    running = processes(folder)
    for keepers in state(folder)["processes"].values():
        psutil.Process(keepers[0][0]).kill()  # what they kept is known without them
    assert local(folder, "down").returncode == 0
    assert alive(running) == []
