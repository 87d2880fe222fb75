"""What has changed between a sweep that was started and a spec of the same name.

Only more of the same extends a sweep (trials, seeds, languages, targets, tasks); how work is
carried out may change freely; anything else would mix two questions in one study.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sweeps.spec.sweep import Intermediate, Range, Sweep, Target

SAME, EXTENSION, DIFFERENT = "same", "extension", "different"


@dataclass(frozen=True)
class Difference:
    """One field whose change is refused: its dotted name, the started sweep's value, the new."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    """What changed.

    Attributes:
        sweep: the sweep to go on with: the new one, with what the old one froze.
        more: what there is more of, in words.
        free: settings that changed and change no result, by dotted name.
        differences: changes that are refused.
        notes: sentences for people on what was kept and what it means.
    """

    sweep: Sweep
    more: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """`same`, `extension` or `different`."""
        if self.differences:
            return DIFFERENT
        return EXTENSION if self.more else SAME


def compare(
    old: Sweep,
    new: Sweep,
    old_identity: Mapping[str, Any] | None = None,
    new_identity: Mapping[str, Any] | None = None,
) -> Change:
    """Compare a started sweep with a spec of the same name.

    Args:
        old, new: the sweep as stored and as read now.
        old_identity, new_identity: `Prepared.identity()` of either, where known. With both, a
            moved folder is no change, and changed content is one.
    """
    new, notes = _with_frozen_window(old, new)
    more = [*_more(old, new)]
    differences = [
        *_plain(old, new, ("name", "storage")),
        *_contents(old, new, old_identity, new_identity),
        *_intermediate(old.intermediate, new.intermediate),
        *_fewer_targets(old, new),
        *_fewer("seeds", old.seeds, new.seeds),
        *_fewer("splits", old.splits, new.splits),
        *_recipes(old, new),
        *_search(old, new),
        *_values("objective", old.objective, new.objective),
    ]
    if _objective_changes(old, new):
        notes.append(
            "earlier trials were told to the search over fewer targets, languages or seeds; "
            "their objective is not comparable with that of new ones"
        )
    return Change(new, tuple(more), tuple(_free(old, new)), tuple(differences), tuple(notes))


def _with_frozen_window(old: Sweep, new: Sweep) -> tuple[Sweep, list[str]]:
    """A window nobody wrote down stays what it was, whatever the concurrency is now."""
    search = new.source.get("search")
    written = isinstance(search, Mapping) and search.get("window") is not None
    if written or new.search.window == old.search.window:
        return new, []
    note = (
        f"search.window stays {old.search.window}, as when the sweep began, "
        "so that it proposes the same trials"
    )
    return replace(new, search=replace(new.search, window=old.search.window)), [note]


def _more(old: Sweep, new: Sweep) -> Iterator[str]:
    if _limit(new.search.trials) > _limit(old.search.trials):
        yield f"trials: {_shown(old.search.trials)} → {_shown(new.search.trials)}"
    yield from _added("seeds", old.seeds, new.seeds)
    yield from _added("splits", old.splits, new.splits)
    yield from _added("intermediate tasks", old.intermediate.tasks, new.intermediate.tasks)
    yield from _added("counts", old.intermediate.counts, new.intermediate.counts)
    yield from _added("plans", old.intermediate.plans, new.intermediate.plans)
    before = {target.task: target for target in old.targets}
    yield from _added("targets", tuple(before), tuple(target.task for target in new.targets))
    for target in new.targets:
        known = before.get(target.task)
        if known is not None and known.languages != target.languages:
            if target.languages is None:
                yield f"languages of {target.task}: all"
            elif known.languages is not None:
                yield from _added(f"languages of {target.task}", known.languages, target.languages)


def _added(what: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[str]:
    added = [str(item) for item in new if item not in old]
    if added:
        yield f"{what}: {' '.join(added)}"


def _free(old: Sweep, new: Sweep) -> Iterator[str]:
    for name in ("store", "tracking"):
        if getattr(old, name) != getattr(new, name):
            yield name
    for field in fields(old.execution):
        if getattr(old.execution, field.name) != getattr(new.execution, field.name):
            yield f"execution.{field.name}"


def _plain(old: Sweep, new: Sweep, names: Sequence[str]) -> Iterator[Difference]:
    for name in names:
        yield from _one(name, getattr(old, name), getattr(new, name))


def _contents(
    old: Sweep,
    new: Sweep,
    old_identity: Mapping[str, Any] | None,
    new_identity: Mapping[str, Any] | None,
) -> Iterator[Difference]:
    if old_identity is None or new_identity is None:
        yield from _plain(old, new, ("encoder", "data"))
        return
    is_same_commit = None is not old_identity.get("commit") == new_identity.get("commit")
    if old_identity["encoder"] != new_identity["encoder"] and not is_same_commit:
        yield Difference(
            "encoder",
            *_contents_shown(
                old.encoder, old_identity["encoder"], new.encoder, new_identity["encoder"]
            ),
        )
    before, now = old_identity["data"], new_identity["data"]
    for cell in sorted(before.keys() & now.keys()):
        if before[cell] != now[cell]:
            yield Difference(f"data of {cell}", f"content {before[cell][:12]}", f"{now[cell][:12]}")


def _contents_shown(old: str, old_print: str, new: str, new_print: str) -> tuple[str, str]:
    return f"{old} ({old_print[:12]})", f"{new} ({new_print[:12]})"


def _intermediate(old: Intermediate, new: Intermediate) -> Iterator[Difference]:
    yield from _one("intermediate.order", old.order, new.order)
    yield from _one("intermediate.overlap", old.overlap, new.overlap)
    yield from _fewer("intermediate.count", old.counts, new.counts)
    if bool(old.plans) != bool(new.plans):
        yield Difference("intermediate.plans", _shown(old.plans), _shown(new.plans))
        return
    yield from _fewer("intermediate.plans", old.plans, new.plans)
    yield from _fewer("intermediate.tasks", old.tasks, new.tasks)
    kept = tuple(step for step in new.tasks if step in old.tasks)
    if old.order == "given" and set(kept) == set(old.tasks) and kept != old.tasks:
        yield Difference("intermediate.tasks", _shown(old.tasks), _shown(new.tasks))


def _fewer_targets(old: Sweep, new: Sweep) -> Iterator[Difference]:
    now = {target.task: target for target in new.targets}
    gone = [target.task for target in old.targets if target.task not in now]
    if gone:
        yield Difference("targets", _names(old.targets), _names(new.targets))
    for target in old.targets:
        after = now.get(target.task)
        if after is None or after.languages is None:
            continue
        if target.languages is None or set(target.languages) - set(after.languages):
            name = f"languages of {target.task}"
            yield Difference(name, _languages(target), _languages(after))


def _fewer(name: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Difference]:
    if any(item not in new for item in old):
        yield Difference(name, _shown(old), _shown(new))


def _recipes(old: Sweep, new: Sweep) -> Iterator[Difference]:
    before, now = _flat(old), _flat(new)
    tasks = {member.task for step in old.intermediate.tasks for member in step.members}
    tasks |= {target.task for target in old.targets}
    for name in sorted(before.keys() | now.keys()):
        parts = name.split(".")
        is_of_new_task = parts[1] == "tasks" and parts[2] not in tasks and name not in before
        if not is_of_new_task:
            yield from _one(name, before.get(name, _UNSET), now.get(name, _UNSET))


def _flat(sweep: Sweep) -> dict[str, Any]:
    layers = {f"recipe.{n}": sweep.recipe.get(n, {}) for n in ("train", "target")}
    layers |= {f"recipe.tasks.{n}": part for n, part in sweep.recipe.get("tasks", {}).items()}
    return {f"{layer}.{n}": value for layer, part in layers.items() for n, value in part.items()}


def _search(old: Sweep, new: Sweep) -> Iterator[Difference]:
    for name in ("method", "seed", "window", "asynchronous"):
        yield from _one(f"search.{name}", getattr(old.search, name), getattr(new.search, name))
    yield from _one("search.options", dict(old.search.options), dict(new.search.options))
    if _limit(new.search.trials) < _limit(old.search.trials):
        yield Difference("search.trials", _shown(old.search.trials), _shown(new.search.trials))


def _values(name: str, old: Any, new: Any) -> Iterator[Difference]:
    for field in fields(old):
        yield from _one(f"{name}.{field.name}", getattr(old, field.name), getattr(new, field.name))


def _objective_changes(old: Sweep, new: Sweep) -> bool:
    if old.seeds != new.seeds or len(new.targets) > len(old.targets):
        return True
    return new.objective.languages == "all" and old.targets != new.targets


def _one(name: str, old: Any, new: Any) -> Iterator[Difference]:
    if old != new:
        yield Difference(name, _shown(old), _shown(new))


_UNSET = object()


def _limit(trials: int | None) -> float:
    return float("inf") if trials is None else trials


def _shown(value: Any) -> str:
    """A value as it stands in a spec."""
    if value is _UNSET:
        return "(not set)"
    if value is None:
        return "(all)"
    if isinstance(value, Range):
        ends = value.choices if value.kind == "choice" else (value.low, value.high)
        return f"{{{value.kind}: {_shown(ends)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(item) for item in value)}]"
    return str(value)


def _names(targets: Sequence[Target]) -> str:
    return _shown([target.task for target in targets])


def _languages(target: Target) -> str:
    return "all" if target.languages is None else " ".join(target.languages)
