"""`up` and `down` of a cluster on this machine: what `cluster/local.sh` runs.

Standard output has the lines for the shell alone; all else goes to standard error. `running` does
the work on what `layout` says is wanted; `keeper` holds each server together, `records` writes down
what there is.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path

from layout import Options
from records import Failed, Records, locked
from running import down, say, up


def main() -> int:
    """Do what the command line says; returns the exit code."""
    given = parsed()
    folder = given.folder.expanduser().absolute()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what began is ended
    try:
        with locked(folder):
            records = Records.read(folder)
            if given.command == "down":
                down(records)
                return 0
            before = (folder / "mlflow.db").exists()
            up(records, Options(given.postgres, given.s3, given.head_cpus, given.cpus))
    except Failed as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130
    if before:
        say(f"sweeps of an earlier `up` are there again; --folder DIR has none (here: {folder})")
    say(f"for `xlt run --address`: 127.0.0.1:{records.ports['gcs']}")
    for name, value in records.exports.items():
        print(f"export {name}={shlex.quote(value)}")
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
    starts.add_argument("--s3", action="store_true", help="the store on an S3 server")
    starts.add_argument("--head-cpus", type=int, default=1, metavar="N", help="of Ray's head")
    starts.add_argument("--cpus", type=int, default=1, metavar="N", help="of each other node")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
