"""What `stage.json` says of a stage: what was computed, by whom and how long it took.

Written by `xlt_core.work`; a kind of stage has only some of the fields, and may add its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class AboutHead(TypedDict):
    """A head that a training left behind."""

    kind: str
    labels: Sequence[str]


class AboutWorker(TypedDict, total=False):
    """Who computed it, and with what."""

    host: str
    pid: int
    device: str
    threads: int
    micro_batch: int | None
    versions: Mapping[str, str]


class About(TypedDict, total=False):
    """A stage's record. Times are seconds since the epoch.

    `identity` is what its key is made of, `executor` are labels of whoever had it computed,
    `seconds` is computing time over all attempts.
    """

    kind: str
    key: str
    title: str
    parents: Sequence[str]
    identity: Mapping[str, Any]
    recipe: Mapping[str, Any]
    encoder: str
    versions: Mapping[str, int]
    worker: AboutWorker
    executor: Mapping[str, str]
    started: float
    finished: float
    seconds: float
    steps: int
    tokens: int
    tokens_per_second: float
    attempts: Sequence[Mapping[str, float]]
    examples: int
    heads: Mapping[str, AboutHead]
    frozen: int
    precision: str
    bytes: int
    head: str
    rows_cut: int
    pretrained: bool
    scores: Mapping[str, Any]
