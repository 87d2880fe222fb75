"""A sweep's files by name, wherever its folder lies: on this machine, or at any fsspec URL.

All of them are small texts. `write` replaces one whole, `Appender` adds to its end, `read_from`
reads on from where a reader was. At a URL a text that grows is kept in parts, each named by the
byte it begins at, since object stores cannot append.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from xlt_core.vocabulary.address import bare

if TYPE_CHECKING:
    from xlt_core.store.backend import Backend

log = logging.getLogger("xlt.files")

PART_BYTES = 256 * 1024  # a part grows to this before the next begins


class Appender(Protocol):
    """Adds to the end of one text; one writer a text, one thread at a time."""

    def append(self, data: bytes) -> None:
        """Add all of `data`, or none of it. Raises OSError."""
        ...

    def close(self) -> None:
        """Let go of what is open; the next `append` opens it anew. Never raises."""
        ...


class Files(Protocol):
    """The texts of one folder. Faults of disk and network raise OSError.

    Attributes:
        pause: seconds between two looks at one of them, where nothing tells of a change.
    """

    pause: float

    def read(self, name: str, errors: str = "strict") -> str | None:
        """The text, or None where there is none. Raises UnicodeDecodeError: it is not UTF-8."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is such a text."""
        ...

    def write(self, name: str, text: str) -> None:
        """Write or replace it; readers see the old text or the new, and a kill leaves either."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """As `write`, of what need be no text."""
        ...

    def remove(self, name: str) -> None:
        """Remove it; nothing there is fine."""
        ...

    def appender(self, name: str) -> Appender:
        """What adds to the end of a text."""
        ...

    def read_from(self, name: str, place: int) -> tuple[str, int]:
        """What stands behind the first `place` bytes, up to the last whole line, and its end."""
        ...

    def where(self, name: str) -> str:
        """Where a text lies, for people."""
        ...


class LocalFiles:
    """A folder here."""

    pause = 0.5

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, errors: str = "strict") -> str | None:
        """See `Files`."""
        try:
            return (self._folder / name).read_text(encoding="utf-8", errors=errors)
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        """See `Files`."""
        return (self._folder / name).is_file()

    def write(self, name: str, text: str) -> None:
        """See `Files`."""
        self.put(name, text.encode("utf-8"))

    def put(self, name: str, data: bytes) -> None:
        """See `Files`."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def remove(self, name: str) -> None:
        """See `Files`."""
        (self._folder / name).unlink(missing_ok=True)

    def appender(self, name: str) -> Appender:
        """See `Files`."""
        return _LocalAppender(self._folder / name)

    def read_from(self, name: str, place: int) -> tuple[str, int]:
        """See `Files`."""
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(place)
                return _whole_lines(file.read(), place)
        except FileNotFoundError:
            return "", place

    def where(self, name: str) -> str:
        """See `Files`."""
        return str(self._folder / name)


class RemoteFiles:
    """A folder at an fsspec URL; what is asked of a service is asked of the store's own."""

    pause = 3.0

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: Backend | None = None

    def read(self, name: str, errors: str = "strict") -> str | None:
        """See `Files`."""
        data = self._backend.get(name)
        return None if data is None else data.decode("utf-8", errors)

    def has(self, name: str) -> bool:
        """See `Files`."""
        return self._backend.get(name) is not None or bool(_starts(self._backend, name))

    def write(self, name: str, text: str) -> None:
        """See `Files`."""
        self.put(name, text.encode("utf-8"))

    def put(self, name: str, data: bytes) -> None:
        """See `Files`."""
        self._backend.put(name, data)

    def remove(self, name: str) -> None:
        """See `Files`."""
        self._backend.remove(name)

    def appender(self, name: str) -> Appender:
        """See `Files`."""
        return _RemoteAppender(lambda: self._backend, name)

    def read_from(self, name: str, place: int) -> tuple[str, int]:
        """See `Files`."""
        starts = _starts(self._backend, name)
        first = max((start for start in starts if start <= place), default=0)
        data = b"".join(
            self._backend.get(_part(name, start)) or b"" for start in starts if start >= first
        )
        return _whole_lines(data[max(place - first, 0) :], place)

    def where(self, name: str) -> str:
        """See `Files`."""
        return f"{bare(self._url)}/{name}"

    @property
    def _backend(self) -> Backend:
        from xlt_core.store.place import open_backend

        if self._opened is None:
            self._opened = open_backend(self._url, None)
        return self._opened


def files_at(place: Path | str) -> Files:
    """What lies in a folder here, or at a URL."""
    return LocalFiles(place) if isinstance(place, Path) else RemoteFiles(place)


class _LocalAppender:
    """A file that is open while lines come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def append(self, data: bytes) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        before = os.fstat(self._file).st_size
        if os.write(self._file, data) < len(data):
            os.ftruncate(self._file, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))

    def close(self) -> None:
        if self._file is not None:
            try:
                os.close(self._file)
            except OSError as error:
                log.warning("%s: %s", self._path, error)
            self._file = None


class _RemoteAppender:
    """Writes the last part again with what comes; begins behind whatever is there already."""

    def __init__(self, backend: Callable[[], Backend], name: str) -> None:
        self._backend = backend
        self._name = name
        self._start: int | None = None
        self._part = b""

    def append(self, data: bytes) -> None:
        if self._start is None:
            self._start = self._end()
        part = self._part + data
        self._backend().put(_part(self._name, self._start), part)
        self._part = part
        if len(part) >= PART_BYTES:
            self._start, self._part = self._start + len(part), b""

    def close(self) -> None:
        """Nothing is open. An answer may have been lost: what was sent is sent again as it was."""

    def _end(self) -> int:
        """How long the text is, read off its last part."""
        starts = _starts(self._backend(), self._name)
        if not starts:
            return 0
        return starts[-1] + len(self._backend().get(_part(self._name, starts[-1])) or b"")


def _part(name: str, start: int) -> str:
    return f"{name}/{start:016d}"


def _starts(backend: Backend, name: str) -> list[int]:
    return [int(part) for part in backend.names(name) if part.isdecimal()]


def _whole_lines(data: bytes, place: int) -> tuple[str, int]:
    whole = data[: data.rfind(b"\n") + 1]
    return whole.decode("utf-8", "replace"), place + len(whole)
