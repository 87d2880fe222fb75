"""Differences that lie in what would be computed: data, recipes, steps that may be proposed.

`compare` adds those of the spec's other fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sweeps.spec.computed import changed_fields, recipes_of, stages_of, written_differences
from sweeps.spec.overlaps import allowed_steps
from sweeps.spec.source_map import FieldPath
from sweeps.spec.stems import trail_of_cell
from sweeps.spec.sweep import Range, Sweep
from xlt_core.tasks import get_task, is_as_shipped
from xlt_core.vocabulary.errors import Mistake
from xlt_core.vocabulary.languages import ENGLISH

Identity = Mapping[str, Any]

_UNSET = object()


@dataclass(frozen=True)
class Difference:
    """One field whose change is refused: its dotted name, the started sweep's value, the new.

    Attributes:
        trail: the field of the spec it stems from, where that is not its name.
    """

    field: str
    old: str
    new: str
    trail: FieldPath = dataclasses.field(default=(), compare=False)

    def mistake(self, sweep: Sweep, now: str = "the spec says") -> Mistake:
        """What is said of it, in its place in the spec of `sweep`."""
        where = sweep.where(*(self.trail or self.field.split(".")))
        name = f"{self.field} " if self.trail else ""
        return Mistake(where, f"{name}began as {self.old}, {now} {self.new}")


def one(name: str, old: object, new: object) -> Iterator[Difference]:
    """The difference of a single value, where there is one."""
    if old != new:
        yield Difference(name, shown(old), shown(new))


def other_data(
    old: Sweep, new: Sweep, old_identity: Identity | None, new_identity: Identity | None
) -> Iterator[Difference]:
    """Encoder and data: by content where that is known of both, else by name."""
    if old_identity is None or new_identity is None:
        yield from one("encoder", old.encoder, new.encoder)
        yield from one("data", old.data, new.data)
        return
    is_same_commit = None is not old_identity.get("commit") == new_identity.get("commit")
    if old_identity["encoder"] != new_identity["encoder"] and not is_same_commit:
        ends = ((old.encoder, old_identity["encoder"]), (new.encoder, new_identity["encoder"]))
        then, after = (f"{shown(name)} ({print_[:12]})" for name, print_ in ends)
        yield Difference("encoder", then, after)
    elif old_identity.get("encoders") != new_identity.get("encoders"):
        yield Difference("encoder", shown(old.encoder), shown(new.encoder))
    before, now = old_identity["data"], new_identity["data"]
    for cell in sorted(before.keys() & now.keys()):
        if before[cell] != now[cell]:
            then, after = f"content {before[cell][:12]}", now[cell][:12]
            yield Difference(f"data of {cell}", then, after, ("data",))
    yield from _other_pools(before, now)


def _other_pools(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    """What rows are found among in all languages: with one more, every score is another."""
    for cell in sorted(now.keys() - before.keys()):
        task, _, split = cell.split("/")
        is_pool = any(one.all_languages and one.split == split for one in get_task(task).beside)
        if is_pool and any(known.split("/")[::2] == [task, split] for known in before):
            yield Difference(
                f"data of {cell}", "(not there)", f"content {now[cell][:12]}", ("data",)
            )


def more_data(old: Identity, new: Identity) -> Iterator[str]:
    """Data that are there now and that nobody asked for by name, as where languages are `all`."""
    cells = sorted(new["data"].keys() - old["data"].keys())
    if cells:
        yield f"data: {' '.join(cells)}"


def fewer_data(old: Identity, new: Identity) -> Iterator[Difference]:
    """Data that are there no longer."""
    for cell in sorted(old["data"].keys() - new["data"].keys()):
        yield Difference(
            f"data of {cell}", f"content {old['data'][cell][:12]}", "(gone)", ("data",)
        )


def other_metrics(old: Identity, new: Identity) -> Iterator[Difference]:
    """Targets that are scored in another way: their scores do not belong into one table."""
    before, now = old.get("metrics", {}), new.get("metrics", {})
    for task in sorted(before.keys() & now.keys()):
        if before[task] != now[task]:
            yield Difference(f"metric of {task}", before[task], now[task], ("targets",))


def other_natures(new: Sweep, before: Identity, now: Identity) -> Iterator[Difference]:
    """Tasks that ask something else of a model now: what was told to the search was of another.

    Of a task that xlt ships a raised version says so, which is no difference (`new_numerics`).
    """
    then, today = before.get("natures") or {}, now.get("natures") or {}
    versions = before.get("numerics") or {}
    for task in sorted(then.keys() & today.keys()):
        found = get_task(task)
        raised = found.version != versions.get(f"task {task}", found.version)
        if raised and is_as_shipped(found, scored=False):
            continue
        for attribute in sorted(then[task].keys() & today[task].keys()):
            ends = then[task][attribute], today[task][attribute]
            if ends[0] != ends[1]:
                trail = trail_of_cell(new, task, ENGLISH, "train")
                name = f"{attribute} of the task {task}"
                yield Difference(name, shown(ends[0]), shown(ends[1]), trail)


def new_numerics(old: Identity, new: Identity) -> Iterator[str]:
    """What to say of each part whose version is another: a task, a method, a kind of stage, …"""
    before, now = old.get("numerics") or {}, new.get("numerics") or {}
    for name in sorted(before.keys() & now.keys()):
        if before[name] != now[name]:
            yield (
                f"{name}: version {now[name]}, the sweep was computed with version {before[name]}: "
                "other numbers; its stages are computed again, the search keeps what it was told"
            )


def left_out(old: Sweep, new: Sweep) -> Iterator[Difference]:
    """A new target may make a step overlap; what may have been proposed must stay possible."""
    for step in sorted(allowed_steps(old) & {*new.intermediate.tasks} - allowed_steps(new)):
        targets = shown([target.task for target in new.targets])
        now = f"left out, because it shares text with one of the targets {targets}"
        yield Difference(f"intermediate task {step}", "may be proposed", now, ("targets",))


def other_recipes(old: Sweep, new: Sweep, old_identity: Identity) -> Iterator[Difference]:
    """Fields of stages that both have and that would be trained in another way now."""
    recorded, today = old_identity.get("recipes") or recipes_of(old), recipes_of(new)
    changed = list(changed_fields(recorded, today))
    found = [d for stage, name in changed for d in _written(old, new, stage, name)]
    yield from dict.fromkeys(found)
    if not found:  # nobody wrote it: another version has other defaults
        for stage, name in changed:
            ends = (recipes[stage].get(name) for recipes in (recorded, today))
            then, after = map(_default_shown, ends)
            yield Difference(f"{name} of {stage}", then, after, ("recipe",))


def _written(old: Sweep, new: Sweep, stage: str, name: str) -> Iterator[Difference]:
    """A field's difference by what was written and is now, each under its dotted path."""
    origins = (stages_of(sweep).get(stage, {}).get(name) for sweep in (old, new))
    before, now = _flat(old), _flat(new)
    for path in written_differences(*origins):
        yield from one(path, before.get(path, _UNSET), now.get(path, _UNSET))


def _flat(sweep: Sweep) -> dict[str, object]:
    layers = {f"recipe.{n}": sweep.recipe.get(n, {}) for n in ("train", "target")}
    layers |= {f"recipe.tasks.{n}": part for n, part in sweep.recipe.get("tasks", {}).items()}
    return {f"{layer}.{n}": value for layer, part in layers.items() for n, value in part.items()}


def _default_shown(value: object) -> str:
    return f"{'(not set)' if value is None else shown(value)} by default"


def shown(value: object) -> str:
    """A value as it stands in a spec."""
    if value is _UNSET:
        return "(not set)"
    if value is None:
        return "null"
    if isinstance(value, Range):
        ends = value.choices if value.kind == "choice" else (value.low, value.high)
        return f"{{{value.kind}: {shown(ends)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown(item) for item in value)}]"
    return str(value)
