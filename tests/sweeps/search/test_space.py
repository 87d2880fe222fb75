"""The space of plans: size, rank and encoding, small and very large."""

from __future__ import annotations

from itertools import combinations, permutations
from math import comb, perm
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.search.space import PlanSpace
from sweeps.spec.sweep import Intermediate
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Plan, Step

NAMES = ("mnli", "qqp+squad", "panx[ru]", "siqa", "copa", "udpos", "sst2", "cola", "stsb", "boolq")
ORDERS = ("any", "sorted", "given")


def space(total: int, counts: tuple[int, ...], order: str = "any") -> PlanSpace:
    steps = tuple(Step.parse(name) for name in NAMES[:total])
    return PlanSpace.of(Intermediate(steps, counts, order))


def listed(*texts: str) -> PlanSpace:
    return PlanSpace.of(Intermediate((), (), plans=texts))


NINE = space(9, tuple(range(10)))
LISTED = listed("mnli", "siqa > mnli", "mnli > siqa > copa", "copa")


@st.composite
def spaces(draw: st.DrawFn, largest: int = 10) -> PlanSpace:
    total = draw(st.integers(0, largest))
    counts = draw(st.sets(st.integers(0, total)))
    return space(total, tuple(sorted(counts)), draw(st.sampled_from(ORDERS)))


@st.composite
def members(draw: st.DrawFn) -> tuple[PlanSpace, Plan]:
    own = draw(spaces() | st.sampled_from([NINE, LISTED]))
    return own, own.unrank(draw(st.integers(0, own.size - 1)))


class TestSize:
    def test_nine_of_nine_in_any_order(self) -> None:
        """Up to nine of nine tasks in every order, the empty plan among them, are 986,410."""
        assert NINE.size == 986_410

    @given(st.integers(0, 12), st.sets(st.integers(0, 12)))
    @settings(deadline=None, max_examples=50)
    def test_formula(self, total: int, counts: set[int]) -> None:
        """Sums of permutations where order varies, of combinations where it does not."""
        steps = tuple(Step.parse(f"task{at}") for at in range(total))
        kept = {0, *counts} & set(range(total + 1))
        for order, count in (("any", perm), ("sorted", comb), ("given", comb)):
            own = PlanSpace.of(Intermediate(steps, tuple(sorted(counts)), order))
            assert own.size == sum(count(total, k) for k in kept)

    def test_is_never_enumerated(self) -> None:
        """A space of more than 10^64 plans is as quick as a small one."""
        steps = tuple(Step.parse(f"task{at}") for at in range(50))
        huge = PlanSpace.of(Intermediate(steps, tuple(range(51))))
        assert huge.size > 10**64
        assert huge.rank(huge.unrank(huge.size - 1)) == huge.size - 1

    def test_counts_beyond_the_steps_are_empty(self) -> None:
        """There is no plan of four steps out of two."""
        assert space(2, (4,)).size == 1


