"""Where in a spec a mistake stems from that shows elsewhere: in an encoder, in data, in a store.

Whoever opens those knows them by their own names only; the file, line and field that named them
are put before what they say. `prepare` and the commands ask here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sweeps.spec.machine import places_mistake
from sweeps.spec.recipes import trains_on
from sweeps.spec.source_map import FieldPath
from sweeps.spec.sweep import Sweep
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plan import Member, Plan, Step


def stemming(mistakes: Iterable[Mistake], where: str) -> Iterator[Mistake]:
    """The mistakes as of the field at `where`; the place each had is part of what it says."""
    for mistake in mistakes:
        own = mistake.where.removeprefix("encoder: ")
        yield replace(mistake, where=where, what=f"{own}: {mistake.what}" if own else mistake.what)


@contextmanager
def blaming(where: str) -> Iterator[None]:
    """Let a mistake that is raised inside say which field of the spec it stems from.

    A place that cannot be one on this machine is a mistake too: a name that is too long, say.
    """
    try:
        yield
    except UserMistake as error:
        raise type(error)(stemming(error.mistakes, where)) from error
    except (OSError, RuntimeError) as error:
        if (mistake := places_mistake(error)) is None:
            raise
        raise UserMistake(stemming([mistake], where)) from error


def in_order(mistakes: Sequence[Mistake]) -> tuple[Mistake, ...]:
    """Each mistake once, by file and line, as one reads the files."""

    def line(mistake: Mistake) -> tuple[str, int]:
        found = re.match(r"(.*), line (\d+)", mistake.where)
        return (found[1], int(found[2])) if found else (mistake.where, 0)

    return tuple(sorted(dict.fromkeys(mistakes), key=line))


def trail_of_cell(sweep: Sweep, task: str, language: str, split: str) -> FieldPath:
    """The field by which a sweep comes to need a split of a task."""
    if split == "train":
        for trail, steps in _written_steps(sweep):
            if Member(task, language) in (member for step in steps for member in step.members):
                return trail
    return trail_of_target(sweep, task)


def trail_of_target(sweep: Sweep, task: str) -> FieldPath:
    """The field that names a target, or the first target that trains on `task`."""
    written = list(_written_targets(sweep.source.get("targets")))
    named = (trail for trail, name in written if name == task)
    trained = (trail for trail, name in written if task in trains_on(name))
    return next(named, None) or next(trained, ("targets",))


def _written_targets(value: object) -> Iterator[tuple[FieldPath, str]]:
    if isinstance(value, dict):
        yield from ((("targets", name), name) for name in value)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield ("targets", at), next(iter(one)) if isinstance(one, dict) else str(one)
    elif isinstance(value, str):
        yield ("targets",), value


def _written_steps(sweep: Sweep) -> Iterator[tuple[FieldPath, tuple[Step, ...]]]:
    section = sweep.source.get("intermediate")
    section = section if isinstance(section, dict) else {}
    for at, text in enumerate(section.get("tasks") or ()):
        yield ("intermediate", "tasks", at), (Step.parse(str(text)),)
    for at, text in enumerate(section.get("plans") or ()):
        yield ("intermediate", "plans", at), Plan.parse(str(text)).steps
