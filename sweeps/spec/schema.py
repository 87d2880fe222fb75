"""The shape of a spec: one pydantic model a section. Every field says what it is for.

Shapes and names are checked here, each value by itself; `check` looks at fields together, and
`defaults` fills in what is left out. Editors get the same models as a JSON schema (`spec_schema`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from sweeps.spec.amounts import MEMORY, read_gpus, read_memory
from sweeps.spec.methods import METHODS
from sweeps.spec.names import intermediate_names, known_task, target_names
from sweeps.spec.parsers import (
    read_counts,
    read_encoder,
    read_folder_or_word,
    read_languages,
    read_method,
    read_name,
    read_plan,
    read_seeds,
    read_split,
    read_step,
    read_target,
    read_targets,
)
from sweeps.spec.ranges import MOST, Rule, read_field, rules
from sweeps.spec.source_map import parse_value
from sweeps.spec.sweep import Execution, Objective, Range, Search
from xlt_core.stages import KINDS
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Step


def checked(read: Callable[[object], object]) -> BeforeValidator:
    """Use a reader that raises UserMistake as a validator; its mistakes reach `messages` whole."""

    def validate(value: object) -> object:
        try:
            return read(value)
        except UserMistake as error:
            raise PydanticCustomError("mistake", "{text}", {"text": error}) from None

    return BeforeValidator(validate)


DEFAULT_TRIALS = 50
DEFAULT_MOST = 3  # steps of a plan, where no count is given

Count = Annotated[StrictInt, Field(ge=1, le=MOST)]
Languages = Annotated[
    tuple[str, ...] | None,
    checked(read_languages),
    WithJsonSchema({"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}}]}),
]
Location = Annotated[StrictStr, Field(min_length=1)]


class Part(BaseModel):
    """A section of a spec: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TargetPart(Part):
    """A target task, once read."""

    task: str
    languages: tuple[str, ...] | None = None


_STEP = {"type": "string", "description": "A task, a mixture (qqp+squad), a language (panx[ru])."}


class IntermediatePart(Part):
    """Which plans there are."""

    tasks: list[Annotated[Step, checked(read_step), WithJsonSchema(_STEP)]] | None = Field(
        default=None,
        description="Tasks to choose from; mixtures as qqp+squad, languages as panx[ru].",
        examples=[["mnli", "qqp+squad", "panx[ru]"]],
    )
    count: Annotated[
        tuple[int, ...] | None,
        checked(read_counts),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string", "pattern": r"^\d+\.\.\d+$"},
                    {"type": "array", "items": {"type": "integer", "minimum": 0}},
                    {"type": "integer", "minimum": 0},
                ]
            }
        ),
    ] = Field(
        default=None,
        description=f"Steps of a plan; 0, the baseline, is always in. By default "
        f"0..{DEFAULT_MOST}, or as many as there are tasks.",
        examples=["0..2", [0, 3]],
    )
    order: Literal["any", "sorted", "given"] = Field(
        default="any",
        description="any order, one sorted order a set, or the listed one.",
        examples=["sorted"],
    )
    overlap: Literal["flag", "exclude"] = Field(
        default="flag",
        description="What becomes of tasks that share text with a target.",
        examples=["exclude"],
    )
    plans: list[Annotated[str, checked(read_plan), WithJsonSchema({"type": "string"})]] | None = (
        Field(
            None,
            description="Just these plans, as mnli > qqp+squad.",
            examples=[["mnli", "mnli > qqp+squad"]],
        )
    )


def _field_schema(rule: Rule) -> dict[str, object]:
    span = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    forms: dict[str, object] = {"choice": {"type": "array", "minItems": 1}}
    match rule.kind:
        case "whole":
            single: dict[str, object] = {
                "type": ["integer", "null"] if rule.optional else "integer"
            }
            forms["int"] = span
        case "number":
            single = {"type": ["number", "null"] if rule.optional else "number"}
            forms |= {"log": span, "float": span, "int": span}
        case "word":
            single = {"enum": list(rule.words)}
        case _:
            single = {"type": ["string", "array"]}
    ranges = [
        {"type": "object", "properties": {form: schema}, "required": [form]}
        | {"additionalProperties": False}
        for form, schema in forms.items()
    ]
    return {"description": rule.about, "anyOf": [single, *ranges]}


class RecipePart(Part):
    """How stages are trained; any number may be a range and is then searched."""


class RecipeLayers(Part):
    """Three layers of recipe fields; the later one wins."""

    train: RecipePart
    target: RecipePart
    tasks: dict[str, RecipePart]


