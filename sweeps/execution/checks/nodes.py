"""The checks on every node of a Ray cluster at once, and what only all of them together tell.

A task is pinned to each node; it takes none of its cores. A node that does not answer is said to
be so. Neighbour: `looking`, which is what each task does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from sweeps.execution.checks.check import Finding, LookedAt, Subject, wrong
from sweeps.execution.checks.clock import judged
from sweeps.execution.checks.looking import look
from sweeps.execution.checks.versions import differences, versions
from sweeps.execution.here import node_name
from xlt_core.store.probe import leave_mark, local_folder, remove_mark
from xlt_core.vocabulary.address import starred
from xlt_core.vocabulary.lines import first_line

STARTING_SECONDS = 60.0  # of a worker process on a node that has none
_LOST = "look at the node's logs; a node that is gone for good leaves the cluster by itself"
_SAME_CODE = "install xlt there, in the environment that Ray is started in"


@dataclass(frozen=True)
class Node:
    """A node that is alive: Ray's id, a name for people, and what Ray counts on it."""

    id: str
    name: str
    cpus: float
    gpus: float


def alive() -> tuple[Node, ...]:
    """The nodes of the cluster that this process is attached to, each by a name of its own."""
    found = [each for each in ray.nodes() if each["Alive"]]
    names = Counter(node_name(each) for each in found)
    return tuple(
        Node(
            each["NodeID"],
            node_name(each)
            if names[node_name(each)] == 1
            else f"{node_name(each)} {each['NodeID'][:6]}",
            each["Resources"].get("CPU", 0.0),
            each["Resources"].get("GPU", 0.0),
        )
        for each in found
    )


def look_at(
    nodes: Sequence[Node], subject: Subject, preflight: bool, seconds: float
) -> tuple[LookedAt, ...]:
    """What the checks find on each node, in the nodes' order.

    Args:
        preflight, seconds: as `look` has them.
    """
    with _marked(subject) as marked:
        asked = [_asked(node, marked, preflight, seconds) for node in nodes]
        answers = _answers(asked, seconds + STARTING_SECONDS)
    (mine,) = (each.facts for each in versions(subject) if each.facts)
    return tuple(
        LookedAt(node.name, tuple(_told(answers.get(reference), mine, seconds)))
        for node, reference in zip(nodes, asked, strict=True)
    )


@dataclass(frozen=True)
class _Answer:
    findings: tuple[Finding, ...]
    at: float  # by the node's clock, when it had looked
    heard: float = 0.0  # by ours, when that was heard here


def _on_node(subject: Subject, preflight: bool, seconds: float) -> _Answer:
    """What is done there."""
    found = look(subject, preflight, seconds)
    return _Answer(found, time.time())


def _asked(node: Node, subject: Subject, preflight: bool, seconds: float) -> ray.ObjectRef[_Answer]:
    there = replace(subject, cpus=node.cpus, gpus=node.gpus)
    pinned = NodeAffinitySchedulingStrategy(node.id, soft=False)
    task = ray.remote(_on_node).options(
        num_cpus=0, max_retries=0, scheduling_strategy=pinned, name="xlt-check"
    )
    return task.remote(there, preflight, seconds)


def _answers(
    asked: Sequence[ray.ObjectRef[_Answer]], seconds: float
) -> dict[ray.ObjectRef[_Answer], _Answer | RayError]:
    """What comes in time, each with when it came."""
    found: dict[ray.ObjectRef[_Answer], _Answer | RayError] = {}
    deadline, waiting = time.monotonic() + seconds, list(asked)
    while waiting and (left := deadline - time.monotonic()) > 0:
        ready, waiting = ray.wait(waiting, num_returns=1, timeout=left)
        heard = time.time()
        for reference in ready:
            try:
                found[reference] = replace(ray.get(reference), heard=heard)
            except RayError as error:
                found[reference] = error
    for reference in waiting:
        ray.cancel(reference, force=True)
    return found


def _told(
    answer: _Answer | RayError | None, mine: Mapping[str, str], seconds: float
) -> Iterator[Finding]:
    """What a node found, and how it differs from where it was asked."""
    if answer is None:
        late = wrong(f"no answer within {seconds + STARTING_SECONDS:g} s", _LOST)
        yield replace(late, check="node")
        return
    if isinstance(answer, RayError):
        yield _lost(answer)
        return
    for finding in answer.findings:
        theirs = list(differences(mine, finding.facts)) if finding.check == "versions" else []
        if finding.facts and theirs:
            yield from (replace(each, check=finding.check) for each in theirs)
        else:
            yield finding
    yield replace(judged(answer.at - answer.heard, "the driver's"), check="clock")


def _lost(error: RayError) -> Finding:
    said = str(getattr(error, "cause", None) or error)
    missing = "No module named" in said
    last = next((line for line in said.splitlines() if "No module named" in line), said)
    text = starred(first_line(last))
    return replace(wrong(text, _SAME_CODE if missing else _LOST), check="node")


@contextmanager
def _marked(subject: Subject) -> Iterator[Subject]:
    """Leave a mark in the store meanwhile, by which other machines know that it is the same.

    A place that is not there, or cannot be written to, has none: the nodes say what is wrong.
    """
    folder = local_folder(subject.store) if subject.store else None
    if not subject.store or (folder is not None and not folder.is_dir()):
        yield subject
        return
    mark = ""
    with suppress(Exception):
        mark = leave_mark(subject.store)
    try:
        yield replace(subject, mark=mark)
    finally:
        with suppress(Exception):
            remove_mark(subject.store, mark)
