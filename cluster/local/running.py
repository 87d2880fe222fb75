"""Start what a cluster wants and lacks, and end what was started, by process id alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import psutil
from layout import Options, waves
from records import Failed, Records, began
from servers import NODES, Server

KEEPER = Path(__file__).with_name("keeper.py")
TRIES, TRIES_TO_END, SECONDS_A_TRY = 600, 150, 0.2
# What another cluster's user may have set, and Ray's and MLflow's own servers would follow.
NOT_INHERITED = ("RAY_ADDRESS", "RAY_TMPDIR", "RAY_AUTH_TOKEN", "MLFLOW_TRACKING_URI")


def up(records: Records, wanted: Options) -> None:
    """Start what does not run yet.

    Raises:
        Failed: something did not start; what was begun is ended again.
    """
    running = [name for name in records.processes if records.runs(name)]
    if running and records.options != asdict(wanted):
        raise Failed("a cluster with other options runs: `cluster/local.sh down` first")
    if "head" not in running:  # the others would not find a new one
        running = [name for name in running if name not in NODES]
    end(records, [name for name in records.processes if name not in running])
    begun: list[str] = []
    try:
        records.options = asdict(wanted)
        for wave in waves(records, wanted):
            missing = [server for server in wave if server.name not in running]
            begun += [server.name for server in missing]
            started = [(server, started_by_keeper(records, server)) for server in missing]
            for server, keeper in started:
                await_answer(records, server, keeper)
    except BaseException:
        end(records, begun)
        if not running:
            forget(records)
        raise


def started_by_keeper(records: Records, server: Server) -> subprocess.Popen[bytes]:
    """Start a server; it is written down before it begins."""
    log = log_of(records, server)
    log.parent.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    # `python` and `xlt` in a job are those of the environment that this runs in.
    inherited["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    with log.open("ab") as said:  # not our streams: a pipe behind them would wait for its end
        keeper = subprocess.Popen(
            [sys.executable, "-P", KEEPER, server.stop, server.user, log, *server.command],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            cwd=records.folder,
            env=inherited | dict(server.environment),
            start_new_session=True,  # the terminal's Ctrl-C is not for it
        )
    records.add(server.name, keeper.pid)
    assert keeper.stdin is not None
    with keeper.stdin, suppress(BrokenPipeError):
        keeper.stdin.write(b"go\n")
    return keeper


def await_answer(records: Records, server: Server, keeper: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers, then write down all of its processes."""
    say(f"waiting for {server.shown}")
    for _ in range(TRIES):
        if server.answers():
            below = psutil.Process(keeper.pid).children(recursive=True)
            records.add(server.name, *(process.pid for process in below))
            return
        with suppress(subprocess.TimeoutExpired):
            keeper.wait(SECONDS_A_TRY)
            break
    what = "ended" if keeper.poll() is not None else "does not answer"
    log = log_of(records, server)
    last = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-15:])
    raise Failed(f"{last}\n{server.shown} {what}; its last words are above, all in {log}")


def log_of(records: Records, server: Server) -> Path:
    """Where a server's words go."""
    return records.folder / "logs" / f"{server.name}.log"


def down(records: Records) -> None:
    """End what runs; data, logs and ports stay for the next `up`."""
    if not any(records.alive(name) for name in records.processes):
        say("nothing runs")
    end(records, list(records.processes))
    forget(records)


def end(records: Records, names: Sequence[str]) -> None:
    """End servers, those that need others first, and forget their processes."""
    nodes = [name for name in names if name in NODES]
    for group in (nodes, [name for name in names if name not in NODES]):
        left: dict[int, int] = {}
        for name in reversed(group):
            alive = records.alive(name)
            for process in alive:
                with suppress(psutil.NoSuchProcess):
                    left |= beginnings([process, *process.children(recursive=True)])
            if alive:
                say(f"ending {name}")
                alive[0].terminate()  # the keeper, who ends the others; or what is left without it
        await_end(left)
    for name in names:
        records.processes.pop(name, None)
    records.write()


def beginnings(processes: Sequence[psutil.Process]) -> dict[int, int]:
    """When those that are alive began, by their ids."""
    return {process.pid: at for process in processes if (at := began(process.pid))}


def await_end(left: dict[int, int]) -> None:
    """Wait until processes have ended; kill those that take too long.

    Raises:
        Failed: some are there even then.
    """
    for last in (signal.SIGKILL, None):
        for _ in range(TRIES_TO_END):
            left = {pid: at for pid, at in left.items() if began(pid) == at}
            if not left:
                return
            psutil.wait_procs([psutil.Process(pid) for pid in left if began(pid)], SECONDS_A_TRY)
        for pid in left if last else ():
            with suppress(ProcessLookupError):
                os.kill(pid, last)
    raise Failed(f"these processes do not end: {', '.join(map(str, left))}")


def forget(records: Records) -> None:
    """Delete what is of no use when nothing runs."""
    if place := records.places.pop("ray", None):
        shutil.rmtree(place, ignore_errors=True)
    records.exports = {}
    records.write()


def say(text: str) -> None:
    """Tell the user."""
    print(f"local.sh: {text}", file=sys.stderr, flush=True)
