"""Plans: what is written is what is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import EMPTY, Member, Plan, Step

members = st.builds(
    Member,
    st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,8}", fullmatch=True),
    st.from_regex(r"[a-z]{2,3}", fullmatch=True) | st.just("en"),
)
steps = st.builds(Step, st.lists(members, min_size=1, max_size=4).map(tuple))
plans = st.builds(Plan, st.lists(steps, max_size=5).map(tuple))


class TestRoundTrip:
    @settings(max_examples=80, deadline=None)
    @given(plans)
    def test_a_plan_reads_as_it_is_written(self, plan: Plan):
        """`parse` undoes `str`."""
        assert Plan.parse(str(plan)) == plan

    @settings(max_examples=40, deadline=None)
    @given(plans, st.sampled_from(["", " ", "  "]))
    def test_spaces_do_not_matter(self, plan: Plan, space: str):
        """Around steps, mixtures and the whole."""
        text = str(plan).replace(" > ", f"{space}>{space}").replace("+", f"{space}+{space}")
        assert Plan.parse(f"{space}{text}{space}") == plan

    @settings(max_examples=40, deadline=None)
    @given(st.lists(members, min_size=1, max_size=4), st.randoms())
    def test_a_mixture_has_no_order(self, parts: list[Member], rng):
        """`qqp+squad` is `squad+qqp`, and a task twice is a task once."""
        other = [*parts, parts[0]]
        rng.shuffle(other)
        assert Step(tuple(parts)) == Step(tuple(other))


class TestPlan:
    def test_reads_steps_mixtures_and_languages(self):
        """The form of the design."""
        plan = Plan.parse("mnli > squad+qqp > panx[ru]")
        assert [str(step) for step in plan.steps] == ["mnli", "qqp+squad", "panx[ru]"]
        assert plan.steps[2].members == (Member("panx", "ru"),)

    @pytest.mark.parametrize("text", ["", "  ", EMPTY])
    def test_the_empty_plan_is_the_baseline(self, text: str):
        """It has no steps and a name of its own."""
        plan = Plan.parse(text)
        assert plan.is_baseline
        assert len(plan) == 0
        assert str(plan) == EMPTY

    def test_english_goes_without_saying(self):
        """`mnli[en]` is `mnli`."""
        assert str(Plan.parse("mnli[en]")) == "mnli"

    @settings(max_examples=40, deadline=None)
    @given(plans)
    def test_prefixes_grow_to_the_plan(self, plan: Plan):
        """One for each length from 1."""
        prefixes = plan.prefixes()
        assert [len(prefix) for prefix in prefixes] == list(range(1, len(plan) + 1))
        assert all(plan.steps[: len(prefix)] == prefix.steps for prefix in prefixes)

    @pytest.mark.parametrize(
        "text", ["MNLI", "mnli >", "> mnli", "a++b", "panx[russian]", "a b", "panx[]", "-x"]
    )
    def test_anything_else_is_the_users_mistake(self, text: str):
        """No plan is guessed."""
        with pytest.raises(UserMistake):
            Plan.parse(text)

    def test_a_step_needs_a_member(self):
        """The type rules it out."""
        with pytest.raises(ValueError, match="at least one"):
            Step(())
