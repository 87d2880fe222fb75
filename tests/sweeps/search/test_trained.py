"""A trial is what it trains: over generated sweeps, every method, real recipes and stage keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.search.candidates import Candidates
from sweeps.search.draw import draw
from sweeps.search.of_sweep import candidates_of, planned_trials
from sweeps.search.proposal import Proposal
from sweeps.search.samplers import make_sampler
from sweeps.search.view import View
from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.methods import METHODS
from sweeps.spec.recipes import trains_on
from sweeps.spec.sweep import Intermediate, Range, Search, Sweep, Target
from sweeps.spec.trials import baseline_beside, paths_asked, paths_of_trial
from xlt_core.stages import lineage
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.plan import Plan, Step
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

TASKS = ("mnli", "qqp", "squad")
STEPS = tuple(map(Step.parse, (*TASKS, "mnli+qqp", "qqp+squad")))
TARGETS = ("xnli", "xquad", "udpos")  # they train on mnli, on squad and on themselves
CHOICES: dict[str, list[Any]] = {
    "learning_rate": [1e-5, 2e-5, 4e-5],
    "warmup": [0.0, 0.1],
    "rows": [None, 50, 70],
    "stride": [16, 32],
    "freeze": [(), ("embeddings",)],
    "steps": [5, 7, 9],
    "epochs": [1.0, 2.0],
}


@st.composite
def layers(draw_: Any) -> dict[str, Any]:
    """A layer of a recipe: a few fields, some searched; long in steps or in epochs, not both."""
    fields = draw_(st.sets(st.sampled_from(sorted(CHOICES)), max_size=2))
    fields -= {"epochs"} if "steps" in fields else set()
    found: dict[str, Any] = {}
    for name in sorted(fields):
        chosen = draw_(st.lists(st.sampled_from(CHOICES[name]), min_size=1, unique=True))
        found[name] = Range("choice", choices=tuple(chosen)) if len(chosen) > 1 else chosen[0]
    return found


@st.composite
def sweeps(draw_: Any) -> Sweep:
    """A sweep with at most a few hundred pairs of plan and settings."""
    steps = tuple(draw_(st.lists(st.sampled_from(STEPS), min_size=1, max_size=3, unique=True)))
    counts = tuple(sorted({0, *draw_(st.sets(st.integers(0, len(steps)), max_size=2))}))
    tasks = draw_(st.dictionaries(st.sampled_from((*TASKS, "xnli")), layers(), max_size=2))
    targets = draw_(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=2, unique=True))
    order = draw_(st.sampled_from(["any", "sorted"]))
    recipe = {"train": draw_(layers()), "target": draw_(layers()), "tasks": tasks}
    return sweep_of(steps, counts, order, targets, recipe)


def sweep_of(steps: Any, counts: Any, order: str, targets: Any, recipe: Any) -> Sweep:
    return Sweep(
        name="made",
        encoder="tiny",
        data="hub",
        intermediate=Intermediate(steps, counts, order),
        targets=tuple(Target(task, ("en",)) for task in targets),
        seeds=(0,),
        recipe=recipe,
    )


def prepared(sweep: Sweep) -> ResolvedInputs:
    """As if every data set were there."""
    cells = [(m.task, "en", "train") for step in sweep.intermediate.tasks for m in step.members]
    for target in sweep.targets:
        cells += [(task, "en", "train") for task in trains_on(target.task)]
        cells.append((target.task, "en", "dev"))
    data = {cell: DataRef(*cell, fingerprint(cell), 100) for cell in cells}
    return ResolvedInputs(EncoderRef("tiny", "f" * 64, "tiny"), SourceRef("hub"), data)


def trained(sweep: Sweep, known: ResolvedInputs, plan: Plan, values: Any) -> frozenset[str]:
    """The keys of all stages of a trial."""
    paths = paths_of_trial(sweep, known, plan, values)
    return frozenset(stage.key for path in paths for stage in lineage(path.trained))


def everything(sweep: Sweep, known: ResolvedInputs, candidates: Candidates) -> set[frozenset[str]]:
    """What could be trained at all, by going through every pair of plan and settings."""
    space = candidates.settings
    return {
        trained(sweep, known, plan, space.unrank(rank))
        for plan in candidates.plans.plans()
        for rank in range(space.size or 1)
    }


def search(method: str, candidates: Candidates, seed: int, anew: bool = False) -> list[Proposal]:
    """Every proposal there is, results three trials late; `anew`: a new sampler for each."""
    view, sampler = View(candidates, seed), make_sampler(method, candidates, {})
    while True:
        number = len(view.trials)
        if number >= 3:
            view.show(number - 3, float(number % 5))
        if anew:
            sampler = make_sampler(method, candidates, {})
        proposal = draw(number, sampler, view)
        if proposal is None:
            return [seen.proposal for seen in view.trials]
        view.add(proposal)


def small(sweep: Sweep) -> bool:
    return (candidates_of(sweep).size or 0) <= 250


@settings(deadline=None, max_examples=25)
@given(sweep=sweeps().filter(small), seed=st.integers(0, 9))
@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_trains_everything_once(method: str, sweep: Sweep, seed: int) -> None:
    """No two trials have the same stages, none is left out, and their number is known before."""
    candidates, known = candidates_of(sweep), prepared(sweep)
    expected = everything(sweep, known, candidates)
    found = search(method, candidates, seed)
    stages = [trained(sweep, known, one.plan, one.settings) for one in found]
    assert len(set(stages)) == len(stages)
    assert set(stages) == expected
    assert candidates.distinct() == len(expected)
    assert found == search(method, candidates, seed, anew=True)


@settings(deadline=None, max_examples=60)
@given(sweep=sweeps().filter(small), data=st.data())
def test_the_settings_of_a_trial_are_those_it_trains_with(sweep: Sweep, data: Any) -> None:
    """Every setting a trial has could have changed it, and no other setting could have."""
    candidates, known = candidates_of(sweep), prepared(sweep)
    space = candidates.settings
    plan, own = candidates.unrank(data.draw(st.integers(0, (candidates.size or 1) - 1)))
    for path, range_ in space.ranges.items():
        alike = [
            len({trained(sweep, known, plan, {**full, path: value}) for value in range_.choices})
            for full in map(space.unrank, range(space.size or 1))
        ]
        assert (path in own) == (max(alike) > 1)


@settings(deadline=None, max_examples=40)
@given(sweep=sweeps().filter(small), seed=st.integers(0, 9))
def test_every_trial_asks_for_the_baseline_its_gain_is_over(sweep: Sweep, seed: int) -> None:
    """Be it trial 0, or a baseline of its own: none has to be proposed by luck. Nor any twice."""
    candidates, known = candidates_of(sweep), prepared(sweep)
    opening = scored(paths_asked(sweep, known, *candidates.opening()))
    for one in search("random", candidates, seed):
        own, beside = (
            scored(paths_of(sweep, known, one.plan, one.settings))
            for paths_of in (paths_of_trial, baseline_beside)
        )
        assert scored(paths_of_trial(sweep, known, Plan(), one.settings)) <= opening | own | beside
        assert beside.isdisjoint(opening | own)


def scored(paths: Any) -> set[str]:
    """The keys of what is scored."""
    return {stage.key for path in paths for stage in path.evaluations}


class TestTheSamePlanAgain:
    """Rates of a task that a plan does not have; what a mixture's other member outdoes."""

    RATES = Range("choice", choices=(1e-5, 2e-5, 4e-5))

    def sweep(self, *names: str, **tasks: Any) -> Sweep:
        steps = tuple(map(Step.parse, names))
        recipe = {"train": {}, "target": {}, "tasks": tasks}
        return sweep_of(steps, (0, 1), "any", ["udpos"], recipe)

    @pytest.mark.parametrize("method", sorted(METHODS))
    def test_the_baseline_comes_once(self, method: str) -> None:
        """Three rates of MNLI are three trials of MNLI, and one each of QQP and the baseline."""
        candidates = candidates_of(self.sweep("mnli", "qqp", mnli={"learning_rate": self.RATES}))
        plans = [str(one.plan) for one in search(method, candidates, 0)]
        assert sorted(plans) == ["(none)", "mnli", "mnli", "mnli", "qqp"]
        assert planned_trials(self.sweep("mnli", "qqp"), candidates) == 5

    @pytest.mark.parametrize("method", ["random", "tpe"])
    def test_continuous_settings_of_one_task(self, method: str) -> None:
        """Once all else is proposed, the task with the rate comes again and again at others."""
        rates = {"learning_rate": Range("log", 1e-5, 1e-4)}
        candidates = candidates_of(self.sweep("mnli", "qqp", mnli=rates))
        view, sampler = View(candidates, 1), make_sampler(method, candidates, {})
        for number in range(40):
            proposal = draw(number, sampler, view)
            assert proposal is not None
            view.add(proposal)
        plans = [str(seen.proposal.plan) for seen in view.trials]
        assert (plans.count("(none)"), plans.count("qqp"), plans.count("mnli")) == (1, 1, 38)
        assert candidates.distinct() is None

    def test_the_least_rate_of_a_mixture(self) -> None:
        """Nine pairs of rates are three mixtures."""
        rate = {"learning_rate": self.RATES}
        candidates = candidates_of(self.sweep("mnli+qqp", mnli=rate, qqp=rate))
        assert candidates.distinct() == len(search("grid", candidates, 0)) == 1 + 3

    def test_a_great_many_are_counted_at_once(self) -> None:
        """Nine tasks in any order, each with a rate of its own: Σ 9!/(9-k)! 3^k trials."""
        names = ("mnli", "qqp", "siqa", "squad", "paws", "snli", "scitail", "hellaswag", "csqa")
        own = {name: {"learning_rate": self.RATES} for name in names}
        sweep = self.sweep(*names, **own)
        steps = sweep.intermediate.tasks
        wide = sweep_of(steps, tuple(range(10)), "any", ["udpos"], sweep.recipe)
        falling, expected = 1, 1
        for count in range(9):
            falling *= (9 - count) * 3
            expected += falling
        assert candidates_of(wide).distinct() == expected

    def test_a_forecast_names_each_trial(self) -> None:
        """A number of trials beyond the space is cut to it."""
        candidates = candidates_of(self.sweep("mnli", "qqp", mnli={"learning_rate": self.RATES}))
        sweep = self.sweep("mnli", "qqp")
        object.__setattr__(sweep, "search", Search("random", trials=50))
        assert planned_trials(sweep, candidates) == 5
