"""Ready-made tables of MLflow's UI: which runs, which columns, in which order. Pure.

A view is kept as a tag of the experiment, in the form of MLflow's own shared views, and opened by
its key. It needs no nesting: a filter on tags says which runs are meant.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from sweeps.results.rows import SweepResults
from sweeps.results.tables import shown_split
from sweeps.spec.paths import SweepFolder
from sweeps.tracking.charts import charts
from sweeps.tracking.names import metric_key
from xlt_core.vocabulary.fingerprint import fingerprint

PREFIX = "mlflow.sharedViewState."
TRIALS, STAGES = "trials", "stages"
# Without it a browser that was never told otherwise shows the pages for language models, which
# have neither a run's description nor a table of runs.
TRAINING = "workflowType=machine_learning"


def views(folder: SweepFolder, results: SweepResults | None = None) -> dict[str, str]:
    """Every view of a sweep, by the experiment's tag it is kept under."""
    families = families_of(results)
    targets = tuple(dict.fromkeys(target for target, _ in families))
    plain = ["plan", "count", "order", "encoder"]
    gains = [metric_key("gain", target, "mean") for target in targets]
    gains += [metric_key("gain", *pair) for pair in families]
    found = {
        TRIALS: _view(
            *(folder, "trial", plain, ["objective", *gains[:20]], "objective"),
            charts(families, cells_of(results)),
        ),
        STAGES: _view(
            *(folder, "stage", ["data", "position", "seed"]),
            ["train/seconds", "curve/loss", "train/steps", "train/tokens_per_second"],
            "train/seconds",
        ),
    }
    for target, family in families:
        order = chosen_by(results, target, family)
        ours = [metric_key(head, target, family) for head in ("gain", "half_width", "n")]
        columns = list(dict.fromkeys([order, *ours]))
        # A trial that lacks what the sweep asks for since it was extended has its old means.
        found[best_for(target, family)] = _view(
            *(folder, "trial", plain, columns, order),
            {"searchFilter": f"{runs_of(folder, 'trial')} and attributes.status = 'FINISHED'"},
        )
    return {PREFIX + _key(folder, name): text for name, text in found.items()}


def best_for(target: str, family: str) -> str:
    """The name of the view that has the best plan for a family first."""
    return metric_key("gain", target, family)


def chosen_by(results: SweepResults | None, target: str, family: str) -> str:
    """The metric that chooses the best plan for a family: never what is then shown of it.

    A mean on the split that selects. Where the family has none, its gain on the split shown is all
    there is.
    """
    if results is not None:
        split = results.sweep.objective.split
        of_it = (row for row in results.rows if (row.target, row.family) == (target, family))
        if any(row.split == split and row.primary and row.asked for row in of_it):
            return metric_key(split, target, family)
    return metric_key("gain", target, family)


def view_link(folder: SweepFolder, name: str, is_drawn: bool = False) -> str:
    """Where a view is, within MLflow's pages: its table, or its charts."""
    drawn = "&compareRunsMode=CHART" if is_drawn else ""
    key = _key(folder, name)
    return f"#/experiments/{{experiment}}/runs?viewStateShareKey={key}&{TRAINING}{drawn}"


def artifact_link(name: str) -> str:
    """Where a file of the run's own is shown, within MLflow's pages."""
    return f"#/experiments/{{experiment}}/runs/{{run}}/artifacts/{name}?{TRAINING}"


def search_link(text: str, order: str = "") -> str:
    """Where the runs that a search finds are, within MLflow's pages."""
    sort = f"&orderByKey={quote(order)}&orderByAsc=false" if order else ""
    return f"#/experiments/{{experiment}}/runs?searchFilter={quote(text)}{sort}&{TRAINING}"


def families_of(results: SweepResults | None) -> Sequence[tuple[str, str]]:
    """Targets and families that gains are shown of."""
    if results is None:
        return ()
    shown = shown_split(results.sweep.splits, results.sweep.objective)
    return sorted(
        {
            (row.target, row.family)
            for row in results.rows
            if row.primary and row.asked and row.split == shown
        }
    )


def cells_of(results: SweepResults | None) -> set[tuple[str, str, str]]:
    """Split, target and language of every score."""
    rows = () if results is None else results.rows
    return {(row.split, row.target, row.language) for row in rows}


def runs_of(folder: SweepFolder, level: str) -> str:
    """The search that finds a sweep's runs of one level."""
    whose = f"tags.`xlt.sweep` = '{folder.name}'"
    if folder.identity and level != "stage":  # a stage is of whoever computed it
        whose = f"tags.`xlt.sweep_id` = '{folder.identity}'"
    return f"{whose} and tags.`xlt.level` = '{level}'"


def _key(folder: SweepFolder, name: str) -> str:
    """Short, and nothing in it that a link would have to escape."""
    return f"xlt.{fingerprint([folder.name, folder.identity, name])[:16]}"


def _view(
    folder: SweepFolder,
    level: str,
    params: list[str],
    metrics: list[str],
    order: str,
    more: Mapping[str, object] | None = None,
) -> str:
    # Sorted by creation, which is its habit, MLflow's UI shows what runs hang under in their place.

    columns = [f"params.`{name}`" for name in params] + [f"metrics.`{name}`" for name in metrics]
    state: Mapping[str, object] = {
        "searchFilter": runs_of(folder, level),
        "orderByKey": f"metrics.`{order}`",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": columns,
        "hideEmptyCharts": True,
        **(more or {}),
    }
    return json.dumps(state, separators=(",", ":"))