class SearchPart(Part):
    """How plans are proposed."""

    method: Annotated[
        str, checked(read_method), WithJsonSchema({"type": "string", "examples": ["tpe", "grid"]})
    ] = Field(default=Search.method, description="grid, random, tpe, …", examples=["grid"])
    trials: Count | None = Field(
        default=None,
        description=f"Trials in all, the baseline among them; {DEFAULT_TRIALS} by default, of a "
        "grid all.",
        examples=[60],
    )
    seed: Annotated[StrictInt, Field(ge=0)] = Field(
        default=Search.seed,
        description="Seeds the sampler, together with the trial's number.",
        examples=[7],
    )
    window: Count | None = Field(
        default=None,
        description="Trial n sees results up to n - window; 4 × concurrency by default.",
        examples=[8],
    )
    asynchronous: bool = Field(
        default=Search.asynchronous,
        description="Never wait for a straggler; not reproducible.",
        examples=[True],
    )
    options: dict[str, object] = Field(
        default_factory=dict,
        description="Options of the method, by name.",
        examples=[{"n_startup_trials": 20}],
    )


class ObjectivePart(Part):
    """What selects."""

    split: Annotated[str, checked(read_split), WithJsonSchema({"const": "dev"})] = Field(
        default=Objective.split, description="Always dev: reports show test."
    )
    languages: Literal["english", "all"] = Field(
        default="english", description="english is the zero-shot protocol.", examples=["all"]
    )


def _by_kind(amount: dict[str, object]) -> dict[str, object]:
    """An amount, or one by kind of stage."""
    kinds = {
        "type": "object",
        "properties": dict.fromkeys(KINDS, amount),
        "additionalProperties": False,
    }
    return {"anyOf": [amount, kinds]}


class ExecutionPart(Part):
    """How work is carried out; none of it changes a result."""

    workers: Count | None = Field(
        default=Execution.workers,
        description="Stages at once; as many as there is room for by default, one a GPU. More "
        "share them evenly: eight of a base model on one GPU were six times as fast as one.",
        examples=[2],
    )
    threads: Count = Field(
        default=Execution.threads,
        description="Threads a worker. Another number adds up in another order: what is computed "
        "is the same but for rounding, which training can make as large as seeds are.",
        examples=[4],
    )
    concurrency: Count = Field(
        default=Execution.concurrency, description="Trials under way at once.", examples=[8]
    )
    max_attempts: Count = Field(
        default=Execution.max_attempts,
        description="Tries of a stage that a machine's fault ended; a full disk is waited for.",
        examples=[3],
    )
    retry_seconds: Annotated[float, Field(gt=0)] = Field(
        default=Execution.retry_seconds,
        description="First pause between tries; they grow.",
        examples=[10.0],
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto",
        description="Where to compute; auto takes GPUs where there are any. Rounds as `threads`.",
        examples=["cuda"],
    )
    micro_batch: Count | None = Field(
        default=Execution.micro_batch,
        description="Examples a forward pass holds at once. Rounds as `threads`.",
        examples=[8],
    )
    checkpoint_seconds: Annotated[float, Field(gt=0)] = Field(
        default=Execution.checkpoint_seconds,
        description="Seconds between checkpoints.",
        examples=[300.0],
    )
    gpus: Annotated[
        dict[str, float] | None,
        checked(read_gpus),
        WithJsonSchema(_by_kind({"type": "number", "minimum": 0, "maximum": 1})),
    ] = Field(
        default=None,
        description="GPUs a stage, or by its kind; with a part of one, several stages share it.",
        examples=[0.5, {"train": 1, "evaluate": 0.25}],
    )
    memory: Annotated[
        dict[str, float] | None,
        checked(read_memory),
        WithJsonSchema(_by_kind({"type": "string", "pattern": MEMORY})),
    ] = Field(
        default=None,
        description="Memory that Ray keeps for a worker, or by the kind of its stages.",
        examples=["8GB", {"train": "8GB", "evaluate": "4GB"}],
    )
    idle_seconds: Annotated[float, Field(gt=0)] = Field(
        default=Execution.idle_seconds,
        description="How long a worker without work stays: then its place is free, and its node "
        "may go.",
        examples=[60.0],
    )


_TARGETS_SCHEMA = {"type": "array", "items": {"type": ["string", "object"]}, "minItems": 1}


