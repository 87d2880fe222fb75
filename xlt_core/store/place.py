"""From what a user wrote as the store to the backend for it.

`runs/stages`, `file:///data/stages`, `s3://bucket/stages`: a path is a folder here, a URL of any
kind that the table or fsspec knows is remote.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from xlt_core.store.backend import Backend
from xlt_core.store.local import LocalBackend
from xlt_core.store.remote import RemoteBackend
from xlt_core.vocabulary.address import bare
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plugged import of_ones_own

# A path may hold `://` too; a scheme stands at the beginning and has no slash.
_URL = re.compile(r"(?P<protocol>(?:[A-Za-z][A-Za-z0-9+.-]*)?):(//|(?<=file:)(?=/))")
# Places that fsspec does not know, by the protocol of their URLs. None is needed so far.
# Made of a normal URL, and of a folder for drafts and downloads.
BACKENDS: dict[str, Callable[[str, Path], Backend]] = {}
_REMEDY = "write a folder, as runs/stages, or a URL, as s3://bucket/stages"


def normal_url(url: str | Path) -> str:
    """The one form of a store's place: an absolute path, or a URL without a slash at its end.

    Raises UserMistake where it is neither.
    """
    text = str(url).strip()
    if not text or "\0" in text:
        raise UserMistake(Mistake(f"store {text!r}", "is not a place", _REMEDY))
    match = _URL.match(text)
    if match is None:
        return _folder(text)
    protocol, rest = match["protocol"].lower(), text[match.end() :]
    if protocol in ("file", "local"):
        return _folder(_path_of(text, rest))
    _require_known(text, protocol)
    if protocol != "memory" and not rest.strip("/"):
        raise UserMistake(Mistake(bare(text), "names no bucket or host", _REMEDY))
    if pattern := set("*?[") & set(bare(f"{protocol}://{rest}")):
        what = f"holds {' '.join(sorted(pattern))}, by which services name many files at once"
        raise UserMistake(Mistake(bare(text), what, "give it a name without"))
    return f"{protocol}://{rest.rstrip('/')}"


def is_remote(url: str) -> bool:
    """Whether a normal URL is anything but a folder here."""
    return _URL.match(url) is not None


def open_backend(url: str, scratch: Path | None) -> Backend:
    """The backend for a normal URL. `scratch`: folder for drafts and downloads of a remote one."""
    match = _URL.match(url)
    if match is None:
        return LocalBackend(Path(url))
    make = BACKENDS.get(match["protocol"], RemoteBackend)
    return make(url, (scratch or default_scratch()) / _short(bare(url)))


def default_scratch() -> Path:
    """A folder of this user's in the machine's folder for temporary files."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as containers have it
        user = str(os.getuid())
    return Path(tempfile.gettempdir()) / f"xlt-{user}"


def _folder(text: str) -> str:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise UserMistake(Mistake(str(path), "is a file, not a folder", _REMEDY))
    return str(path)


def _require_known(url: str, protocol: str) -> None:
    from fsspec.registry import available_protocols

    if protocol not in BACKENDS and protocol not in available_protocols():
        what = f"the kind of URL {protocol}:// is not known"
        raise UserMistake(Mistake(bare(url), what, f"{_REMEDY}; {of_ones_own()}"))


def _path_of(url: str, rest: str) -> str:
    """The path of a `file:` URL: `file:///a`, `file://localhost/a`, `file:/a`; `%3F` is `?`."""
    host, slash, path = rest.partition("/")
    if "@" in host or ":" in host:
        raise UserMistake(Mistake(bare(url), "names another machine", _REMEDY))
    return unquote(f"/{path}" if slash and host == "localhost" else rest)


def _short(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:16]
