"""The addresses a spec gives (store, tracking, storage): made absolute, and without passwords.

A password written in a spec is moved to the environment of this process, where whoever connects
looks for it; what is kept of the sweep names the variable (`xlt_core.vocabulary.address`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from sweeps.spec.database import absolute, sqlite_address
from sweeps.spec.source_map import FieldPath, dotted
from sweeps.spec.stems import blaming, stemming
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.address import disarmed, filled, missing, unset
from xlt_core.vocabulary.errors import Mistake, UserMistake

FIELDS = ("store", "tracking", "storage")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|file:|sqlite:")


def without_passwords(
    data: Mapping[str, object], where: Callable[[FieldPath], str] = dotted
) -> tuple[dict[str, object], dict[str, str]]:
    """A spec's data with variables for the passwords, and their values by the variables' names.

    An address that is a variable itself (`${DATABASE_URL}`) is looked up first. What is no text
    stays: whoever checks the spec says so.

    Args:
        where: the place of a field.

    Raises:
        UserMistake: that variable is not set.
    """
    kept = dict(data)
    values: dict[str, str] = {}
    for name in FIELDS:
        if isinstance(address := data.get(name), str):
            with blaming(where((name,))):
                address = filled(address) if address.startswith("${") else address
                kept[name], found = disarmed(address, name, decode=name != "store")
            values |= found
    return kept, values


def lent(values: Mapping[str, str], *, over: bool) -> None:
    """Put passwords into this process's environment.

    Args:
        over: whether they stand above what is set there already.
    """
    for name, value in values.items():
        os.environ[name] = value if over else os.environ.get(name, value)


def location(text: str) -> str:
    """A URL as it is, a path made absolute; SQLite's paths too.

    Raises:
        UserMistake: see `sqlite_path`.
    """
    if _URL.match(text):
        return absolute(text)
    return str(Path(text).expanduser().absolute())


def database(text: str) -> str:
    """The address of a database: a URL as `location` says, a path as an SQLite file's.

    Raises:
        UserMistake: see `sqlite_path`.
    """
    return location(text) if _URL.match(text) else sqlite_address(Path(text).expanduser())


def require_passwords(sweep: Sweep) -> None:
    """See, before anything is begun, that every variable an address names is set.

    Raises:
        UserMistake: all that are not.
    """
    mistakes: list[Mistake] = []
    for field in FIELDS:
        address = getattr(sweep, field)
        if names := missing(address):
            mistakes += stemming([unset(address, names)], sweep.where(field))
    if mistakes:
        raise UserMistake(mistakes)
