"""Names and texts as every MLflow server takes them, sanitised so that equal stays equal.

`metric_key` builds the stable names (`dev/xnli/sw/accuracy`); `legal` is the last thing done to a
record before it leaves `project`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from sweeps.tracking.records import MetricPoint, RunRecord
from xlt_core.vocabulary.fingerprint import fingerprint

KEY_LENGTH = 250
PARAM_LENGTH = 500  # servers before 2.8 refuse more
TAG_LENGTH = 5000
NAME_LENGTH = 250

_FOREIGN = re.compile(r"[^A-Za-z0-9_\-. :]")
_DOTS = re.compile(r"^(\.$|\.\.+)")  # MLflow takes what begins so for the way to another name
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@lru_cache(maxsize=4096)
def metric_key(*parts: str) -> str:
    """Join parts to a key; a slash within a part does not make a new one."""
    return legal_key("/".join(part.replace("/", "_") for part in parts))


@lru_cache(maxsize=4096)  # the same few names, of thousands of runs
def legal_key(key: str) -> str:
    """The key with only letters, digits and `_-. :/`, no empty or dotted parts, short enough."""
    parts = [part for part in (_legal_part(part) for part in key.split("/")) if part]
    return shortened("/".join(parts) or "_", KEY_LENGTH)


def _legal_part(part: str) -> str:
    plain = unicodedata.normalize("NFKD", part)
    ascii_only = "".join(char for char in plain if not unicodedata.combining(char))
    text = _FOREIGN.sub("_", ascii_only)
    return _DOTS.sub(lambda dots: "_" * len(dots[0]), text)


def legal_text(text: str, length: int) -> str:
    """The text without control characters, cut to `length` characters."""
    return shortened(text if text.isprintable() else _CONTROL.sub("�", text), length)


def shortened(text: str, length: int) -> str:
    """The text, or its beginning and a mark that tells it from others with that beginning."""
    if len(text) <= length:
        return text
    mark = "_" + fingerprint(text.encode("utf-8", "replace").decode())[:8]
    return text[: length - len(mark)] + mark


def legal(record: RunRecord) -> RunRecord:
    """The record with every name, value and text as MLflow takes it."""
    return replace(
        record,
        name=legal_text(record.name, NAME_LENGTH) or record.tag_value,
        params=_legal_map(record.params, PARAM_LENGTH),
        tags=_legal_map(record.tags, TAG_LENGTH),
        metrics=tuple(
            MetricPoint(legal_key(m.key), float(m.value), m.at, int(m.step)) for m in record.metrics
        ),
        artifacts={
            legal_key(name): _CONTROL.sub("�", text) for name, text in record.artifacts.items()
        },
    )


def _legal_map(values: Mapping[str, str], length: int) -> dict[str, str]:
    return {legal_key(key): legal_text(value, length) for key, value in values.items()}
