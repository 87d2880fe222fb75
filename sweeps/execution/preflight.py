"""Before the first stage on a cluster: every node is looked at, and what will not do is refused.

The checks are `sweeps.execution.checks`', those that take no time, on all nodes at once. A cluster
of one node is this machine or as good as it: what is found here before holds there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import ray

from sweeps.execution.resources import Staff
from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.sweep import Sweep
from xlt_core.plugins import named_plugins
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.execution.checks.check import LookedAt, Subject

_GOES_ON = "MLflow"  # a sweep that goes on does without it: records wait for it on disk


def require_fit(
    sweep: Sweep,
    prepared: ResolvedInputs,
    found: Staff,
    passwords: Mapping[str, str],
    has_begun: bool,
    say: Callable[[str], None],
    doing: Callable[[str], None],
) -> None:
    """Return if every node of the cluster will do; say what may not.

    Args:
        passwords: for what nodes cannot look up themselves.
        has_begun: whether the sweep goes on. MLflow may be away then.
        say: hears a warning.
        doing: hears what is being done.

    Raises:
        UserMistake: nodes do not see store, data or tracking server, have other versions, or not
            the memory; all of it.
    """
    if sum(bool(node["Alive"]) for node in ray.nodes()) < 2:
        return
    from sweeps.execution.checks.looking import PREFLIGHT_SECONDS
    from sweeps.execution.checks.nodes import alive, look_at

    nodes = alive()
    doing(f"looking at the cluster's {len(nodes)} nodes")
    subject = _subject(sweep, prepared, found, passwords)
    looked = look_at(nodes, subject, preflight=True, seconds=PREFLIGHT_SECONDS)
    mistakes = list(refusals(looked, has_begun, say))
    if mistakes:
        raise UserMistake(mistakes)


def refusals(
    looked: Sequence[LookedAt], has_begun: bool, say: Callable[[str], None]
) -> Iterator[Mistake]:
    """Every thing that is wrong, with the nodes on which it is; `say` hears the warnings."""
    from sweeps.execution.checks.check import Verdict, alike, named

    for nodes, finding in alike(looked):
        where = f"{_nodes(named(nodes, len(looked)))}, {finding.check}"
        mistake = Mistake(where, finding.found, finding.remedy)
        if finding.verdict == Verdict.WRONG and not (has_begun and finding.check == _GOES_ON):
            yield mistake
        elif finding.verdict != Verdict.OK:
            say(f"{replace(mistake, remedy='')} ({finding.remedy})")


def _nodes(names: str) -> str:
    return f"{names} nodes" if names.startswith("all ") else f"node {names}"


def _subject(
    sweep: Sweep, prepared: ResolvedInputs, found: Staff, passwords: Mapping[str, str]
) -> Subject:
    from sweeps.execution.checks.check import Subject
    from sweeps.spec.database import sqlite_path
    from xlt_core.memory import foreseen_bytes

    has_server = sqlite_path(sweep.tracking) is None  # a file is the driver's alone
    return Subject(
        store=sweep.store,
        tracking=sweep.tracking if has_server else "",
        source=prepared.source,
        cells=tuple(prepared.data),
        encoders=prepared.every_encoder,
        training_bytes=max(map(foreseen_bytes, prepared.every_encoder), default=0),
        device=found.device if sweep.execution.device != "cuda" else "cuda",
        memory=sweep.execution.most_memory,
        threads=sweep.execution.threads,
        share=found.shape.gpus,
        plugins=named_plugins(),
        passwords=passwords,
    )
