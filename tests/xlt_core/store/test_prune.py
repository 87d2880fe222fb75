"""The decision what to prune: property tests of the rule, without a store."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.store.listing import StageInfo
from xlt_core.store.prune import plan_prune, recompute_seconds

KEYS = [f"{number:x}" for number in range(12)]


@st.composite
def forests(draw: st.DrawFn) -> list[StageInfo]:
    """Stages, each perhaps starting from an earlier one or from one that is not in the store."""
    count = draw(st.integers(0, len(KEYS)))
    return [
        StageInfo(
            key=KEYS[n],
            kind="train",
            title="",
            bytes=draw(st.integers(1, 100)),
            seconds=draw(st.integers(0, 100)),
            finished=draw(st.integers(0, 5)),
            parents=tuple(draw(st.sets(st.sampled_from(["absent", *KEYS[:n]]), max_size=3))),
        )
        for n in range(count)
    ]


protections = st.sets(st.sampled_from(KEYS))
budgets = st.integers(-5, 1300)
quick = settings(max_examples=60, deadline=None)


@quick
@given(forests(), budgets, protections)
def test_the_budget_is_met_or_nothing_more_may_go(stages, budget, protected) -> None:
    """And the sums are right."""
    plan = plan_prune(stages, budget, protected)
    gone = {stage.key for stage in plan.stages}
    assert plan.freed_bytes == sum(stage.bytes for stage in plan.stages)
    assert plan.kept_bytes == sum(stage.bytes for stage in stages if stage.key not in gone)
    assert plan.kept_bytes <= budget or gone == {s.key for s in stages} - protected


@quick
@given(forests(), budgets, protections)
def test_what_is_protected_stays(stages, budget, protected) -> None:
    """Whatever the budget."""
    gone = [stage.key for stage in plan_prune(stages, budget, protected).stages]
    assert not protected & set(gone)
    assert len(gone) == len(set(gone))


@quick
@given(forests(), budgets, protections)
def test_each_that_goes_is_the_cheapest_of_its_moment(stages, budget, protected) -> None:
    """Cost per byte counts the ancestors gone before; and it stops as soon as it can."""
    plan = plan_prune(stages, budget, protected)
    known = {stage.key: stage for stage in stages}
    gone: set[str] = set()
    kept = sum(stage.bytes for stage in stages)
    for stage in plan.stages:
        assert kept > budget
        open_to = [s for s in stages if s.key not in gone | protected]
        cost = recompute_seconds(stage, known, gone) / stage.bytes
        assert cost == min(recompute_seconds(s, known, gone) / s.bytes for s in open_to)
        gone.add(stage.key)
        kept -= stage.bytes


@quick
@given(forests(), budgets, st.randoms())
def test_the_order_of_the_listing_does_not_matter(stages, budget, random) -> None:
    """The same stages, the same plan."""
    shuffled = list(stages)
    random.shuffle(shuffled)
    assert plan_prune(shuffled, budget, ()) == plan_prune(stages, budget, ())


def test_a_missing_chain_of_ancestors_counts_whole() -> None:
    """Up to the first ancestor that is still there."""
    a = StageInfo("a", "train", "", 1, 100.0, 0)
    b = StageInfo("b", "train", "", 1, 20.0, 0, parents=("a",))
    c = StageInfo("c", "train", "", 1, 3.0, 0, parents=("b",))
    known = {stage.key: stage for stage in (a, b, c)}
    assert recompute_seconds(c, known, set()) == 3.0
    assert recompute_seconds(c, known, {"b"}) == 23.0
    assert recompute_seconds(c, known, {"a", "b"}) == 123.0
    assert recompute_seconds(c, known, {"a"}) == 3.0
