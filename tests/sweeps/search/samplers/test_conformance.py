"""What every method of search promises. A new one is tested by its line in the table."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from sweeps.search.backends import InProcess
from sweeps.search.candidates import Candidates
from sweeps.search.draw import draw
from sweeps.search.loop import SearchLoop
from sweeps.search.proposal import Proposal
from sweeps.search.queue import ProposalQueue
from sweeps.search.samplers import make_sampler
from sweeps.search.samplers.random import permuted
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.search.trial import Trial, TrialResult
from sweeps.search.trials import MemoryTrials
from sweeps.search.view import View
from sweeps.spec.methods import METHODS
from sweeps.spec.sweep import Intermediate, Range, Search
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Plan, Step

WINDOW = 3
RATE = "recipe.train.learning_rate"
STEPS = tuple(Step.parse(name) for name in ("mnli", "qqp", "siqa", "copa+squad"))
SMALL = PlanSpace.of(Intermediate(STEPS[:3], (0, 1, 2)))  # ten plans
SPACES: dict[str, Candidates] = {
    "orders": Candidates(SMALL),
    "sets": Candidates(PlanSpace.of(Intermediate(STEPS, (1, 2), "sorted"))),
    "one count": Candidates(PlanSpace.of(Intermediate(STEPS, (2,)))),
    "listed": Candidates(PlanSpace.of(Intermediate((), (), plans=("mnli > qqp", "qqp", "siqa")))),
    "baseline only": Candidates(PlanSpace.of(Intermediate(STEPS, (0,)))),
    "choices": Candidates(
        PlanSpace.of(Intermediate(STEPS[:2], (1,))),
        SettingsSpace(
            {
                RATE: Range("choice", choices=(1e-5, 3e-5)),
                "recipe.target.freeze": Range("choice", choices=((), ("embeddings",))),
            }
        ),
    ),
}
CONTINUOUS = Candidates(SMALL, SettingsSpace({RATE: Range("log", 1e-5, 5e-5)}))


def score(proposal: Proposal) -> float | None:
    """A toy objective in which order, length and rate matter, and some trials fail."""
    if str(proposal.plan).startswith("qqp > mnli"):
        return None
    weights = {"mnli": 3.0, "qqp": 1.0, "siqa": -1.0, "copa+squad": 2.0}
    gains = (weights[str(step)] * 0.7**at for at, step in enumerate(proposal.plan.steps))
    return 50 + sum(gains) - 1e5 * abs(float(proposal.settings.get(RATE, 2e-5)) - 2e-5)


def trials_of(
    method: str,
    candidates: Candidates,
    trials: int,
    seed: int = 0,
    worth: Callable[[Proposal], float | None] = score,
    window: int = WINDOW,
) -> list[Trial]:
    """The trials of a whole search, through the loop that sweeps go through."""
    kept = MemoryTrials()
    search = Search(method, trials, seed, window)
    queue = ProposalQueue(kept, candidates, search)
    InProcess(lambda proposal: TrialResult(worth(proposal))).run(SearchLoop(queue))
    return kept.trials()


def search(method: str, candidates: Candidates, trials: int, seed: int = 0) -> list[Proposal]:
    return [trial.proposal for trial in trials_of(method, candidates, trials, seed)]


def pairs() -> Iterator[Any]:
    for method in sorted(METHODS):
        for name in SPACES:
            yield pytest.param(method, SPACES[name], id=f"{method}-{name}")


@pytest.mark.parametrize(("method", "candidates"), list(pairs()))
class TestEveryMethodOnEverySpace:
    def test_exhausts_the_space_without_a_repeat(self, method: str, candidates: Candidates) -> None:
        """It proposes each candidate once, the baseline as trial 0, and then no more."""
        found = search(method, candidates, 100)
        size = candidates.size
        assert size is not None
        everything = {candidates.key(*candidates.unrank(rank)) for rank in range(size)}
        keys = [candidates.key(proposal.plan, proposal.settings) for proposal in found]
        assert len(keys) == len(set(keys))
        assert set(keys) == everything
        assert [proposal.number for proposal in found] == list(range(len(found)))
        assert found[0].plan == Plan()

    def test_settings_are_among_the_choices(self, method: str, candidates: Candidates) -> None:
        """Every proposal sets every searched field its plan takes, to a value of its range."""
        for proposal in search(method, candidates, 12):
            assert proposal.plan in candidates.plans
            taken = candidates.settings.ranges.keys() - ({RATE} if not proposal.plan.steps else ())
            assert proposal.settings.keys() == taken
            for path, value in proposal.settings.items():
                assert value in candidates.settings.ranges[path].choices


@pytest.mark.parametrize("method", sorted(METHODS))
class TestEveryMethod:
    def test_the_same_from_seed_and_view(self, method: str) -> None:
        """A sampler made afresh for every draw proposes what one that saw all of it does."""
        candidates = CONTINUOUS if METHODS[method].fractions else SPACES["orders"]
        whole = search(method, candidates, 20, seed=3)
        view = View(candidates, 3)
        for number, proposal in enumerate(whole):
            if number >= WINDOW:
                view.show(number - WINDOW, score(whole[number - WINDOW]))
            assert draw(number, make_sampler(method, candidates, {}), view) == proposal
            view.add(proposal)

    def test_the_same_in_another_process(self, method: str) -> None:
        """Python's hashing of strings, new in each process, changes nothing."""
        program = (
            "import importlib.util, sys;"
            f"spec = importlib.util.spec_from_file_location('conformance', {__file__!r});"
            "module = importlib.util.module_from_spec(spec); sys.modules['conformance'] = module;"
            "spec.loader.exec_module(module);"
            f"print(module.search({method!r}, module.SPACES['choices'], 20))"
        )
        said = {
            subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
                text=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert said == {f"{search(method, SPACES['choices'], 20)}\n"}

    def test_says_truly_whether_it_learns(self, method: str) -> None:
        """Other results, other proposals; or the very same ones."""
        candidates = CONTINUOUS if METHODS[method].fractions else SPACES["orders"]
        both = [
            [one.proposal for one in trials_of(method, candidates, 25, worth=worth)]
            for worth in (score, lambda one: -(score(one) or 0.0))
        ]
        assert (both[0] != both[1]) == METHODS[method].learns

    def test_unknown_options_are_named(self, method: str) -> None:
        """An option the method does not have is the user's mistake."""
        with pytest.raises(UserMistake, match=r"search\.options\.tempo"):
            make_sampler(method, SPACES["orders"], {"tempo": 3})


@pytest.mark.parametrize("method", [name for name in sorted(METHODS) if METHODS[name].fractions])
class TestSeededMethods:
    def test_another_seed_another_search(self, method: str) -> None:
        """The seed matters."""
        assert search(method, CONTINUOUS, 8, seed=1) != search(method, CONTINUOUS, 8, seed=2)

    def test_continuous_settings_never_end(self, method: str) -> None:
        """With a continuous field, plans come again at other values; no trial is the same."""
        found = search(method, CONTINUOUS, 25)
        assert len({CONTINUOUS.key(one.plan, one.settings) for one in found}) == 25
        assert sum(one.plan.is_baseline for one in found) == 1
        assert all(1e-5 <= one.settings[RATE] <= 5e-5 for one in found if one.plan.steps)

    def test_a_baseline_alone_ends(self, method: str) -> None:
        """A rate that the only plan does not use gives nothing to search."""
        alone = Candidates(SPACES["baseline only"].plans, CONTINUOUS.settings)
        assert len(search(method, alone, 5)) == 1


@pytest.mark.parametrize("method", [m for m in sorted(METHODS) if not METHODS[m].fractions])
def test_a_range_without_steps_is_refused(method: str) -> None:
    """By its place, with what to write."""
    with pytest.raises(UserMistake, match=rf"{RATE}.*\n.*choice"):
        make_sampler(method, CONTINUOUS, {})


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
