"""`up` and `down` of a cluster on this machine: what `cluster/local.sh` runs.

`servers` says what is started, `keeper` holds each server together, `records` writes it down.
Standard output has the lines for the shell alone; all else goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import postgresql
import psutil
import servers
from records import Failed, Records, locked

KEEPER = Path(__file__).with_name("keeper.py")
TRIES, SECONDS_A_TRY = 600, 0.2
# What another cluster's user may have set, and Ray's and MLflow's own servers would follow.
NOT_INHERITED = ("RAY_ADDRESS", "RAY_TMPDIR", "RAY_AUTH_TOKEN", "MLFLOW_TRACKING_URI")


def main() -> int:
    """Do what the command line says; returns the exit code."""
    options = parsed()
    folder = options.folder.expanduser().absolute()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what began is ended
    try:
        with locked(folder):
            records = Records.read(folder)
            if options.command == "up":
                wanted = {
                    name: vars(options)[name] for name in ("postgres", "s3", "cpus", "head_cpus")
                }
                up(records, wanted)
                for name, value in records.exports.items():
                    print(f"export {name}={shlex.quote(value)}")
            else:
                down(records)
    except Failed as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def parsed() -> argparse.Namespace:
    """The command line."""
    home = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state")
    parser = argparse.ArgumentParser(
        prog="cluster/local.sh", description="A cluster on this machine."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    starts = commands.add_parser("up", help="start it, and print lines for the shell's eval")
    ends = commands.add_parser("down", help="end what `up` started; data stay in the folder")
    for command in (starts, ends):
        command.add_argument("--folder", type=Path, default=home / "xlt" / "cluster", metavar="DIR")
    starts.add_argument("--postgres", action="store_true", help="studies on a PostgreSQL server")
    starts.add_argument("--s3", action="store_true", help="the store on an S3 server, in memory")
    starts.add_argument("--head-cpus", type=int, default=1, metavar="N", help="of Ray's head")
    starts.add_argument("--cpus", type=int, default=1, metavar="N", help="of each other node")
    return parser.parse_args()


def up(records: Records, wanted: dict[str, object]) -> None:
    """Start what does not run yet.

    Raises:
        Failed: something did not start; what was begun is ended again.
    """
    running = [name for name in records.processes if records.runs(name)]
    if running and records.options != wanted:
        raise Failed("a cluster with other options runs: `cluster/local.sh down` first")
    if "head" not in running:  # the others would not find a new one
        running = [name for name in running if name not in servers.NODES]
    begun: list[str] = []
    try:
        records.options = wanted
        for wave in waves(records):
            missing = [server for server in wave if server.name not in running]
            end(records, [server.name for server in missing])
            for server in missing:
                begun.append(server.name)
            started = [(server, started_by_keeper(records, server)) for server in missing]
            for server, keeper in started:
                await_answer(records, server, keeper)
    except BaseException:
        end(records, begun)
        if not running:
            forget(records)
        raise


def waves(records: Records) -> Iterator[list[servers.Server]]:
    """The servers, each wave to be started when the one before answers; fills in `exports`."""
    folder, options = records.folder, records.options
    running = {name for name in records.processes if records.runs(name)}

    def port(name: str, server: str) -> int:
        return records.ports[name] if server in running else records.port(name)

    first = [servers.mlflow(folder, port("mlflow", "mlflow"))]
    exports = {
        "MLFLOW_TRACKING_URI": f"http://{servers.HERE}:{records.ports['mlflow']}",
        "XLT_STORE": str(folder / "stages"),
        "XLT_STUDY": f"sqlite:///{folder / 'study.db'}",
    }
    if options["s3"]:
        first.append(servers.s3(port("s3", "s3")))
        exports |= {
            "XLT_STORE": f"s3://{servers.BUCKET}/stages",
            "AWS_ENDPOINT_URL": f"http://{servers.HERE}:{records.ports['s3']}",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    if options["postgres"]:
        first.append(postgresql.server(records, port("postgresql", "postgresql")))
        exports["XLT_STUDY"] = postgresql.url(records.ports["postgresql"])
        exports["PGPASSFILE"] = str(folder / "pgpass")
    exports |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(folder / "token")}
    ray = servers.Ray(
        temporary(records),
        *(port(name, "head") for name in ("gcs", "dashboard", "client")),
        token(folder),
        exports,
    )
    records.exports = {"RAY_ADDRESS": ray.address} | exports
    yield [*first, ray.node("head", int(str(options["head_cpus"])))]
    yield [ray.node(name, int(str(options["cpus"]))) for name in servers.NODES[1:]]


def temporary(records: Records) -> Path:
    """Ray's own folder. Its sockets lie there, whose paths may have no more than 107 bytes."""
    kept = records.places.get("ray")
    if kept is None or not Path(kept).is_dir():
        records.places["ray"] = kept = tempfile.mkdtemp(prefix="xlt-", dir="/tmp")
        records.write()
    return Path(kept)


def token(folder: Path) -> str:
    """What whoever sends jobs must know; made once, and read by us alone."""
    path = folder / "token"
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return path.read_text(encoding="ascii")


def started_by_keeper(records: Records, server: servers.Server) -> subprocess.Popen[bytes]:
    """Start a server; it is written down before it begins."""
    log = log_of(records, server)
    log.parent.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    keeper = subprocess.Popen(
        [sys.executable, "-P", KEEPER, server.stop, server.user, log, *server.command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=records.folder,
        env=inherited | dict(server.environment),
        start_new_session=True,  # the terminal's Ctrl-C is not for it
    )
    records.add(server.name, keeper.pid)
    assert keeper.stdin is not None
    with keeper.stdin, suppress(BrokenPipeError):
        keeper.stdin.write(b"go\n")
    return keeper


def await_answer(records: Records, server: servers.Server, keeper: subprocess.Popen[bytes]) -> None:
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


def log_of(records: Records, server: servers.Server) -> Path:
    """Where a server's words go."""
    return records.folder / "logs" / f"{server.name}.log"


def down(records: Records) -> None:
    """End what runs; data, logs and ports stay for the next `up`."""
    if not any(records.alive(name) for name in records.processes):
        say("nothing runs")
    end(records, list(records.processes))
    forget(records)


def end(records: Records, names: Sequence[str]) -> None:
    """End servers, those that were started last first, and forget their processes."""
    for group in (
        [n for n in names if n in servers.NODES],
        [n for n in names if n not in servers.NODES],
    ):
        left: set[psutil.Process] = set()
        for name in reversed(group):
            for process in records.alive(name):
                with suppress(psutil.NoSuchProcess):
                    left |= {process, *process.children(recursive=True)}
            for process in records.alive(name)[:1]:
                say(f"ending {name}")
                process.terminate()  # the keeper, who ends the others; or what is left without it
        _, alive = psutil.wait_procs(left, timeout=30)
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive)
    for name in names:
        records.processes.pop(name, None)
    records.write()


def forget(records: Records) -> None:
    """Delete what is of no use when nothing runs."""
    if place := records.places.pop("ray", None):
        shutil.rmtree(place, ignore_errors=True)
    records.exports = {}
    records.write()


def say(text: str) -> None:
    """Tell the user."""
    print(f"local.sh: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
