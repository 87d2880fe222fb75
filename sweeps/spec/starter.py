"""A spec to start from, as text: what was asked for, and further fields at their defaults.

Every line has what it is for above it. A field that stands at its default is commented out, as
`#order: any`; taking the # away changes nothing yet. What fields mean and their defaults are read
off `fields`, so that nothing is said here a second time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sweeps.spec.fields import Field, as_written, every_field
from sweeps.spec.schema import DEFAULT_MOST, DEFAULT_TRIALS

# What is written, in this order, and what of a section is worth a line from the start.
_ACTIVE = (
    "name",
    "encoder",
    "data",
    "intermediate",
    "intermediate.tasks",
    "intermediate.count",
    "targets",
    "seeds",
    "search",
    "search.method",
    "search.trials",
)
_AT_THEIR_DEFAULTS = (
    "intermediate.order",
    "intermediate.overlap",
    "recipe",
    "recipe.train",
    "recipe.train.epochs",
    "recipe.train.batch_size",
    "recipe.train.learning_rate",
    "recipe.target",
    "recipe.target.epochs",
    "recipe.target.batch_size",
    "recipe.target.learning_rate",
    "splits",
    "search.seed",
    "objective",
    "objective.languages",
    "execution",
    "execution.concurrency",
    "execution.device",
    "execution.checkpoint_seconds",
)
_HEAD = """\
# Which of {tasks} pay before {targets}?
# `xlt plan {name}.yaml` says what would be done, `xlt run {name}.yaml` does it.
# Lines as #order: any stand at their defaults: take the # away to change them. A recipe's default
# is the task's own, where it has one (`xlt tasks --json`). `xlt fields` lists every field.
"""


@dataclass(frozen=True)
class Wish:
    """What a spec is started with, each checked.

    Attributes:
        name: the sweep's, and its file's without the ending.
        data: `hub`, `lab` or a folder; None for the default, and so of `encoder`.
        schema: the file of the JSON schema that editors are told of; empty for none.
    """

    name: str
    targets: Sequence[str]
    tasks: Sequence[str]
    data: str | None = None
    encoder: str | None = None
    schema: str = ""

    def values(self) -> Iterator[tuple[str, object]]:
        """What it says of fields, by their paths."""
        most = min(DEFAULT_MOST, len(self.tasks))
        plans = sum(math.perm(len(self.tasks), count) for count in range(most + 1))
        yield "name", self.name
        yield "intermediate.tasks", list(self.tasks)
        yield "intermediate.count", f"0..{most}"
        yield "targets", list(self.targets)
        yield "search.trials", min(DEFAULT_TRIALS, plans)
        if self.encoder is not None:
            yield "encoder", self.encoder
        if self.data is not None:
            yield "data", self.data if self.data in ("hub", "lab") else {"folder": self.data}


def starter(wish: Wish) -> str:
    """The text of the spec."""
    told = {path: as_written(value) for path, value in wish.values()}
    first = f"# yaml-language-server: $schema={wish.schema}\n" if wish.schema else ""
    tasks, targets = ", ".join(wish.tasks), ", ".join(wish.targets)
    head = _HEAD.format(name=wish.name, tasks=tasks, targets=targets)
    shown = (one for one in every_field() if one.path in (*_ACTIVE, *_AT_THEIR_DEFAULTS))
    return (
        "\n".join([first + head.rstrip(), *(line for one in shown for line in _lines(one, told))])
        + "\n"
    )


def _lines(field: Field, told: Mapping[str, str]) -> Iterator[str]:
    *above, name = field.path.split(".")
    indent = "  " * len(above)
    if not above:
        yield ""
    yield f"{indent}# {field.about}"
    off = "" if field.path in _ACTIVE else "#"
    yield f"{indent}{off}{name}: {told.get(field.path, field.default)}".rstrip()
