"""What can be known beforehand of a sweep and its encoder: whether recipes and heads fit.

Called by `prepare`, once the encoder was opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from sweeps.spec.check import every_step, trained_tasks
from sweeps.spec.recipes import (
    Origin,
    Origins,
    origins,
    recipe_for,
    step_origins,
    target_origins,
)
from sweeps.spec.stems import trail_of_target
from sweeps.spec.sweep import Range, Sweep, Value
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import Mistake

if TYPE_CHECKING:
    from xlt_core.models.limits import Limits


def too_long(sweep: Sweep, encoder: str, most_tokens: int | None) -> Iterator[Mistake]:
    """Every task that would be cut into sequences longer than the encoder has positions for."""
    if most_tokens is None:
        return
    for task, target in trained_tasks(sweep):
        longest = max(_lengths(sweep, task, target))
        if longest > most_tokens:
            what = f"{longest} tokens for {task}, {encoder} has {most_tokens} positions"
            remedy = f"set recipe.tasks.{target or task}.max_length: {most_tokens} or less"
            yield Mistake(_where(sweep, _origin(sweep, task, target, "max_length")), what, remedy)


def beyond_limits(sweep: Sweep, limits: Limits) -> Iterator[Mistake]:
    """Everything that a stage would ask of the encoder, and it could not do."""
    for stage in _stages(sweep):
        for where, parts in _values(sweep, stage.get("freeze")):
            for part in parts:
                yield from limits.on_freezing(part, where)
        for where, probability in _values(sweep, stage.get("attention_dropout")):
            yield from limits.on_dropping(probability, where)


def unservable(sweep: Sweep) -> Iterator[Mistake]:
    """Every target whose labels no head would have, once it has been trained for."""
    from xlt_core.kinds import get_kind
    from xlt_core.models.head_spec import HeadSpec, fitting_head

    for target in sweep.targets:
        task = get_task(target.task)
        last = get_task((task.training or (task.name,))[-1])
        heads = {last.name: HeadSpec(get_kind(last.kind), last.labels)} if task.training else {}
        if fitting_head(heads, task.name, HeadSpec(get_kind(task.kind), task.labels)) is None:
            asked = f"{task.kind} of {', '.join(task.labels) or 'no labels'}"
            what = (
                f"{task.name} is {asked}, and it trains on {last.name}, whose head cannot be that"
            )
            where = sweep.where(*trail_of_target(sweep, task.name))
            yield Mistake(where, what, "leave it out, or mend trains_on in the task's file")


def _stages(sweep: Sweep) -> Iterator[Origins]:
    """Where the recipe of each stage comes from that a plan may hold."""
    for step in every_step(sweep):
        yield step_origins(sweep, step)
    for target in sweep.targets:
        yield from target_origins(sweep, target.task).values()


def _values(sweep: Sweep, origin: Origin | None) -> Iterator[tuple[str, Any]]:
    """Every value that a field of a stage may have, ends of ranges for all between, and its place.

    None where no layer sets the field: it is then as the engine has it.
    """
    if origin is None:
        return
    searched = sweep.searched()
    where = _where(sweep, origin)
    for values in product(*(_ends(searched[path]) for path in origin.searched)):
        value = origin.value(dict(zip(origin.searched, values, strict=True)))
        yield where, value


def _origin(sweep: Sweep, task: str, target: str, field: str) -> Origin:
    role = "target" if target else "train"
    return origins(sweep, (task,), role, target or None).get(field) or Origin(field, ())


def _where(sweep: Sweep, origin: Origin) -> str:
    """The places in the spec that give a field its value; of a default, where it could be set."""
    written = [path for path, _ in origin.entries if path] or [f"recipe.{origin.field}"]
    return " and ".join(sweep.where(*path.split(".")) for path in written)


def _lengths(sweep: Sweep, task: str, target: str) -> Iterator[int]:
    """`max_length` of a task's stage, with every value it may be searched over."""
    searched = sweep.searched()
    fixed = {path: _ends(value)[0] for path, value in searched.items()}
    own = {path: _ends(value) for path, value in searched.items() if path.endswith(".max_length")}
    for values in product(*own.values()):
        settings = fixed | dict(zip(own, values, strict=True))
        role = "target" if target else "train"
        yield recipe_for(sweep, (task,), role, settings, target or None).max_length


def _ends(value: Range) -> tuple[Value, ...]:
    return value.choices if value.kind == "choice" else (value.low, value.high)
