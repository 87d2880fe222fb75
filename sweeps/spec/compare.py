"""What has changed between a sweep that was started and a spec of the same name.

Only more of the same extends a sweep (trials, seeds, languages, targets, tasks); how work is
carried out may change freely; anything else would mix two questions in one study. What counts is
what would be computed, not the words it is said in (`computed`).

How a field is judged stands beside it in `sweep`; `side_by_side` walks over all there are. What
needs more than a word is judged APART, by a function that `compare` calls: encoder and data, what
plans there are, targets, recipes. It also keeps a window that nobody wrote, and the old order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sweeps.spec.differences import (
    Difference,
    fewer_data,
    left_out,
    more_data,
    new_numerics,
    other_data,
    other_metrics,
    other_natures,
    other_recipes,
    shown,
)
from sweeps.spec.side_by_side import added, is_less, side_by_side
from sweeps.spec.stems import trail_of_target
from sweeps.spec.sweep import Intermediate, Sweep, Target

T = TypeVar("T")

SAME, EXTENSION, DIFFERENT = "same", "extension", "different"


@dataclass(frozen=True)
class Change:
    """What changed.

    Attributes:
        sweep: the sweep to go on with: the new one, with what the old one froze.
        more: what there is more of, in words.
        free: settings that changed and change no result, by dotted name.
        rounds: those that change how results are rounded.
        differences: changes that are refused.
        notes: sentences for people on what was kept and what it means.
        numerics: those among them that say which parts compute other numbers now.
    """

    sweep: Sweep
    more: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    numerics: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """`same`, `extension` or `different`."""
        if self.differences:
            return DIFFERENT
        return EXTENSION if self.more else SAME


def compare(
    old: Sweep,
    new: Sweep,
    old_identity: Mapping[str, object] | None = None,
    new_identity: Mapping[str, object] | None = None,
) -> Change:
    """Compare a started sweep with a spec of the same name.

    Args:
        old, new: the sweep as stored and as read now.
        old_identity, new_identity: `ResolvedInputs.identity()` or `computed` of either, where
            known. With both, a moved folder is no change, and changed content is one. Recipes that
            the old one records are held against the new ones, whatever today's defaults are.
    """
    new, notes = _with_frozen_window(old, new)
    new = _in_old_order(old, new)
    both = [*side_by_side(old, new)]
    more = [*(text for each in both for text in each.more()), *_more(old, new)]
    differences = [
        *(found for each in both for found in each.refused()),
        *other_data(old, new, old_identity, new_identity),
        *_other_plans(old.intermediate, new.intermediate),
        *left_out(old, new),
        *_fewer_targets(old, new),
        *other_recipes(old, new, old_identity or {}),
    ]
    numerics = tuple(new_numerics(old_identity or {}, new_identity or {}))
    if old_identity is not None and new_identity is not None:
        more += [] if more else more_data(old_identity, new_identity)
        differences += [] if differences else fewer_data(old_identity, new_identity)
        differences += other_metrics(old_identity, new_identity)
        differences += other_natures(new, old_identity, new_identity)
        notes += numerics
    if _objective_changes(old, new):
        notes.append(
            "earlier trials were told to the search over fewer targets, languages or seeds; "
            "their objective is not comparable with that of new ones"
        )
    free = tuple(each.path for each in both if each.is_free)
    rounds = tuple(each.path for each in both if each.rounds)
    return Change(new, tuple(more), free, rounds, tuple(differences), tuple(notes), numerics)


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


def _in_old_order(old: Sweep, new: Sweep) -> Sweep:
    """What was there stays in its order, which proposals depend on; what is new comes after it."""
    part = new.intermediate
    if part.order != "given":
        tasks = _kept_first(old.intermediate.tasks, part.tasks)
        plans = _kept_first(old.intermediate.plans, part.plans)
        part = replace(part, tasks=tasks, plans=plans)
    names = [target.task for target in old.targets]
    targets = sorted(new.targets, key=lambda t: _place(names, t.task))
    seeds = _kept_first(old.seeds, new.seeds)
    return replace(new, intermediate=part, targets=tuple(targets), seeds=seeds)


def _kept_first(old: Sequence[T], new: Sequence[T]) -> tuple[T, ...]:
    return tuple(sorted(new, key=lambda item: _place(old, item)))


def _place(old: Sequence[object], item: object) -> int:
    return old.index(item) if item in old else len(old)


def _more(old: Sweep, new: Sweep) -> Iterator[str]:
    yield from added("more intermediate tasks", old.intermediate.tasks, new.intermediate.tasks)
    yield from added("more counts", old.intermediate.counts, new.intermediate.counts)
    yield from added("more plans", old.intermediate.plans, new.intermediate.plans)
    before = {target.task: target for target in old.targets}
    yield from added("more targets", tuple(before), tuple(target.task for target in new.targets))
    for target in new.targets:
        known = before.get(target.task)
        if known is not None and known.languages != target.languages:
            if target.languages is None:
                yield f"languages of {target.task}: all"
            elif known.languages is not None:
                what = f"more languages of {target.task}"
                yield from added(what, known.languages, target.languages)


def _other_plans(old: Intermediate, new: Intermediate) -> Iterator[Difference]:
    yield from _fewer("intermediate.count", old.counts, new.counts)
    if bool(old.plans) != bool(new.plans):
        yield Difference("intermediate.plans", shown(old.plans), shown(new.plans))
        return
    yield from _fewer("intermediate.plans", old.plans, new.plans)
    yield from _fewer("intermediate.tasks", old.tasks, new.tasks)
    kept = tuple(step for step in new.tasks if step in old.tasks)
    if old.order == "given" and set(kept) == set(old.tasks) and kept != old.tasks:
        yield Difference("intermediate.tasks", shown(old.tasks), shown(new.tasks))


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
            trail = trail_of_target(new, target.task)
            yield Difference(name, _languages(target), _languages(after), trail)


def _fewer(name: str, old: Sequence[object], new: Sequence[object]) -> Iterator[Difference]:
    if is_less(old, new):
        yield Difference(name, shown(old), shown(new))


def _objective_changes(old: Sweep, new: Sweep) -> bool:
    if old.seeds != new.seeds or len(new.targets) > len(old.targets):
        return True
    return new.objective.languages == "all" and old.targets != new.targets


def _names(targets: Sequence[Target]) -> str:
    return shown([target.task for target in targets])


def _languages(target: Target) -> str:
    return "all" if target.languages is None else " ".join(target.languages)