class Spec(Part):
    """A sweep, as written."""

    name: Annotated[str | None, checked(read_name), WithJsonSchema({"type": "string"})] = Field(
        default=None,
        description="Names the sweep and its folder; the file's name by default.",
        examples=["first"],
    )
    encoder: Annotated[
        str | Range,
        checked(read_encoder),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {
                        "type": "object",
                        "properties": {"choice": {"type": "array", "items": {"type": "string"}}},
                        "required": ["choice"],
                        "additionalProperties": False,
                    },
                ]
            }
        ),
    ] = Field(
        default="xlm-roberta-base",
        description="A hub id, a folder, or lab-tiny; a choice of several is searched.",
        examples=["xlm-roberta-large", {"choice": ["xlm-roberta-base", "mbert"]}],
    )
    data: Annotated[
        str,
        checked(read_folder_or_word),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "properties": {"folder": {"type": "string"}},
                        "required": ["folder"],
                        "additionalProperties": False,
                    },
                    {
                        "type": "object",
                        "properties": {"lab": {"type": "string"}},
                        "required": ["lab"],
                        "additionalProperties": False,
                    },
                ]
            }
        ),
    ] = Field(
        default="hub",
        description="hub, lab, {folder: path}, or {lab: world} (docs/lab.md).",
        examples=[{"folder": "data"}, {"lab": "seed=3,null"}],
    )
    intermediate: IntermediatePart | None = Field(
        default=None, description="Which plans there are."
    )
    targets: Annotated[
        list[Annotated[TargetPart, checked(read_target)]] | None,
        BeforeValidator(read_targets),
        WithJsonSchema(_TARGETS_SCHEMA),
    ] = Field(
        default=None,
        description="Targets: xnli, or udpos: [en, de].",
        examples=[["xnli", {"udpos": ["en", "de"]}]],
    )
    languages: Languages = Field(
        default=None,
        description="Languages of all targets; all by default.",
        examples=[["en", "sw"]],
    )
    seeds: Annotated[
        tuple[int, ...],
        checked(read_seeds),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "integer", "minimum": 1},
                    {"type": "array", "items": {"type": "integer", "minimum": 0}},
                ]
            }
        ),
    ] = Field(
        default=(0, 1, 2),
        description="A number of seeds, or a list of them.",
        examples=[5, [13, 42]],
    )
    recipe: RecipeLayers
    splits: list[Literal["dev", "test"]] = Field(
        default=["dev", "test"], description="Splits that are evaluated.", examples=[["dev"]]
    )
    search: SearchPart = Field(default=SearchPart(), description="How plans are proposed.")
    objective: ObjectivePart = Field(default=ObjectivePart(), description="What selects.")
    execution: ExecutionPart = Field(
        default=ExecutionPart(), description="How work is carried out."
    )
    store: Location | None = Field(
        default=None,
        description="Where stages lie: a path or URL; runs/stages by default.",
        examples=["s3://bucket/stages"],
    )
    tracking: Location | None = Field(
        default=None,
        description="MLflow's file, database or server; runs/mlflow.db by default.",
        examples=["http://localhost:5000"],
    )
    storage: Location | None = Field(
        default=None,
        description="Optuna's study, a file or database; runs/NAME/study.db by default.",
        examples=["postgresql://user@host/studies"],
    )


def _examples(rule: Rule) -> list[Any] | None:
    return [parse_value(rule.example)] if rule.example else None


def spec_model() -> type[Spec]:
    """`Spec` with the recipe fields there are: plug-ins may have brought training methods."""
    return _spec_model(tuple(rules().items()))


@cache
def _spec_model(known: tuple[tuple[str, Rule], ...]) -> type[Spec]:
    fields: dict[str, Any] = {
        name: (
            Annotated[Any, checked(partial(read_field, rule)), WithJsonSchema(_field_schema(rule))],
            Field(None, description=rule.about, examples=_examples(rule)),
        )
        for name, rule in known
    }
    part: type[RecipePart] = create_model(
        "RecipePart", __base__=RecipePart, __doc__=RecipePart.__doc__, **fields
    )
    task = Annotated[str, checked(lambda name: known_task(name).name)]
    about_tasks = "Fields for one task, whatever its role."
    layers: type[RecipeLayers] = create_model(
        "RecipeLayers",
        __base__=RecipeLayers,
        __doc__=RecipeLayers.__doc__,
        train=(part, Field(part(), description="Intermediate stages.")),
        target=(part, Field(part(), description="Training on the target.")),
        tasks=(dict[task, part], Field(default_factory=dict, description=about_tasks)),  # type: ignore[valid-type]
    )
    nothing = layers.model_validate({})
    recipe: Any = (layers, Field(nothing, description="How stages are trained."))
    return create_model("Spec", __base__=Spec, __doc__=Spec.__doc__, recipe=recipe)


def part_in(annotation: object) -> type[Part] | None:
    """The section that a field's annotation holds, if it holds one."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    inner = (part_in(argument) for argument in get_args(annotation))
    return next((part for part in inner if part is not None), None)


def spec_schema() -> dict[str, Any]:
    """The JSON schema of a spec, for editors: known tasks, methods and fields are completed."""
    schema = spec_model().model_json_schema()
    schema["title"] = "xlt spec"
    schema["required"] = ["intermediate", "targets"]
    schema["properties"] = {
        "extends": {
            "type": "string",
            "description": "The spec this one builds on.",
            "examples": ["base.yaml"],
        },
        **schema["properties"],
    }
    steps = {"anyOf": [{"enum": list(intermediate_names())}, _STEP]}
    tasks = schema["$defs"]["IntermediatePart"]["properties"]["tasks"]["anyOf"][0]
    tasks["items"] = steps
    by_name: dict[str, object] = {name: {} for name in target_names()}
    schema["properties"]["targets"]["items"] = {
        "anyOf": [
            {"enum": list(by_name)},
            {"type": "string"},
            {"type": "object", "properties": by_name, "maxProperties": 1},
        ]
    }
    schema["$defs"]["SearchPart"]["properties"]["method"]["enum"] = list(METHODS)
    return schema
