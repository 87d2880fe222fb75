"""Searched settings: their size, order, and what two trials have in common."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.search.candidates import Candidates
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.spec.sweep import Intermediate, Range
from xlt_core.vocabulary.plan import Plan, Step

TRAIN, TARGET = "recipe.train.learning_rate", "recipe.target.steps"
CHOICES = Range("choice", choices=(1e-5, 3e-5))
STEPS = Range("int", 100, 102)
LOG = Range("log", 1e-5, 4e-5)


def plans(*names: str) -> PlanSpace:
    return PlanSpace.of(Intermediate(tuple(map(Step.parse, names)), (0, 1)))


class TestSettingsSpace:
    def test_size(self) -> None:
        """The product of what each field may be; None where one is continuous; 1 without any."""
        assert SettingsSpace().size == 1
        assert SettingsSpace({TRAIN: CHOICES, TARGET: STEPS}).size == 6
        assert SettingsSpace({TRAIN: LOG, TARGET: STEPS}).size is None
        assert SettingsSpace({TRAIN: Range("log", 1e-5, 1e-5)}).size == 1

    def test_unrank(self) -> None:
        """Every setting once, and found again by its rank."""
        own = SettingsSpace({TRAIN: CHOICES, TARGET: STEPS})
        found = [own.unrank(rank) for rank in range(6)]
        assert [own.rank(one) for one in found] == list(range(6))
        assert len({tuple(sorted(one.items())) for one in found}) == 6

    def test_opening(self) -> None:
        """The baseline has the first choice, and the middle of a range (geometric where log)."""
        own = SettingsSpace({"a": CHOICES, "b": STEPS, "c": LOG, "d": Range("float", 0, 3)})
        opening = own.opening()
        assert (opening["a"], opening["b"], opening["d"]) == (1e-5, 101, 1.5)
        assert abs(opening["c"] - 2e-5) < 1e-12

    @given(st.integers(0, 2**62))
    @settings(deadline=None, max_examples=50)
    def test_draws_stay_inside(self, seed: int) -> None:
        """A draw depends on its seed alone and lies in the range."""
        own = SettingsSpace({"a": CHOICES, "b": STEPS, "c": LOG, "d": Range("float", -1, 1)})
        drawn = own.draw(seed)
        assert drawn == own.draw(seed)
        assert drawn["a"] in CHOICES.choices
        assert 100 <= drawn["b"] <= 102
        assert 1e-5 <= drawn["c"] <= 4e-5
        assert -1 <= drawn["d"] <= 1

    def test_restore(self) -> None:
        """A choice that JSON has no form for comes back as it was."""
        own = SettingsSpace({"recipe.train.freeze": Range("choice", choices=((), ("embeddings",)))})
        was = {"recipe.train.freeze": ("embeddings",)}
        assert own.restore(json.loads(json.dumps(was))) == was


class TestCandidates:
    def test_a_baseline_does_not_depend_on_intermediate_training(self) -> None:
        """Two baselines that differ in what they never use are one trial."""
        own = Candidates(plans("mnli"), SettingsSpace({TRAIN: CHOICES, TARGET: STEPS}))
        one = own.canonical(Plan(), {TRAIN: 1e-5, TARGET: 100})
        assert one == own.canonical(Plan(), {TRAIN: 3e-5, TARGET: 100})
        assert one != own.canonical(Plan(), {TRAIN: 1e-5, TARGET: 101})
        mnli = Plan.parse("mnli")
        low, high = ({TRAIN: value, TARGET: 100} for value in CHOICES.choices)
        assert own.canonical(mnli, low) != own.canonical(mnli, high)

    def test_onwards_goes_once_around(self) -> None:
        """From any candidate on, every one comes up."""
        own = Candidates(plans("mnli", "qqp"), SettingsSpace({TRAIN: CHOICES}))
        found = list(own.onwards(Plan.parse("mnli"), {TRAIN: 3e-5}))
        assert found[0] == (Plan.parse("mnli"), {TRAIN: 3e-5})
        assert len({own.key(*one) for one in found}) == 5  # two plans at two rates, one baseline
