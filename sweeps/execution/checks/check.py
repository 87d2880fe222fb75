"""What a check is asked of and what it finds. Plain values: they travel to nodes and as JSON.

A check is a function that yields findings; `ok`, `warning` and `wrong` make them. Next: `table`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from xlt_core.vocabulary.refs import EncoderRef, SourceRef

Cell = tuple[str, str, str]


class Verdict(StrEnum):
    """How things stand."""

    OK = "ok"
    WARNING = "warning"  # may do, may not
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        found: for people, without secrets.
        remedy: what to do; empty where nothing is to be done.
        check: its name in the table.
        facts: what is compared between machines, by name.
    """

    verdict: Verdict
    found: str
    remedy: str = ""
    check: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What `xlt doctor --json` prints of it."""
        return {
            "check": self.check,
            "verdict": self.verdict.value,
            "found": self.found,
            "remedy": self.remedy,
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Finding:
        """Back from `to_json`."""
        return cls(**{**found, "verdict": Verdict(found["verdict"])})


@dataclass(frozen=True)
class LookedAt:
    """What was found on one node."""

    node: str
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """What `xlt doctor --json` prints of it."""
        return {"node": self.node, "checks": [each.to_json() for each in self.findings]}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> LookedAt:
        """Back from `to_json`."""
        return cls(found["node"], tuple(Finding.from_json(each) for each in found["checks"]))


NAMED_NODES = 4  # in one line; more are counted


def alike(found: Sequence[LookedAt]) -> Iterator[tuple[list[str], Finding]]:
    """Findings, each once with the nodes that have it; those of one check together."""
    nodes: dict[tuple[str, str, str, str], list[str]] = {}
    first: dict[tuple[str, str, str, str], Finding] = {}
    for looked in found:
        for finding in looked.findings:
            key = (finding.check, finding.verdict.value, finding.found, finding.remedy)
            nodes.setdefault(key, []).append(looked.node)
            first.setdefault(key, finding)
    checks = list(dict.fromkeys(check for check, *_ in nodes))
    for key in sorted(nodes, key=lambda key: checks.index(key[0])):
        yield nodes[key], first[key]


def named(nodes: Sequence[str], every: int) -> str:
    """Some of a cluster's nodes in words.

    Args:
        every: how many nodes it has.
    """
    if len(nodes) == every:
        return f"all {every}"
    more = f" and {len(nodes) - NAMED_NODES} more" if len(nodes) > NAMED_NODES else ""
    return ", ".join(nodes[:NAMED_NODES]) + more


def ok(found: str, **facts: str) -> Finding:
    """All is well."""
    return Finding(Verdict.OK, found, facts=facts)


def warning(found: str, remedy: str = "") -> Finding:
    """It may do."""
    return Finding(Verdict.WARNING, found, remedy)


def wrong(found: str, remedy: str = "") -> Finding:
    """It will not do."""
    return Finding(Verdict.WRONG, found, remedy)


@dataclass(frozen=True)
class Subject:
    """What machines are looked at for.

    Attributes:
        store, storage, tracking: addresses, with variables for their passwords; empty: none.
        source: where data come from; None where no sweep is meant.
        cells: what is read of it: task, language (empty: any) and split.
        encoders: what is trained.
        training_bytes: the least memory that training the largest of them takes; 0: not known.
        memory: bytes that a worker asks Ray for.
        device: `auto`, `cpu` or `cuda`.
        threads: a worker's.
        share: a worker's part of a GPU; 0 where it is not known.
        mark: what was left in the store for other machines to find (`store.probe`); may be empty.
        cpus, gpus: what Ray counts on this machine; None where Ray was not asked.
        plugins: modules that add to the tables.
        passwords: for machines whose processes did not inherit them.
    """

    store: str = ""
    storage: str = ""
    tracking: str = ""
    source: SourceRef | None = None
    cells: tuple[Cell, ...] = ()
    encoders: tuple[EncoderRef, ...] = ()
    training_bytes: int = 0
    memory: int = 0
    device: str = "auto"
    threads: int = 1
    share: float = 0.0
    mark: str = ""
    cpus: float | None = None
    gpus: float | None = None
    plugins: tuple[str, ...] = ()
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def on_gpu(self) -> bool:
        """Whether this machine's workers are to have GPUs."""
        return self.device == "cuda" or (self.device == "auto" and bool(self.gpus))

    @property
    def has_workers(self) -> bool:
        """Whether a worker of the sweep may be placed here; a head may have no CPUs to give."""
        if self.cpus is None:
            return True
        return self.cpus >= self.threads and (self.device != "cuda" or bool(self.gpus))

    def to_text(self) -> str:
        """As JSON, without the passwords."""
        return json.dumps({**asdict(self), "passwords": {}})

    @classmethod
    def from_text(cls, text: str) -> Subject:
        """Back from `to_text`."""
        found = json.loads(text)
        source = found["source"]
        if source is not None:
            commits = tuple((name, commit) for name, commit in source["revisions"])
            found["source"] = SourceRef(source["kind"], source["location"], commits)
        found["encoders"] = tuple(EncoderRef(**each) for each in found["encoders"])
        found["cells"] = tuple((task, code, split) for task, code, split in found["cells"])
        return cls(**{**found, "plugins": tuple(found["plugins"])})


Look = Callable[[Subject], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    """A line of the table.

    Attributes:
        look: what finds out.
        preflight: what finds out, in no time, before a sweep begins on several nodes; None where
            no sweep is to wait for it.
        of_workers: whether it concerns only machines on which stages are computed.
    """

    look: Look
    preflight: Look | None = None
    of_workers: bool = False
