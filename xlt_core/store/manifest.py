"""The manifest: sizes and SHA-256 of a folder's files, sealed by its own SHA-256.

A folder without a good manifest does not exist, and a good one names nothing outside its folder
(`names`). On object stores the manifest also names the attempt whose files it seals, so that racing
writers never mix. Next: `backend`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from xlt_core.store.names import fault_of, is_attempt
from xlt_core.vocabulary.fingerprint import canonical_json

_SEALED = re.compile(rb'(?P<body>\{.*),"seal":"(?P<seal>[0-9a-f]{64})"\}\n', re.DOTALL)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20


class Reader(Protocol):
    """Anything bytes are read from."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes; nothing at the end."""
        ...


class BadManifest(ValueError):
    """The manifest cannot be read, was altered, or belongs to something else."""


@dataclass(frozen=True)
class FileSeal:
    """What a file must be: its size in bytes and its SHA-256, 64 hexadecimal digits."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The files of one folder.

    Attributes:
        of: what is sealed, a stage's key or a checkpoint's `key/step`.
        files: by name relative to the folder, `/` between parts, sorted.
        attempt: subfolder the files lie in, empty for the folder itself.
    """

    of: str
    files: dict[str, FileSeal]
    attempt: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(seal.bytes for seal in self.files.values())

    def place(self, name: str) -> str:
        """Where a file lies, relative to the sealed folder."""
        return f"{self.attempt}/{name}" if self.attempt else name

    def sizes(self) -> dict[str, int]:
        """Size in bytes by place."""
        return {self.place(name): seal.bytes for name, seal in self.files.items()}

    def to_bytes(self) -> bytes:
        """The sealed file, one line of JSON."""
        files = {name: [seal.bytes, seal.sha256] for name, seal in self.files.items()}
        body = canonical_json({"attempt": self.attempt, "files": files, "of": self.of})[:-1]
        seal = hashlib.sha256(body.encode()).hexdigest()
        return f'{body},"seal":"{seal}"}}\n'.encode()

    @classmethod
    def parse(cls, data: bytes, of: str) -> Manifest:
        """Read what `to_bytes` wrote. Raises BadManifest unless every byte of it is there."""
        match = _SEALED.fullmatch(data)
        if match is None or hashlib.sha256(match["body"]).hexdigest() != match["seal"].decode():
            raise BadManifest("the manifest was altered or cut short")
        try:
            content: dict[str, Any] = json.loads(match["body"] + b"}")
            files = {name: _seal(*entry) for name, entry in content["files"].items()}
            whose, attempt = content["of"], str(content["attempt"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadManifest(f"the manifest is none: {error!r}") from None
        if whose != of:
            raise BadManifest(f"the manifest belongs to {whose}")
        fault = fault_of(files)
        if fault is None and not is_attempt(attempt):
            fault = f"{attempt!r} is no folder of an attempt"
        if fault is not None:
            raise BadManifest(f"the manifest names what no stage holds: {fault}")
        return cls(of, files, attempt)


def seal_folder(folder: Path, of: str) -> Manifest:
    """Measure every file of `folder`.

    Raises:
        ValueError: it holds something a store does not keep (see `names`), or nothing.
    """
    names = sorted(_file_names(folder))
    fault = fault_of(names)
    if fault is not None:
        raise ValueError(f"{folder}: {fault}")
    if not names:
        raise ValueError(f"{folder}: there is nothing to publish")
    return Manifest(of, {name: measure(folder / name) for name in names})


def measure(path: Path) -> FileSeal:
    """Size and SHA-256 of a file. Raises OSError where it cannot be read."""
    with path.open("rb", buffering=0) as file:
        return measure_stream(file)


def measure_stream(file: Reader) -> FileSeal:
    """Size and SHA-256 of what is left to read."""
    size, digest = 0, hashlib.sha256()
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        digest.update(chunk)
    return FileSeal(size, digest.hexdigest())


def matches(data: bytes, seal: FileSeal) -> bool:
    """Whether `data` are the bytes that were sealed."""
    return len(data) == seal.bytes and hashlib.sha256(data).hexdigest() == seal.sha256


def _seal(size: object, sha256: object) -> FileSeal:
    if type(size) is not int or size < 0:
        raise ValueError(f"{size!r} is no size")
    if not isinstance(sha256, str) or _SHA256.fullmatch(sha256) is None:
        raise ValueError(f"{sha256!r} is no SHA-256")
    return FileSeal(size, sha256)


def _file_names(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise ValueError(f"{path}: a store keeps files, not links")
        if not path.is_file() and not path.is_dir():
            raise ValueError(f"{path}: a store keeps files, not pipes, sockets and devices")
        if path.is_file():
            yield path.relative_to(folder).as_posix()