class TestMembers:
    def test_the_baseline_is_always_first(self) -> None:
        """Rank 0 is the empty plan, whether or not the counts name it."""
        for own in (NINE, LISTED, space(3, (3,)), space(0, ()), space(3, (1, 2), "sorted")):
            assert own.unrank(0) == Plan()
            assert Plan() in own

    def test_canonical_order(self) -> None:
        """By length, then lexicographic by the position of the steps."""
        own = space(4, (0, 1, 3))
        steps = own.steps
        expected = [Plan(picks) for k in (0, 1, 3) for picks in permutations(steps, k)]
        assert list(own.plans()) == expected

    def test_canonical_order_of_sets(self) -> None:
        """The same where order does not vary."""
        own = space(5, (2, 3), "given")
        expected = [Plan(picks) for k in (0, 2, 3) for picks in combinations(own.steps, k)]
        assert list(own.plans()) == expected

    def test_sorted_goes_by_name(self) -> None:
        """`sorted` has each set once, in order of names, whatever order they were listed in."""
        assert Plan.parse("copa > mnli > siqa") in space(5, (3,), "sorted")
        assert Plan.parse("mnli > siqa > copa") not in space(5, (3,), "sorted")
        assert Plan.parse("mnli > siqa > copa") in space(5, (3,), "given")

    @pytest.mark.parametrize("text", ["boolq", "mnli > mnli", "mnli > siqa"])
    def test_what_is_not_in(self, text: str) -> None:
        """Other steps, repeats and other lengths are no members, and have no rank."""
        own = space(9, (1, 3))
        assert Plan.parse(text) not in own
        with pytest.raises(ValueError, match="not in this space"):
            own.rank(Plan.parse(text))

    @pytest.mark.parametrize("rank", [-1, 986_410])
    def test_there_is_no_such_rank(self, rank: int) -> None:
        """Ranks end at the size."""
        with pytest.raises(IndexError, match="986410"):
            NINE.unrank(rank)

    def test_overlapping_steps_can_be_left_out(self) -> None:
        """With the allowed steps given, no plan uses another one; listed plans that do are gone."""
        allowed = [Step.parse("mnli"), Step.parse("siqa")]
        own = PlanSpace.of(Intermediate(NINE.steps, (0, 1, 2)), allowed)
        assert {step for plan in own.plans() for step in plan.steps} == set(allowed)
        kept = PlanSpace.of(Intermediate((), (), plans=("mnli", "copa > mnli")), allowed)
        assert [str(plan) for plan in kept.plans()] == ["(none)", "mnli"]

    def test_listed_plans_stand_as_listed(self) -> None:
        """Explicit plans keep their order, the baseline before them, repeats once."""
        own = listed("copa", "mnli > siqa", "copa", "(none)")
        assert [str(plan) for plan in own.plans()] == ["(none)", "copa", "mnli > siqa"]

    def test_a_listed_plan_repeats_no_step(self) -> None:
        """Every plan that does is named."""
        with pytest.raises(UserMistake, match="repeats a step") as caught:
            listed("mnli > mnli", "copa", "qqp > copa > qqp")
        assert len(caught.value.mistakes) == 2

    def test_unknown_order(self) -> None:
        """The remedy names the orders there are."""
        with pytest.raises(UserMistake, match="any, sorted or given"):
            space(3, (1,), "shuffled")


class TestRank:
    @given(members())
    @settings(deadline=None, max_examples=200)
    def test_unrank_is_its_inverse(self, member: tuple[PlanSpace, Plan]) -> None:
        """Every plan has a rank of its own, and is found again by it."""
        own, plan = member
        assert plan in own
        assert own.unrank(own.rank(plan)) == plan

    @given(spaces(largest=5))
    @settings(deadline=None, max_examples=50)
    def test_covers_the_space(self, own: PlanSpace) -> None:
        """Ranks run through 0 … size - 1, each plan once."""
        plans = list(own.plans())
        assert [own.rank(plan) for plan in plans] == list(range(own.size))
        assert len(set(plans)) == own.size


class TestEncoding:
    @given(members())
    @settings(deadline=None, max_examples=200)
    def test_decode_is_the_inverse(self, member: tuple[PlanSpace, Plan]) -> None:
        """A plan comes back from its parameters, each of which is one of the choices."""
        own, plan = member
        params = own.encode(plan)
        assert own.decode(params) == plan
        assert all(value in own.choices()[name] for name, value in params.items())

    @given(spaces() | st.sampled_from([NINE, LISTED]), st.data())
    @settings(deadline=None, max_examples=200)
    def test_whatever_is_drawn_is_a_plan(self, own: PlanSpace, data: st.DataObject) -> None:
        """Any values of the choices decode to a member, and to the same one each time."""
        params = {n: data.draw(st.sampled_from(values)) for n, values in own.choices().items()}
        plan = own.decode(params)
        assert plan in own
        assert plan == own.decode(params)
        assert plan.is_baseline == (own.size == 1)

    def test_repair(self) -> None:
        """A repeated step gives way to the next unused one, cyclically."""
        params: dict[str, Any] = {"count": 3} | {f"pick{at}": "copa" for at in range(3)}
        assert str(space(5, (3,)).decode(params)) == "copa > mnli > qqp+squad"
        assert str(space(5, (3,), "given").decode(params)) == "mnli > qqp+squad > copa"

    def test_the_baseline_has_no_parameters(self) -> None:
        """It is trial 0, and not a sampler's to draw."""
        assert NINE.encode(Plan()) == {}
        assert NINE.decode({}) == Plan()
        assert 0 not in NINE.choices()["count"]

    def test_listed_plans_are_one_choice(self) -> None:
        """Explicit plans are values of one parameter."""
        assert LISTED.choices() == {"plan": ("mnli", "siqa > mnli", "mnli > siqa > copa", "copa")}
        assert LISTED.encode(Plan.parse("copa")) == {"plan": "copa"}

    def test_an_unknown_value(self) -> None:
        """What is none of the choices is refused by name."""
        with pytest.raises(ValueError, match="count must be one of"):
            NINE.decode({"count": 12})
