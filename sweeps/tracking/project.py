"""From what is known to run records: pure, so that live tracking and `xlt sync` say the same.

A record of work under way has params and tags and, for a stage, its curve so far; means and
gains come with the end, all at the end's own time. Stages are in `stage_run`, means in `aggregate`,
metric names in `names`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sweeps.results.rows import ScoreRow
from sweeps.search.words import words_of
from sweeps.spec.selection import Selection
from sweeps.spec.sweep import Settings
from sweeps.tracking.aggregate import summaries
from sweeps.tracking.diff import ASKED_TAG
from sweeps.tracking.names import TAG_LENGTH, legal, metric_key
from sweeps.tracking.records import DataInput, MetricPoint, RunRecord
from sweeps.tracking.stage_run import stage_record
from sweeps.tracking.status import given, status_of, text_of

__all__ = ["Best", "listed", "stage_record", "sweep_record", "trial_record"]

SELECTED_ON_TARGETS = "selected on target languages"

# Grows when a sweep is extended; MLflow's params cannot change.
_EXTENDABLE = ("seeds", "targets", "search.trials", "intermediate.tasks", "execution")

Said = TypeVar("Said")


@dataclass(frozen=True)
class Best:
    """What the objective selects: a trial, or the baseline that it brought along."""

    number: int
    plan: str
    objective: float
    beside: bool = False

    def __str__(self) -> str:
        if self.beside:
            return f"{self.plan} beside trial {self.number}"
        return f"{self.number}: {self.plan}"


def trial_record(
    sweep_name: str,
    number: int,
    plan: str,
    settings: Settings,
    state: str,
    objective: float | None,
    scores: Iterable[ScoreRow],
    stage_keys: Sequence[str],
    started: float,
    ended: float | None = None,
    error: str = "",
    *,
    overlap: Iterable[str] = (),
    selection: Selection | None = None,
    facts: Mapping[str, str] | None = None,
    sweep_id: str = "",
    asked: int = 0,
) -> RunRecord:
    """The run of one trial.

    Args:
        plan: as `str(Plan)` writes it.
        settings: searched values by dotted path.
        state: Optuna's word or ours (running, complete, pruned, fail, killed, …).
        scores: every score of its seeds and targets, in any order.
        stage_keys: the stages it is made of, trained and evaluated, shared or not.
        overlap: what its tasks share with a target, one sentence each.
        selection: which targets chose the plan, and on what.
        facts: what a table groups by beside plan and count, such as `encoder`, `method`, `seeds`.
        sweep_id: the sweep's folder's.
        asked: how many scores the sweep asks of each trial now.

    Raises:
        ValueError: an unknown state.
    """
    status = status_of(state)
    ended = ended if status.ended else None
    if status.ended and ended is None:
        ended = started
    tags = {
        "xlt.plan": plan,
        "xlt.state": state.lower(),
        "xlt.stages": listed([key[:12] for key in stage_keys]),
        **_selection_tags(selection),
        **given({"xlt.overlap": "; ".join(overlap), "xlt.error": error}),
        **_asked_tag(asked),
    }
    return legal(
        RunRecord(
            level="trial",
            tag_value=f"{sweep_name}/{number}",
            parent=sweep_name,
            name=f"{number}: {plan}",
            status=status,
            started=started,
            ended=ended,
            params={
                **(facts or {}),
                **_plan_params(number, plan),
                **{k: text_of(v) for k, v in settings.items()},
            },
            tags=tags,
            metrics=() if ended is None else _trial_metrics(scores, objective, ended),
            sweep_id=sweep_id,
        )
    )


def sweep_record(
    sweep_name: str,
    spec: Mapping[str, object],
    state: str,
    started: float,
    ended: float | None = None,
    *,
    code: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    counts: Mapping[str, int] | None = None,
    best: Best | None = None,
    best_scores: Iterable[ScoreRow] = (),
    objectives: Iterable[tuple[int, float, float]] = (),
    selection: Selection | None = None,
    page: Mapping[str, str] | None = None,
    inputs: Iterable[DataInput] = (),
    views: Mapping[str, str] | None = None,
    artifacts: Mapping[str, str] | None = None,
    error: str = "",
    sweep_id: str = "",
    asked: int = 0,
) -> RunRecord:
    """The run of a whole sweep.

    Args:
        spec: the spec as merged data.
        state: as for `trial_record`.
        code, environment: versions by name; they may change when a sweep is resumed.
        counts: such as `trials/finished`, `stages/distinct`.
        best_scores: every score of the best one, by whose means sweeps are compared.
        objectives: trial number, objective, time of its end; drawn as a curve over trials.
        page: what MLflow's own page shows, by its tags: description, source, commit.
        inputs, views: see `RunRecord`.
        artifacts: `spec.yaml`, `report.txt`, `report.html`, `plans.svg`, `plans.json`.
        sweep_id: its folder's.
        asked: how many scores it asks for now, of all trials there are to be.

    Raises:
        ValueError: an unknown state.
    """
    status = status_of(state)
    ended = (ended if ended is not None else started) if status.ended else None
    params, extendable = _spec_params(spec)
    best_tags = {} if best is None else {"xlt.best": str(best)}
    metrics = [
        MetricPoint("trials/objective", value, at, number)
        for number, value, at in sorted(objectives)
    ]
    # While it runs, what is said of it is as old as the last trial that ended.
    known = ended if ended is not None else max((point.at for point in metrics), default=None)
    if known is not None:
        counted = {metric_key(*name.split("/")): value for name, value in _sorted(counts)}
        metrics += [MetricPoint(name, value, known) for name, value in counted.items()]
        metrics += _best_metrics(best, best_scores, known)
    return legal(
        RunRecord(
            level="sweep",
            tag_value=sweep_name,
            parent=None,
            name=sweep_name,
            status=status,
            started=started,
            ended=ended,
            params=params,
            tags={
                **extendable,
                **{f"xlt.code.{k}": v for k, v in _sorted(code)},
                **{f"xlt.environment.{k}": v for k, v in _sorted(environment)},
                **best_tags,
                "xlt.state": state.lower(),
                **_selection_tags(selection),
                **given({"xlt.error": error}),
                **_asked_tag(asked),
                **(page or {}),
            },
            inputs=tuple(inputs),
            views=dict(views or {}),
            metrics=tuple(m for m in metrics if math.isfinite(m.value)),
            artifacts=dict(artifacts or {}),
            sweep_id=sweep_id,
        )
    )


def listed(values: Sequence[str], length: int = TAG_LENGTH) -> str:
    """The values with commas between, as many as fit, and how many did not."""
    text = ", ".join(values)
    if len(text) <= length:
        return text
    room = length - len(f", and {len(values)} more")
    kept = text[: room + 1].rsplit(",", 1)[0].split(", ")
    return f"{', '.join(kept)}, and {len(values) - len(kept)} more"


def _plan_params(number: int, plan: str) -> dict[str, str]:
    steps = [] if plan == "(none)" else [step.strip() for step in plan.split(">") if step.strip()]
    named = {f"step.{n}": step for n, step in enumerate(steps, start=1)}
    words = {name: str(value) for name, value in words_of(steps).items()}
    return {"number": str(number), "plan": plan, **words, **named}


def _trial_metrics(
    scores: Iterable[ScoreRow], objective: float | None, at: float
) -> tuple[MetricPoint, ...]:
    values = summaries(scores)
    if objective is not None:
        values["objective"] = objective
    return tuple(
        MetricPoint(key, value, at) for key, value in values.items() if math.isfinite(value)
    )


def _best_metrics(
    best: Best | None, scores: Iterable[ScoreRow], at: float
) -> Iterator[MetricPoint]:
    """What selects the best one, and its means and gains under the names that trials have."""
    if best is not None:
        yield MetricPoint("best/objective", best.objective, at)
        yield from _trial_metrics(scores, None, at)


def _asked_tag(asked: int) -> dict[str, str]:
    return given({ASKED_TAG: str(asked or "")})


def _selection_tags(selection: Selection | None) -> dict[str, str]:
    if selection is None:
        return {}
    return given(
        {
            "xlt.objective.languages": selection.objective.languages,
            "xlt.objective.targets": listed(selection.choosing),
            "xlt.objective.without": listed(selection.silent),
            "xlt.selection": SELECTED_ON_TARGETS if selection.is_on_targets else "",
        }
    )


def _spec_params(spec: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    """Params that stay, and as tags what grows when the sweep is extended."""
    flat = dict(_flat(spec, ""))
    grows = {path for path in flat if path.startswith(_EXTENDABLE)}
    return (
        {path: text for path, text in flat.items() if path not in grows},
        {f"xlt.spec.{path}": flat[path] for path in sorted(grows)},
    )


def _flat(value: object, path: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key in sorted(value, key=str):
            yield from _flat(value[key], f"{path}.{key}" if path else str(key))
    elif path:
        yield path, text_of(value)


def _sorted(values: Mapping[str, Said] | None) -> list[tuple[str, Said]]:
    return sorted((values or {}).items())
