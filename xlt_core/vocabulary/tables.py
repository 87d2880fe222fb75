"""The tables that plug-ins add to, and what is wrong with a line of one.

A table is looked at where its module is imported: who has not imported it has added nothing. So
this stands below all of them, and no process opens a table to find it sound. What is wrong with a
member by what it says (a task's labels, …) whoever reads specs finds: `sweeps.spec.sound`.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xlt_core.vocabulary.errors import Mistake
from xlt_core.vocabulary.plugged import VARIABLE

_PROTOCOL = re.compile(r"[a-z][a-z0-9+.-]*")


@dataclass(frozen=True)
class MemberTable:
    """A table of members.

    Attributes:
        title: as mistakes name it; its first word is the variable's name.
        module: where it stands.
        member: the class of its members; or the protocol, or base class, that they are of.
        named: the attribute of a member that is its key; empty where none is.
        classes: whether its members are classes themselves.
        home: the module of `member`; empty where it stands beside the table.
    """

    title: str
    module: str
    member: str
    named: str = "name"
    classes: bool = False
    home: str = ""


TABLES = (
    MemberTable("LANGUAGES", "xlt_core.vocabulary.languages", "Language", "code"),
    MemberTable("TABLE of tasks", "xlt_core.tasks", "Task"),
    MemberTable("KINDS of tasks", "xlt_core.kinds", "TaskKind"),
    MemberTable("METRICS", "xlt_core.metrics", "Metric"),
    MemberTable("METHODS of training", "xlt_core.training.methods", "Method"),
    MemberTable("KINDS of stages", "xlt_core.stages", "Stage", "kind", classes=True),
    MemberTable(
        "LEARNERS", "xlt_core.models.learners", "Learner", "", True, "xlt_core.models.learner"
    ),
    MemberTable("METHODS of search", "sweeps.spec.methods", "SearchMethod", ""),
)


def wrong_lines() -> Iterator[Mistake]:
    """Lines that stages would stumble over, or under which they would publish another's results."""
    for table in TABLES:
        for key, member in _lines(table.module, table.title.partition(" ")[0]).items():
            yield from _wrong(table, key, member)
    stages = _lines("xlt_core.stages", "KINDS")
    for key, executor in _lines("xlt_core.work", "EXECUTORS").items():
        if key not in stages:
            what = f"EXECUTORS: the line {key!r} is of no kind of stage"
            remedy = f"write KINDS[{key!r}] = … in xlt_core.stages too: {', '.join(stages)}"
            yield Mistake(VARIABLE, what, remedy)
        yield from _not_called("EXECUTORS", key, executor)
    for key, how in _lines("xlt_core.models.pretrainings", "PRETRAININGS").items():
        yield from _not_called("PRETRAININGS", key, how)
    for key, backend in _lines("xlt_core.store.place", "BACKENDS").items():
        if not isinstance(key, str) or not _PROTOCOL.fullmatch(key):
            what = f"BACKENDS: the line {key!r} is not what a URL begins with"
            yield Mistake(VARIABLE, what, "write it as s3, in small letters, without ://")
        yield from _not_called("BACKENDS", key, backend)


def _lines(module: str, variable: str) -> Mapping[str, Any]:
    return getattr(sys.modules.get(module), variable, {})


def _not_called(title: str, key: object, member: object) -> Iterator[Mistake]:
    if not callable(member):
        what = f"{title}: the line {key!r} is no function, but {_what_it_is(member)}"
        yield Mistake(VARIABLE, what, "give it a function")


def _wrong(table: MemberTable, key: object, member: Any) -> Iterator[Mistake]:
    line = f"{table.title}: the line {key!r}"
    if problem := _not_one(table, member):
        yield Mistake(VARIABLE, f"{line} {problem}", f"see {table.module}, and its neighbours")
        return
    name = getattr(member, table.named) if table.named else key
    if name != key:
        word = table.title.partition(" ")[0]
        remedy = f"write {word}[{name!r}] = …, or name it {key!r}"
        yield Mistake(VARIABLE, f"{line} has a member that is called {name!r}", remedy)
    elif not isinstance(key, str):
        yield Mistake(VARIABLE, f"{line} is called by no text", "put it in quotes")
    version = getattr(member, "version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        what = f"{line} has version {version!r}, which is no whole number from 1"
        yield Mistake(VARIABLE, what, "write version 1, and raise it when numbers change")


def _not_one(table: MemberTable, member: Any) -> str:
    """How it is no member of the table; empty where it is."""
    # Where a line has a member, its class has been imported; else it is looked up now.
    wanted: Any = getattr(importlib.import_module(table.home or table.module), table.member)
    if isinstance(member, type) != table.classes:
        return f"is no {table.member}, but {_what_it_is(member)}"
    if getattr(wanted, "_is_protocol", False):
        asked = {*wanted.__annotations__, *(n for n in vars(wanted) if not n.startswith("_"))}
        own = member if isinstance(member, type) else type(member)
        lacking = sorted(n for n in asked if not hasattr(own, n) and n not in _own(member))
        kind = f"is no {table.member}, but {_what_it_is(member)}: it has no {', '.join(lacking)}"
        return kind if lacking else ""
    is_one = issubclass(member, wanted) if table.classes else isinstance(member, wanted)
    return "" if is_one else f"is no {table.member}, but {_what_it_is(member)}"


def _own(member: object) -> Mapping[str, object]:
    """What stands in the member itself; properties, which may import much, are not asked."""
    return getattr(member, "__dict__", {})


def _what_it_is(member: object) -> str:
    if isinstance(member, type):
        return f"the class {member.__name__} itself"
    if callable(member) and hasattr(member, "__name__"):
        return f"the function {member.__name__}"
    return f"a {type(member).__name__}"
