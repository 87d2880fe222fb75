"""A model's card: what it is, how it was made and what it scored, as its folder's README.md.

It says what the study and the store say, and nothing that nobody knows: a licence above all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import yaml

from sweeps.results.settings import whole
from sweeps.statistics.points import signed
from xlt_core.kinds import get_kind
from xlt_core.stages import lineage
from xlt_core.stages.evaluate import Reading
from xlt_core.tasks import get_task, overlap
from xlt_core.vocabulary.languages import get_language

if TYPE_CHECKING:
    from sweeps.results.models import ModelOfTrial, ModelScore
    from xlt_core.kinds.auto_class import AutoClass
    from xlt_core.stages import Stage

_LICENCE = """\
Nobody has stated one for these weights. They come of the encoder and the data named above, whose
own terms hold; look them up before you pass the weights on."""

_PLACES = ("store", "storage", "tracking", "execution")


def card(
    model: ModelOfTrial,
    scores: Sequence[ModelScore],
    auto: AutoClass,
    command: str,
    version: str,
) -> str:
    """The card as Markdown, with the hub's metadata before it.

    Args:
        command: which writes the model again.
        version: of xlt.
    """
    plan = model.trial.plan
    before = "without intermediate tasks" if plan.is_baseline else f"after {plan}"
    parts = [
        f"---\n{yaml.safe_dump(_metadata(model, auto), sort_keys=False, allow_unicode=True)}---",
        f"# {model.path.target} {before}, seed {model.path.seed}",
        _summary(model),
        "## Use\n\n" + _use(model, auto),
        "## Scores\n\n" + "\n".join(_scores(model, scores)),
        "## Training\n\n" + "\n".join(_training(model)),
        f"## Licence\n\n{_LICENCE}",
        "## Made by\n\n" + _made(model, command, version),
    ]
    return "\n\n".join(parts) + "\n"


def _metadata(model: ModelOfTrial, auto: AutoClass) -> dict[str, object]:
    encoder = model.path.trained.encoder
    found: dict[str, object] = {"library_name": "transformers", "pipeline_tag": auto.does}
    if encoder.revision is not None:  # else a folder here, which means nothing elsewhere
        found["base_model"] = encoder.location
    return {**found, "tags": ["xlt"]}


def _summary(model: ModelOfTrial) -> str:
    encoder = model.path.trained.encoder
    commit = f" at commit {encoder.revision}" if encoder.revision else ""
    which = "the baseline that trial {0} brought along" if model.beside else "trial {0}"
    lines = [
        f"* Plan: `{model.trial.plan}`, then the target `{model.path.target}`",
        f"* Encoder: `{encoder.name}`{commit} (content {encoder.fingerprint[:12]})",
        f"* Sweep: `{model.sweep.name}`, {which.format(model.trial.number)}",
        f"* Chosen: {model.chosen or 'by its number'}",
    ]
    if labels := get_task(model.path.target).labels:
        lines.append(f"* Labels: {', '.join(f'`{label}`' for label in labels)}")
    lines += [f"* **Overlap**: {sentence}" for sentence in _overlaps(model)]
    if model.settings:
        lines.append(f"* Searched settings: `{whole(model.settings)}`")
    return "\n".join(lines)


def _overlaps(model: ModelOfTrial) -> Iterator[str]:
    """What the plan's tasks share with the target, a sentence each."""
    target = model.path.target
    trained = {member.task for step in model.trial.plan.steps for member in step.members}
    for task in sorted(trained):
        if (reason := overlap(task, target)) is not None:
            yield f"{task} → {target}: {reason}"


def _use(model: ModelOfTrial, auto: AutoClass) -> str:
    reading = _reading(model)
    has_windows = get_kind(get_task(model.path.target).kind).has_windows
    windows = f" (windows share {reading.stride})" if has_windows else ""
    return (
        f"```python\nfrom transformers import {auto.name}, AutoTokenizer\n\n"
        f"model = {auto.name}.from_pretrained(FOLDER)\n"
        "tokenizer = AutoTokenizer.from_pretrained(FOLDER)\n```\n\n"
        f"{auto.about} Scores are of at most {reading.max_length} tokens{windows}, computed in "
        f"{reading.precision}."
    )


def _reading(model: ModelOfTrial) -> Reading:
    evaluations = model.path.evaluations
    return evaluations[0].reading if evaluations else Reading.of(model.path.trained.recipe)


def _scores(model: ModelOfTrial, scores: Sequence[ModelScore]) -> Iterator[str]:
    if not scores:
        yield "None is in the store."
        return
    selects = model.sweep.objective.split
    yield (
        f"Percent, of this seed alone; n is the number of examples. The gain is over the same "
        f"training without intermediate tasks. Plans are chosen on {selects}: what is on it is no "
        "test of them."
    )
    yield ""
    yield "| split | language | family | metric | score | gain | n |"
    yield "|---|---|---|---|---:|---:|---:|"
    for one in scores:
        row = one.row
        gain = "not known" if row.gain is None else signed(row.gain)
        language = get_language(row.language)
        yield (
            f"| {row.split} | {language.name} ({row.language}) | {row.family} | {row.metric} "
            f"| {row.score:.2f} | {gain} | {one.examples:,} |"
        )


def _made(model: ModelOfTrial, command: str, version: str) -> str:
    """The sweep's spec without the places of its own machine, and the commands."""
    spec = {name: said for name, said in model.sweep.source.items() if name not in _PLACES}
    written = yaml.safe_dump(spec, sort_keys=False, allow_unicode=True)
    return (
        f"xlt {version}, from this spec:\n\n```yaml\n{written}```\n\n"
        f"```\nxlt run SPEC\n{command}\n```"
    )


def _training(model: ModelOfTrial) -> Iterator[str]:
    yield f"In this order, seed {model.path.seed}:"
    yield ""
    for number, stage in enumerate(lineage(model.path.trained), 1):
        yield f"{number}. {_stage(stage)}"


def _stage(stage: Stage) -> str:
    data = getattr(stage, "data", ())
    if not data:
        return f"{stage.title}: the encoder as it was pretrained, nothing is trained"
    rows = ", ".join(f"{ref.member} ({ref.rows:,} rows of train)" for ref in data)
    recipe = stage.described()["recipe"]
    assert isinstance(recipe, dict)
    said = ", ".join(f"{name} {value}" for name, value in recipe.items() if value not in (None, ()))
    return f"{rows}: {said}; stage `{stage.key[:12]}`"
