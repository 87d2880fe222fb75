"""Charts that MLflow's UI shows of a sweep's trials when a view is opened, in its own form. Pure.

Without them it draws a bar chart of every metric, each score of each language its own. Those stay
below, folded. Next: `views`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sweeps.tracking.names import metric_key
from xlt_core.vocabulary.fingerprint import fingerprint

SECTION = "Gains, in points over the baseline"
_HEADS = ("gain", "half_width", "n")
_AXES = 8  # families in one chart

Chart = Mapping[str, object]


def charts(
    families: Iterable[tuple[str, str]], cells: Iterable[tuple[str, str, str]]
) -> dict[str, object]:
    """The part of a view's state that says what is drawn.

    For each target its trials' gains by count, by family, and both as parallel coordinates.

    Args:
        families: pairs of target and family that gains are shown of.
        cells: split, target and language of all scores.
    """
    of_target: dict[str, list[str]] = defaultdict(list)
    for target, family in families:
        of_target[target].append(family)
    drawn = [one for target, own in of_target.items() for one in _of_target(target, own)]
    if not drawn:
        return {}
    scores = {metric_key(*cell[:deep]) for cell in cells for deep in (1, 2, 3)}
    gains = {metric_key(head, *one) for head in _HEADS for one in ((), *zip(of_target))}
    return {
        "compareRunCharts": drawn,
        "compareRunSections": [
            _section(SECTION, True, columns=2, cardHeight=420),
            *(_section(name, False) for name in sorted({"Model metrics", *scores, *gains})),
        ],
        "isAccordionReordered": True,  # else sorted by name, and these last
        "runsHiddenMode": "SHOW_ALL",
    }


def _of_target(target: str, families: Sequence[str]) -> Iterator[Chart]:
    mean = metric_key("gain", target, "mean")
    gains = [metric_key("gain", target, family) for family in families]
    yield _chart(
        f"{target}: gain by count",
        "SCATTER",
        xaxis={"key": "count", "type": "PARAM"},
        yaxis={"key": mean, "type": "METRIC"},
    )
    yield _chart(
        f"{target}: gain by family", "BAR", metricKey=gains[0], selectedMetricKeys=gains[:_AXES]
    )
    yield _chart(
        f"{target}: count, objective and gains",
        "PARALLEL",
        selectedParams=["count"],
        selectedMetrics=["objective", *gains[:_AXES], mean],
        showAllRuns=True,
    )


def _chart(name: str, kind: str, **own: object) -> Chart:
    return {
        "uuid": _id(name),
        "type": kind,
        "displayName": name,
        "runsCountToCompare": 100,
        "metricSectionId": _id(SECTION),
        "deleted": False,
        "isGenerated": False,
        **own,
    }


def _section(name: str, is_open: bool, **own: object) -> Mapping[str, object]:
    """One of MLflow's, which it fills by the beginning of a metric's name, or ours."""
    return {
        "uuid": _id(name),
        "name": name,
        "display": is_open,
        "isReordered": False,
        "deleted": False,
        "isGenerated": name != SECTION,
        **own,
    }


def _id(name: str) -> str:
    return f"xlt-{fingerprint(name)[:16]}"
