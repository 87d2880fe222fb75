"""A gain is over the baseline with the same settings of the target: every trial has it computed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweeps.execution.driver import Ended, run_sweep
from sweeps.report.artifacts import texts
from sweeps.report.render import results_report
from sweeps.report.text import as_text
from sweeps.results.rows import read_results
from sweeps.results.status import lacks_scores, read_sweep, sweep_status
from sweeps.results.tables import standings
from sweeps.spec.sweep import Range, Search
from sweeps.spec.trials import paths_asked
from sweeps.tracking.projection import sweep_projection
from tests.sweeps.execution.conftest import AILING
from xlt_core.stages import lineage

TRIALS = 4
RANGES = {
    "log": Range("log", 1e-4, 1e-3),
    "choice": Range("choice", choices=(1e-3, 2e-3, 3e-3)),
}


@pytest.fixture
def sweep(make, local_ray, one_service, plugged):
    """A function that makes a sweep whose target's learning rate is searched."""

    plugged(AILING)

    def searched(form: str):
        made = make()
        recipe = {**made.sweep.recipe, "target": {"steps": 5, "learning_rate": RANGES[form]}}
        execution = replace(made.sweep.execution, workers=2, max_attempts=2, retry_seconds=0.01)
        found = replace(
            made.sweep,
            recipe=recipe,
            search=Search("random", trials=TRIALS),
            execution=execution,
        )
        return replace(made, sweep=one_service(found))

    return searched


def run(made, **options) -> Ended:
    return run_sweep(made.sweep, made.prepared, made.folder, lambda event: None, **options)


def ail(made, how: str) -> None:
    path = made.folder.cache / "ailing"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{how} 0") if how else path.unlink()


def without_gain(made) -> set[int]:
    return {row.trial for row in read_results(made.folder).rows if row.gain is None}


@pytest.mark.parametrize("form", RANGES)
def test_every_trial_has_a_gain(sweep, form):
    """Whatever was drawn; tables by family are full; what was done is what was forecast."""
    made = sweep(form)
    assert run(made) == Ended("finished", 0, 0)
    rows = read_results(made.folder).rows
    assert {row.trial for row in rows} == set(range(TRIALS))
    assert without_gain(made) == set()
    report = as_text(results_report(read_results(made.folder)))
    assert "no baseline" not in report and "No gain on" not in report
    stages = sweep_status(made.folder).stages
    assert stages.executed == stages.distinct
    assert not lacks_scores(*read_sweep(made.folder))
    runs = [record for record in sweep_projection(made.folder, texts) if record.level == "stage"]
    trained = {record.tag_value for record in runs}
    assert trained == {s.key for s in _trainings(made)}, "MLflow has the baselines' runs too"


@pytest.mark.parametrize("form", RANGES)
def test_the_baselines_brought_along_are_choices(sweep, form):
    """Each once, where it is no trial itself; their scores are those that gains are over."""
    made = sweep(form)
    run(made)
    results = read_results(made.folder)
    own, beside = ([r for r in results.rows if r.beside is which] for which in (False, True))
    rates = {r.trial: r.settings["recipe.target.learning_rate"] for r in own}
    baselines = {r.settings["recipe.target.learning_rate"] for r in own if r.plan == "(none)"}
    brought = [r.settings["recipe.target.learning_rate"] for r in beside]
    assert set(brought) == {*rates.values()} - baselines
    cells = [(r.settings["recipe.target.learning_rate"], *_cell(r)) for r in beside]
    assert len(set(cells)) == len(cells) and all(
        (r.gain, r.plan) == (0.0, "(none)") for r in beside
    )
    scores = dict(zip(cells, (r.score for r in beside), strict=True))
    for row in own:
        if rates[row.trial] in brought:
            assert row.score - row.gain == pytest.approx(scores[rates[row.trial], *_cell(row)])
    ranked = standings(results.rows, made.sweep.objective, "test")
    assert sum(standing.is_baseline for standing in ranked) == len({*rates.values(), *baselines})


def _cell(row):
    return row.target, row.language, row.seed, row.split, row.metric


def _trainings(made):
    sweep, prepared, trials = read_sweep(made.folder)
    for trial in trials:
        for path in paths_asked(sweep, prepared, trial.plan, trial.settings):
            yield from lineage(path.trained)


def test_a_baseline_that_fails_takes_no_plan_with_it(sweep):
    """Its plan keeps its scores and has no gain, and the report says so; mended, `run` fills in:
    also what an earlier version, which trained no baseline beside a trial, has left out."""
    made = sweep("log")
    ail(made, "broken")
    assert run(made) == Ended("failed", 1, 0), "trial 0 is a baseline itself"
    assert without_gain(made) == {1, 2, 3}
    report = as_text(results_report(read_results(made.folder)))
    assert "No gain on lab-nli: trials 1, 2, 3." in report
    assert "no gain to show" in report
    assert lacks_scores(*read_sweep(made.folder))
    ail(made, "")
    assert run(made, revisit=True) == Ended("finished", 0, 0)
    assert without_gain(made) == set()
