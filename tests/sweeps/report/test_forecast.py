"""What a sweep would do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweeps.report.forecast import forecast
from sweeps.search.of_sweep import candidates_of, planned_trials
from sweeps.spec.sweep import Range, Search
from xlt_core.vocabulary.plan import Plan


def looked_at(made, sweep=None, known=()):
    """The forecast of a sweep."""
    sweep = sweep or made.sweep
    return forecast(sweep, made.prepared, made.store, candidates_of(sweep), known)


class TestForecast:
    def test_a_grid_is_known_to_the_last_stage(self, make):
        """Five plans of two tasks; a prefix that two plans share is one stage."""
        found = looked_at(make())
        assert (found.trials, found.exact) == (5, True)
        assert found.stages.requested == 2 * (1 + 2 + 2 + 3 + 3 + 5 * 8)
        assert found.stages.train == 2 * (5 + 4)
        assert found.stages.evaluate == 2 * 5 * 8
        assert found.stages.distinct == found.stages.train + found.stages.evaluate
        assert found.stages.optimizer_steps == 5 * found.stages.train

    def test_stored_stages_are_counted(self, make):
        """What the store has need not be done."""
        made = make()
        made.compute("lab-pairs")
        found = looked_at(made)
        assert found.stages.stored == 2 * (2 + 8)
        assert found.stages.optimizer_steps == 5 * (found.stages.train - 4)

    def test_random_search_is_known_as_well(self, make):
        """Random search proposes the same whatever is found."""
        made = make()
        sweep = replace(made.sweep, search=Search("random", trials=4))
        found = looked_at(made, sweep)
        assert (found.trials, found.exact, len(set(found.plans))) == (4, True, 4)
        assert found == looked_at(made, sweep)

    @pytest.mark.parametrize(("window", "exact"), [(2, False), (16, True)])
    def test_a_search_that_learns_is_known_for_its_window(self, make, window, exact):
        """Beyond the first window the forecast is an estimate, and says so."""
        made = make()
        search = Search("tpe", trials=4, window=window)
        found = looked_at(made, replace(made.sweep, search=search))
        assert (found.trials, found.exact) == (4, exact)

    def test_a_huge_sweep_is_scaled_up(self, make, monkeypatch):
        """A part is counted and taken for the whole, which is then no exact forecast."""
        monkeypatch.setattr("sweeps.report.forecast.MOST_STAGES", 30)
        found = looked_at(make())
        assert (found.trials, found.exact, len(found.plans)) == (5, False, 2)
        # Two of five plans were counted: the baseline and one with a single step.
        assert found.stages.requested == round(2 * (1 + 2 + 2 * 8) * 5 / 2)
        assert found.stages.distinct == found.stages.train + found.stages.evaluate

    def test_a_sweep_under_way_starts_from_its_trials(self, made):
        """What the study holds comes first."""
        from sweeps.search.study_reader import read_trials

        found = looked_at(made, known=read_trials(made.sweep.storage, "made"))
        assert found.plans[:4] == ("(none)", "lab-pairs", "lab-topic", "lab-pairs > lab-topic")
        assert found.trials == 5


TARGET = "recipe.target.learning_rate"
RANGES = {
    "choice": Range("choice", choices=(1e-3, 2e-3)),
    "log": Range("log", 1e-4, 1e-3),
    "float": Range("float", 1e-4, 1e-3),
}


class TestBaselines:
    @pytest.mark.parametrize("method", ["random", "tpe"])
    @pytest.mark.parametrize("layer", ["target", "tasks", "train"])
    @pytest.mark.parametrize("form", RANGES)
    def test_one_for_each_setting_of_the_targets(self, make, form, layer, method):
        """Their trainings are in the count; settings of intermediate stages ask for none."""
        made = make()
        own = {"learning_rate": RANGES[form]}
        recipe = {
            "train": {"steps": 5} | (own if layer == "train" else {}),
            "target": {"steps": 5} | (own if layer == "target" else {}),
            "tasks": {"lab-nli": own} if layer == "tasks" else {},
        }
        sweep = replace(made.sweep, seeds=(0,), recipe=recipe, search=Search(method, trials=7))
        found = looked_at(made, sweep)
        if layer == "train":
            assert found.baselines == 1
        elif form == "choice":
            assert found.baselines == 2
        else:
            assert found.baselines == 7, "a continuous setting comes once"
        plans = [plan for plan in found.plans if plan != "(none)"]
        drawn = found.plans.count("(none)")
        own_stages = sum(2 + plan.count(">") for plan in plans) + drawn
        # of trials that share neither plan nor settings, each training is one
        if form != "choice" and layer != "train":
            assert found.stages.requested == own_stages + len(plans) + 8 * (7 + len(plans))

    def test_a_grid_of_choices(self, make):
        """The baseline stands in it with every choice, and none is trained twice."""
        made = make("{choice: [1e-3, 2e-3]}")
        found = looked_at(made)
        assert (found.trials, found.baselines) == (10, 2)
        assert found.stages.train == 2 * (2 * 5 + 4)
        assert "2 baselines among them" in found.sentence()

    def test_many_are_scaled_up_as_all_else_is(self, make, monkeypatch):
        """But one stays one."""
        monkeypatch.setattr("sweeps.report.forecast.MOST_STAGES", 30)
        assert looked_at(make()).baselines == 1


class TestPlannedTrials:
    def test_the_baseline_is_not_counted_once_a_learning_rate(self, make):
        """Intermediate learning rates say nothing of a plan without intermediate tasks."""
        made = make()
        recipe = {
            **made.sweep.recipe,
            "train": {"learning_rate": Range("choice", choices=(1, 2, 3))},
        }
        candidates = candidates_of(replace(made.sweep, recipe=recipe))
        assert candidates.distinct() == 4 * 3 + 1
        assert len({candidates.key(*candidates.unrank(n)) for n in range(candidates.size)}) == 13

    def test_an_endless_space(self, make):
        """Without a number of trials there is no end to name."""
        made = make()
        recipe = {**made.sweep.recipe, "train": {"learning_rate": Range("log", 1e-5, 1e-3)}}
        endless = replace(made.sweep, recipe=recipe, search=Search("random"))
        assert planned_trials(endless, candidates_of(endless)) is None

    def test_excluded_overlaps_leave_the_space(self, make):
        """A task that shares text with a target is not proposed where the spec says so."""
        made = make()
        from sweeps.spec.sweep import Intermediate, Target
        from xlt_core.vocabulary.plan import Step

        steps = tuple(Step.parse(name) for name in ("mnli", "qqp"))
        sweep = replace(
            made.sweep,
            intermediate=Intermediate(steps, (0, 1), overlap="exclude"),
            targets=(Target("xnli"),),
        )
        assert list(candidates_of(sweep).plans.plans()) == [Plan(), Plan.parse("qqp")]
