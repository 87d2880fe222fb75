"""The run record of one trained stage, from what its folder in the store holds. Pure.

Neighbour: `project`, for trials and sweeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sweeps.tracking.names import legal, metric_key
from sweeps.tracking.records import MetricPoint, RunRecord, Status
from sweeps.tracking.status import given, seconds, text_of
from xlt_core.store.about import About

# MLflow's UI draws the sections of a run's page by their names' order: the curve before fifty
# languages' scores. What begins with `system/` it has a page of its own for.
_OF_POINTS = {
    "loss": "curve/loss",
    "learning_rate": "curve/learning_rate",
    "processor": "system/process_cpu_percentage",
    "memory": "system/process_memory_megabytes",
    "gpu_memory": "system/gpu_memory_megabytes",
}


def stage_record(
    sweep_name: str,
    about: About,
    curve: Iterable[Mapping[str, float]] = (),
    scores: Iterable[Mapping[str, Any]] = (),
    *,
    error: str = "",
    sweep_id: str = "",
    trial: int | None = None,
) -> RunRecord:
    """The run of one trained stage; the scores of its evaluations are metrics on it.

    Args:
        sweep_name, sweep_id: the sweep it hangs under where `about` does not say which one
            computed it.
        about: what `stage.json` holds; without `finished` the stage is still running.
        curve: points of `step, loss, learning_rate, at`.
        scores: what `scores.json` holds, each with `at` where its own time is known.
        error: why it failed; `about["finished"]` is then when.
        trial: the first trial that asked for it, where `about` does not say one.
    """
    executor = about.get("executor") or {}
    sweep = str(executor.get("sweep") or sweep_name)
    own_id = "" if executor.get("sweep") else sweep_id
    under = executor.get("trial", trial)
    started = seconds(about["started"])
    ended = None if about.get("finished") is None else seconds(about["finished"])
    metrics = _curve_metrics(curve)
    if ended is not None:
        metrics += _throughput_metrics(about, ended)
        metrics += _score_metrics(scores, ended)
    return legal(
        RunRecord(
            level="stage",
            tag_value=str(about["key"]),
            parent=sweep if under is None else f"{sweep}/{under}",
            name=str(about.get("title") or about["key"][:12]),
            status=_status_of_stage(ended, error),
            started=started,
            ended=ended,
            params=_stage_params(about),
            tags=_stage_tags(about, error),
            metrics=tuple(metrics),
            sweep_id=str(executor.get("folder") or own_id),
        )
    )


def _status_of_stage(ended: float | None, error: str) -> Status:
    if ended is None:
        return Status.RUNNING
    return Status.FAILED if error else Status.FINISHED


def _curve_metrics(curve: Iterable[Mapping[str, float]]) -> list[MetricPoint]:
    return [
        MetricPoint(key, float(point[name]), seconds(point["at"]), int(point["step"]))
        for point in curve
        for name, key in _OF_POINTS.items()
        if point.get(name) is not None
    ]


def _throughput_metrics(about: About, at: float) -> list[MetricPoint]:
    known = {
        "steps": about.get("steps"),
        "tokens": about.get("tokens"),
        "tokens_per_second": about.get("tokens_per_second"),
        "seconds": about.get("seconds"),
    }
    return [
        MetricPoint(f"train/{name}", float(value), at)
        for name, value in known.items()
        if value is not None
    ]


def _score_metrics(scores: Iterable[Mapping[str, Any]], at: float) -> list[MetricPoint]:
    return [
        MetricPoint(
            metric_key(each["split"], each["task"], each["language"], name),
            float(value),
            seconds(each.get("at") or at),
        )
        for each in sorted(scores, key=lambda s: (s["split"], s["task"], s["language"]))
        for name, value in sorted(each["metrics"].items())
    ]


def _stage_params(about: About) -> dict[str, str]:
    identity, recipe = about.get("identity") or {}, about.get("recipe") or {}
    data, versions = identity.get("data") or [], about.get("versions") or {}
    members = [f"{row[0]}[{row[1]}]" if row[1] != "en" else str(row[0]) for row in data]
    plain = {name: identity.get(name) for name in ("encoder", "seed", "position")}
    named = {"encoder.name": str(about["encoder"])} if about.get("encoder") else {}
    raised = {name: version for name, version in versions.items() if version != 1}
    return {
        "data": "+".join(members),
        **named,
        **{name: text_of(value) for name, value in plain.items() if value is not None},
        **({"versions": text_of(raised)} if raised else {}),
        **{f"recipe.{name}": text_of(value) for name, value in sorted(recipe.items())},
    }


def _stage_tags(about: About, error: str) -> dict[str, str]:
    identity = about.get("identity") or {}
    groups: dict[str, Mapping[str, object]] = {
        "executor": about.get("executor") or {},
        "worker": about.get("worker") or {},
    }
    labels = {
        f"xlt.{group}.{name}": text_of(value)
        for group, values in groups.items()
        for name, value in sorted(values.items())
    }
    known = {
        "xlt.kind": str(about.get("kind") or ""),
        "xlt.trained_from": str(identity.get("parent") or ""),
        "xlt.error": error,
    }
    return {**labels, **given(known)}
