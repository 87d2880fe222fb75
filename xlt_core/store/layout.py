"""Where things lie in a store, as paths relative to its root with `/` between parts.

    <key[:2]>/<key>/            a finished stage: stage.json, its files, manifest.json
    checkpoints/<key>/<step>/   a mid-stage checkpoint, sealed by a manifest as a stage is
    leases/<key>.json           who is computing the stage (`leases`: <key>.2.json took it over)
    pins/<sweep>@<part>.json    stages a sweep wants kept, a file each time it names some
    drafts/<name>               being written; the name says by which process (`owner`)
    damaged/<key>-<time>/       set aside
    executions.jsonl            one line for each stage that was computed

Next: `manifest`, which says when such a folder counts.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from urllib.parse import quote, unquote

MANIFEST = "manifest.json"
ABOUT = "stage.json"
CHECKPOINTS = "checkpoints"
LEASES = "leases"
PINS = "pins"
DRAFTS = "drafts"
DAMAGED = "damaged"
EXECUTIONS = "executions.jsonl"
SUFFIXES = (".safetensors", ".json", ".jsonl", ".jsonl.zst")

_KEY = re.compile(r"[0-9a-f]{64}")
_LEASE = re.compile(r"(?P<key>[0-9a-f]{64})(\.(?P<number>[2-9]|[1-9][0-9]{1,8}))?\.json")
_PREFIX = re.compile(r"[0-9a-f]{2}")


def is_key(text: str) -> bool:
    """Whether `text` has the form of a stage's key, 64 hexadecimal digits."""
    return _KEY.fullmatch(text) is not None


def is_prefix(text: str) -> bool:
    """Whether `text` names a folder of stages, the first two digits of their keys."""
    return _PREFIX.fullmatch(text) is not None


def stage_path(key: str) -> str:
    """The stage's folder. Raises ValueError where `key` is not one: no path is built of it."""
    if _KEY.fullmatch(key) is None:
        raise ValueError(f"a stage's key has 64 hexadecimal digits, this is {key!r}")
    return f"{key[:2]}/{key}"


def checkpoints_path(key: str) -> str:
    """The folder of a stage's checkpoints."""
    stage_path(key)
    return f"{CHECKPOINTS}/{key}"


def checkpoint_path(key: str, step: int) -> str:
    """The folder of one checkpoint; steps sort as text up to 99,999,999."""
    return f"{checkpoints_path(key)}/{step:08d}"


def lease_path(key: str, number: int = 1) -> str:
    """The file that says who computes the stage; `number` counts takeovers from 1."""
    stage_path(key)
    return f"{LEASES}/{key}.json" if number == 1 else f"{LEASES}/{key}.{number}.json"


def lease_number(file_name: str, key: str) -> int | None:
    """The number of the lease on `key` that `file_name` is; None where it is another file."""
    match = _LEASE.fullmatch(file_name)
    return int(match["number"] or 1) if match is not None and match["key"] == key else None


def leased_key(file_name: str) -> str | None:
    """The key of the stage on which `file_name` is a lease; None where it is none."""
    match = _LEASE.fullmatch(file_name)
    return match["key"] if match is not None else None


def pin_path(sweep: str, part: str) -> str:
    """A file of one sweep's pins; any name a sweep may have becomes a safe file name."""
    return f"{PINS}/{quote(sweep, safe='')}@{part}.json"


def pinning_sweep(file_name: str) -> str:
    """The sweep whose pins `file_name` holds."""
    return unquote(file_name.removesuffix(".json").partition("@")[0])


def damaged_path(name: str) -> str:
    """A fresh place to set something aside."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return f"{DAMAGED}/{name}-{stamp}-{secrets.token_hex(2)}"
