"""Every method of search through the public suite, and what is each one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sweeps.search.candidates import Candidates
from sweeps.search.samplers import make_sampler
from sweeps.search.samplers.random import permuted
from sweeps.search.space import PlanSpace
from sweeps.search.view import View
from sweeps.spec.methods import METHODS, SearchMethod
from sweeps.spec.sweep import Intermediate
from sweeps.testing.samplers import SamplerSuite
from sweeps.testing.searches import SMALL, SPACES, search, trials_of
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Plan, Step


class TestEveryMethod(SamplerSuite):
    @pytest.fixture(params=sorted(METHODS))
    def method(self, request: pytest.FixtureRequest) -> SearchMethod:
        return METHODS[request.param]


class TestGrid:
    def test_is_in_canonical_order(self) -> None:
        """Trial n of a grid is the plan of rank n."""
        found = search("grid", SPACES["orders"], 100)
        assert [proposal.plan for proposal in found] == list(SMALL.plans())


class TestRandom:
    @pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 65, 1000])
    def test_permutes(self, size: int) -> None:
        """The shuffle is one to one, and not the identity where it could be another."""
        found = [permuted(index, size, 7) for index in range(size)]
        assert sorted(found) == list(range(size))
        assert size < 5 or found != list(range(size))

    def test_is_fair(self) -> None:
        """Over seeds, every plan is about as often the first after the baseline."""
        first = [search("random", SPACES["orders"], 2, seed)[1].plan for seed in range(900)]
        counts = [first.count(plan) for plan in list(SMALL.plans())[1:]]
        assert sum(counts) == 900
        assert all(60 < count < 145 for count in counts)  # 100 expected, standard deviation 9.4


class TestTpe:
    def test_learns(self) -> None:
        """It finds better plans than chance does, over seeds, in a space of nearly a million."""
        steps = tuple(Step.parse(f"task{at}") for at in range(9))
        nine = Candidates(PlanSpace.of(Intermediate(steps, tuple(range(10)))))
        best = {
            method: sum(_best(method, nine, 30, seed) for seed in range(3))
            for method in ("tpe", "random")
        }
        assert best["tpe"] > best["random"]


def _best(method: str, candidates: Candidates, trials: int, seed: int) -> float:
    """Best of a search for short plans of low-numbered tasks."""

    def value(plan: Plan) -> float:
        return sum(4.0 - candidates.plans.steps.index(step) for step in plan.steps) - len(plan)

    done = trials_of(method, candidates, trials, seed, lambda one: value(one.plan), window=1)
    return max(trial.value for trial in done if trial.value is not None)


class TestView:
    def test_every_draw_has_a_seed_of_its_own(self) -> None:
        """By sweep, trial and attempt, so that none repeats another's chances."""
        views = [View(SPACES["orders"], seed) for seed in (0, 1)]
        seeds = {
            view.seed_for(n, attempt) for view in views for n in range(9) for attempt in (0, 1)
        }
        assert len(seeds) == 36


class TestTable:
    def test_an_unknown_method(self) -> None:
        """The nearest name is offered."""
        options: Mapping[str, Any] = {}
        with pytest.raises(UserMistake, match="did you mean random"):
            make_sampler("randm", SPACES["orders"], options)
