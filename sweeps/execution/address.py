"""Whether a Ray cluster answers at an address, found out in seconds and before anything begins.

Ray itself tries for minutes, deaf to Ctrl-C, and ends the process in the end.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys

from xlt_core.vocabulary.errors import Mistake, UserMistake

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0


def require_cluster(address: str) -> None:
    """Return if a cluster answers at `address` (`HOST:PORT`, `ray://HOST:PORT`, `auto`).

    Raises:
        UserMistake: nothing is there, or something that is no Ray cluster.
    """
    found = re.fullmatch(r"(ray://)?\[?([^\s/]+?)\]?:(\d+)", address)
    if found is None:
        return  # `auto` and the like: Ray looks on this machine and says at once what it finds
    client, host, port = found.groups()
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise UserMistake(no_cluster(address, str(error))) from error
    if not client:
        _require_answer(f"{host}:{port}", address)


def _require_answer(place: str, address: str) -> None:
    """Ask in a process of its own: what hangs there is ended with it."""
    asking = ("-m", "ray.scripts.scripts", "health-check", "--address", place)
    command = [sys.executable, "-P", *asking]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=ANSWER_SECONDS)
    except subprocess.TimeoutExpired:
        why = f"what listens there did not answer within {ANSWER_SECONDS:.0f} seconds"
        raise UserMistake(no_cluster(address, why)) from None
    if asked.returncode:
        said = asked.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UserMistake(
            no_cluster(address, said[-1] if said else "what listens there is not one")
        )


def no_cluster(address: str, why: str) -> Mistake:
    """The mistake of an address without a cluster."""
    return Mistake(
        f"--address {address}",
        f"no Ray cluster answers there ({why})",
        "start one with `ray start --head`, or leave --address out to run here",
    )
