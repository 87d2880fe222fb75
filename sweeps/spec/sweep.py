"""A sweep as frozen values: what a checked spec says, defaults filled in.

`sweeps.spec.read` makes these from YAML; nobody checks them again. Beside a field stands how a
change of it is judged where a sweep has begun (`judged`); without a word, any is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from sweeps.spec.judged import APART, BESIDE, FREE, MAY_GROW, ROUNDS
from sweeps.spec.source_map import Document, FieldPath, SourceLocation, dotted
from xlt_core.vocabulary.plan import Step

# What one field of a spec may hold, shaped: a word, a number, null, or the parts to `freeze`.
Value: TypeAlias = str | int | float | bool | tuple[str, ...] | None
# A trial's searched fields, by dotted path.
Settings: TypeAlias = Mapping[str, Value]
# Recipe fields, values or Ranges, by layer and name; in `tasks`, by task and name.
Layers: TypeAlias = Mapping[str, Mapping[str, Any]]
# An amount by kind of stage, or of `EVERY_KIND`.
ByKind: TypeAlias = Mapping[str, float]
EVERY_KIND = "all"


@dataclass(frozen=True)
class Range:
    """A searched value.

    Attributes:
        kind: `log` or `float` (low, high), `int` (low, high inclusive) or `choice` (values).
    """

    kind: str
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Value, ...] = ()

    @property
    def opening(self) -> Value:
        """The value trial 0 has: the first choice, the middle of a range (geometric for `log`)."""
        match self.kind:
            case "choice":
                return self.choices[0]
            case "int":
                return (int(self.low) + int(self.high)) // 2
            case "log":
                return math.sqrt(self.low * self.high)
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Intermediate:
    """Which plans there are: steps to choose from, how many, in what order.

    Attributes:
        counts: allowed plan lengths, ascending; 0 is the baseline, which is always in.
        order: `any` (every order is a plan), `sorted` (one order a set) or `given` (listed order).
        overlap: `flag` or `exclude` plans whose tasks share text with a target.
        plans: explicit plans as texts; where given, the space is just these.
    """

    tasks: Annotated[tuple[Step, ...], APART]
    counts: Annotated[tuple[int, ...], APART]
    order: str = "any"
    overlap: str = "flag"
    plans: Annotated[tuple[str, ...], APART] = ()


@dataclass(frozen=True)
class Target:
    """A target task and the languages it is scored in (None: all that have data)."""

    task: str
    languages: tuple[str, ...] | None = None

    def asks(self, language: str) -> bool:
        """Whether it is one of them; English may be scored beside them, to select by alone."""
        return self.languages is None or language in self.languages


@dataclass(frozen=True)
class Search:
    """How plans are proposed.

    Attributes:
        method: a name in the table of `sweeps.search`.
        trials: trials in all, the baseline among them; None for the whole space (grid).
        seed: seeds the sampler together with the trial's number.
        window: trial n sees the results of trials up to n - window (DESIGN §3).
        asynchronous: see whatever results are there instead; not reproducible, never waits.
    """

    method: str = "tpe"
    trials: Annotated[int | None, MAY_GROW] = None
    seed: int = 0
    window: int = 16
    asynchronous: bool = False
    options: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Objective:
    """What selects: a split (never the one reported) and `english` or `all` languages."""

    split: str = "dev"
    languages: str = "english"


@dataclass(frozen=True)
class Execution:
    """How work is carried out; changing it changes no result, but some of it how one is rounded.

    What is rounded otherwise training makes as different as another seed does, now and then.

    Attributes:
        workers: stages at once; None for as many as the cluster has room for.
        threads: torch threads a worker. They, the device and micro-batches say in which order
            numbers are added up.
        gpus: of a stage, from 0 to 1; a kind that is not named has what is usual (`resources`).
        memory: of a worker, in bytes; a kind that is not named asks for none.
        idle_seconds: how long a worker stays for which there is no work.
        concurrency: trials under way at once.
        max_attempts: tries of a stage that a machine's fault ended, and of starting a worker.
        retry_seconds: pause before the second try; each next one is three times as long, up to
            a minute.
    """

    workers: int | None = None
    threads: Annotated[int, ROUNDS] = 1
    concurrency: int = 4
    max_attempts: int = 5
    retry_seconds: float = 2.0
    device: Annotated[str, ROUNDS] = "auto"
    micro_batch: Annotated[int | None, ROUNDS] = None
    checkpoint_seconds: float = 60.0
    gpus: ByKind | None = field(default=None, hash=False)
    memory: ByKind | None = field(default=None, hash=False)
    idle_seconds: float = 300.0

    def gpus_of(self, kind: str) -> float | None:
        """GPUs of a stage of this kind; None where nothing is said of it."""
        return _amount(self.gpus, kind)

    @property
    def most_memory(self) -> int:
        """Bytes that the largest worker asks for."""
        return int(max(self.memory.values(), default=0)) if self.memory else 0

    def memory_of(self, kind: str) -> int:
        """Bytes that a worker asks for, for stages of this kind."""
        return int(_amount(self.memory, kind) or 0)


def _amount(said: ByKind | None, kind: str) -> float | None:
    """What is said of a kind; where nothing is and it trains, of training; else of every kind."""
    from xlt_core.stages import KINDS, TrainStage

    if said is None:
        return None
    alike = TrainStage.kind if kind in KINDS and KINDS[kind].trains else kind
    return said.get(kind, said.get(alike, said.get(EVERY_KIND)))


@dataclass(frozen=True)
class Sweep:
    """A whole sweep.

    Attributes:
        encoder: a hub id, a folder or `lab-tiny`; a Range of them is searched, as `encoder`.
        data: `hub`, `lab`, `lab:<world>`, or a folder's absolute path.
        recipe: three layers of recipe fields by name, values or Ranges:
            `train` (intermediate stages), `target` (target training), `tasks` (task → fields).
            A Range makes the field searched under its dotted path (`recipe.train.learning_rate`).
        splits: splits that are evaluated, `dev` and `test`.
        store, tracking, storage: URLs or paths; see DESIGN §3.
        source: the spec as merged data (after `extends` and `--set`), for the record.
        places: where each value of `source` was written; no part of what the sweep is.
    """

    name: str
    encoder: Annotated[str | Range, APART]
    data: Annotated[str, APART]
    intermediate: Intermediate
    targets: Annotated[tuple[Target, ...], APART]
    seeds: Annotated[tuple[int, ...], MAY_GROW]
    recipe: Annotated[Layers, APART] = field(hash=False)
    search: Search = Search()
    objective: Objective = Objective()
    execution: Annotated[Execution, FREE] = Execution()
    splits: Annotated[tuple[str, ...], MAY_GROW] = ("dev", "test")
    store: Annotated[str, FREE] = ""
    tracking: Annotated[str, FREE] = ""
    storage: str = ""
    source: Annotated[Mapping[str, object], BESIDE] = field(default_factory=dict, hash=False)
    places: Annotated[Mapping[FieldPath, SourceLocation], BESIDE] = field(
        default_factory=dict, compare=False, repr=False
    )

    def where(self, *trail: str | int) -> str:
        """File, line and dotted name of a field, as mistakes show them; else its name alone."""
        if () not in self.places:
            return dotted(trail)
        return Document({}, dict(self.places)).where(trail)

    @property
    def encoders(self) -> tuple[str, ...]:
        """Every encoder there is to train, the baseline's first."""
        if isinstance(self.encoder, str):
            return (self.encoder,)
        return tuple(str(name) for name in self.encoder.choices)

    def searched(self) -> dict[str, Range]:
        """Every searched field by its dotted path, sorted: recipe fields, and the encoder."""
        found: dict[str, Range] = {}
        if isinstance(self.encoder, Range):
            found["encoder"] = self.encoder
        for layer in ("train", "target"):
            for name, value in self.recipe.get(layer, {}).items():
                if isinstance(value, Range):
                    found[f"recipe.{layer}.{name}"] = value
        for task, fields in self.recipe.get("tasks", {}).items():
            for name, value in fields.items():
                if isinstance(value, Range):
                    found[f"recipe.tasks.{task}.{name}"] = value
        return dict(sorted(found.items()))
