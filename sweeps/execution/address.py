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
ANSWER_SECONDS = 60.0  # four drivers that begin at once on a small head need more than 15
TOKEN = (
    "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH=FILE, the file that holds the cluster's token "
    "(`ray start --head` keeps it in ~/.ray/auth_token of its machine)"
)
_WANTS_TOKEN = re.compile(r"unauthenticated|authenticat|auth(orization)? token", re.IGNORECASE)


def require_cluster(address: str) -> None:
    """Return if a cluster answers at `address` (`HOST:PORT`, `ray://HOST:PORT`, `auto`).

    Raises:
        UserMistake: it is no address, or nothing is there, or something that is no Ray cluster.
    """
    client, host, port = reached(address)
    if not client:
        _require_answer(f"{host}:{port}", address)


def reached(address: str) -> tuple[str, str, str]:
    """`ray://` or empty, host and port of `address`, once something listens there: in no time.

    Raises:
        UserMistake: it is no address, or nothing listens there.
    """
    found = _parts(_on_this_machine() if address == "auto" else address)
    if found is None:
        what = "is no address of a Ray cluster"
        remedy = "write HOST:PORT, ray://HOST:PORT, or auto for the one on this machine"
        raise UserMistake(Mistake(f"--address {address}", what, remedy))
    _, host, port = found
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise UserMistake(no_cluster(address, str(error))) from error
    return found


def _parts(address: str) -> tuple[str, str, str] | None:
    found = re.fullmatch(r"(ray://)?\[?([^\s/]+?)\]?:(\d+)", address)
    return (found[1] or "", found[2], found[3]) if found else None


def _on_this_machine() -> str:
    """The address of the cluster that Ray would find here by itself. Raises UserMistake."""
    from ray._private.services import get_ray_address_from_environment

    try:
        return str(get_ray_address_from_environment("auto", None))
    except ConnectionError:
        raise UserMistake(no_cluster("auto", "none was found on this machine")) from None


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
        raise UserMistake(
            refused(address, (asked.stderr + asked.stdout).decode("utf-8", "replace"))
        )


def refused(address: str, said: str) -> Mistake:
    """The mistake of an address where something listens that refuses, with what Ray said of it."""
    if _WANTS_TOKEN.search(said):
        what = "the Ray cluster there wants a token, and refuses who has none or another one"
        return Mistake(f"--address {address}", what, f"{TOKEN}; or leave --address out to run here")
    lines = said.strip().splitlines()
    return no_cluster(address, lines[-1] if lines else "what listens there is not one")


def no_cluster(address: str, why: str) -> Mistake:
    """The mistake of an address without a cluster."""
    return Mistake(
        f"--address {address}",
        f"no Ray cluster answers there ({why})",
        "start one with `ray start --head`, or leave --address out to run here; one that wants a "
        f"token answers who has it: {TOKEN}",
    )
