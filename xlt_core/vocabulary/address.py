"""Addresses as they are kept, shown and compared: where a password stands, a variable's name does.

`postgresql://me:${XLT_STORAGE_PASSWORD}@host/db` is kept; `filled` puts the value in for whoever
connects, and its result is kept nowhere. `secret` has the value: from the environment, or from the
file that `XLT_STORAGE_PASSWORD_FILE` names, as containers are handed their secrets. `disarmed`
takes passwords out of what a user wrote, `bare` is what remains of an address without them,
`starred` hides them in any text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote

from xlt_core.vocabulary.errors import Mistake, UserMistake

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# Up to the last @ before the path; or to the first @ at all, as SQLAlchemy reads an unquoted slash.
_SECRET = r"(?P<secret>[^{0}/?#]+|(?!\d*[/?#])[^{0}@]+)(?=@)"
_USER = r"[A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@]*"
_PASSWORD = re.compile(f"^(?P<before>{_USER}:){_SECRET.format('')}")
_PASSWORD_IN_TEXT = re.compile(f"(?P<before>{_USER}:){_SECRET.format(chr(92) + 's')}")
_SECRET_NAME = (
    r"[^=&#\s]*(?:passw|passphrase|pwd|secret|token|signature|credential|(?:api|access|account)_?key)"
    r"[^=&#\s]*"
)
_PARAMETER = re.compile(
    rf"(?P<before>[?&](?P<name>{_SECRET_NAME})=)(?P<secret>[^&#\s]+)", re.IGNORECASE
)


def disarmed(address: str, owner: str, *, decode: bool = True) -> tuple[str, dict[str, str]]:
    """The address with variables for its passwords, and their values by the variables' names.

    Args:
        owner: whose address it is, for the names: `XLT_<OWNER>_PASSWORD`, and
            `XLT_<OWNER>_QUERY_<NAME>` for a parameter such as `?sslpassword=`.
        decode: whether `%40` in a password means `@`, as databases and web servers read it;
            fsspec takes it as it stands.
    """
    values: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        if _VARIABLE.search(match["secret"]):
            return match[0]
        parameter = match.groupdict().get("name")
        what = "PASSWORD" if parameter is None else "QUERY_" + re.sub(r"\W", "_", parameter)
        name = f"XLT_{owner}_{what}".upper()
        values[name] = unquote(match["secret"]) if decode else match["secret"]
        return f"{match['before']}${{{name}}}"

    return _PARAMETER.sub(named, _PASSWORD.sub(named, address)), values


def variables(address: str) -> tuple[str, ...]:
    """Names of the environment variables that an address needs, each once."""
    return tuple(dict.fromkeys(_VARIABLE.findall(address)))


def missing(address: str) -> tuple[str, ...]:
    """Those of its variables that are not set."""
    return tuple(name for name in variables(address) if secret(name) is None)


def secret(name: str) -> str | None:
    """The value of a variable: the environment's, else what `<name>_FILE` holds; else None.

    An empty variable is none where there is a file. The line end of a file is none of its secret.

    Raises:
        UserMistake: the file that is named cannot be read.
    """
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value or not file:
        return value
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError, RuntimeError) as error:  # the last of a home that nobody knows
        no_text = "is not UTF-8 text" if isinstance(error, ValueError) else str(error)
        why = getattr(error, "strerror", None) or no_text
        raise UserMistake(
            Mistake(f"{name}_FILE", f"{file}: {why}", f"name a file that holds {name}'s value")
        ) from None


def filled(address: str) -> str:
    """The address to connect to: variables replaced by their values.

    A value is percent-encoded where a user, a password or a parameter stands.

    Raises:
        UserMistake: a variable is not set, or its file cannot be read; names it.
    """
    query = address.find("?")
    user = _user_end(address)

    def value(match: re.Match[str]) -> str:
        found = _value(address, match[1])
        encoded = match.start() < user or 0 <= query < match.start()
        return quote(found, safe="") if encoded else found

    return _VARIABLE.sub(value, address)


def parted(address: str, *, decode: bool = True) -> tuple[str, str]:
    """The filled address without its password, and the password itself; empty where it has none.

    Raises:
        UserMistake: as `filled`.
    """
    match = _PASSWORD.match(address)
    if match is None:
        return filled(address), ""
    secret = match["secret"]
    if _VARIABLE.search(secret):
        password = _VARIABLE.sub(lambda each: _value(address, each[1]), secret)
    else:
        password = unquote(secret) if decode else secret
    return filled(_without_password(address)), password


def bare(address: str) -> str:
    """The address without passwords and secret parameters: what tells one place from another."""
    place, _, query = _without_password(address).partition("?")
    kept = [item for item in query.split("&") if item and not _PARAMETER.match(f"?{item}")]
    return f"{place}?{'&'.join(kept)}" if kept else place


def starred(text: str) -> str:
    """Any text, such as another program's error, with the passwords of its addresses hidden."""
    return _PARAMETER.sub(_star, _PASSWORD_IN_TEXT.sub(_star, text))


def _star(match: re.Match[str]) -> str:
    return match[0] if _VARIABLE.fullmatch(match["secret"]) else f"{match['before']}***"


def _without_password(address: str) -> str:
    return _PASSWORD.sub(lambda match: match["before"][:-1], address)


def _user_end(address: str) -> int:
    """Where user and password end; 0 where there are none."""
    match = _PASSWORD.match(address)
    if match is not None:
        return match.end()
    match = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@]*(?=@)", address)
    return 0 if match is None else match.end()


def _value(address: str, name: str) -> str:
    value = secret(name)
    if value is None:
        raise UserMistake(unset(address, (name,)))
    return value


def unset(address: str, names: tuple[str, ...]) -> Mistake:
    """What is said of an address whose variables are not set."""
    noun = "variable" if len(names) == 1 else "variables"
    return Mistake(
        bare(address),
        f"needs the environment {noun} {' and '.join(names)}, not set here",
        f"passwords are never stored: set {names[0]}, or {names[0]}_FILE to a file that holds it",
    )
