"""Which world: a location says it, and reads as it is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.lab.world import DIALS, World
from xlt_core.vocabulary.errors import UserMistake

STRENGTH = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
DIALLED = st.dictionaries(st.sampled_from([name.replace("-", "_") for name in DIALS]), STRENGTH)


class TestLocation:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 10**6), st.booleans(), st.integers(20, 2000), DIALLED)
    def test_reads_as_written(self, seed: int, null: bool, rows: int, dials: dict[str, float]):
        """`parse` undoes `location`."""
        world = World(seed, null, rows, **dials)
        assert World.parse(world.location) == world

    def test_the_default_world_has_no_name(self):
        """Nor does its null twin need a seed."""
        assert World().location == ""
        assert World.parse("null") == World(0, null=True)
        assert World.parse("seed=3, null") == World(3, null=True)
        assert World.parse("low-resource=1") == World(low_resource=1.0)

    @pytest.mark.parametrize(
        "text",
        [
            "3",
            "seed=",
            "seed=-1",
            "3=seed",
            "seed=3;null",
            "nul",
            "null=1",
            "rows=3",
            "seed=1,seed=1",
        ],
    )
    def test_anything_else_is_the_users_mistake(self, text: str):
        """With the forms there are."""
        with pytest.raises(UserMistake, match="write seed=3"):
            World.parse(text)

    @pytest.mark.parametrize("text", ["distance", "distance=2", "distance=nan", "distanse=0.5"])
    def test_a_dial_goes_from_0_to_1(self, text: str):
        """And the nearest to a wrong name is named."""
        with pytest.raises(UserMistake, match=r"write distance=0\.5, a number from 0 to 1"):
            World.parse(text)
