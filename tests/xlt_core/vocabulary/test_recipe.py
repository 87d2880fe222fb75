"""Recipes: exactly one of steps and epochs, and every field in the identity."""

from __future__ import annotations

from dataclasses import fields

import pytest

from xlt_core.vocabulary.fingerprint import canonical_json
from xlt_core.vocabulary.recipe import Recipe


class TestRecipe:
    @pytest.mark.parametrize("given", [{}, {"steps": 10, "epochs": 1.0}])
    def test_sets_exactly_one_of_steps_and_epochs(self, given):
        """Neither, or both, is no recipe."""
        with pytest.raises(ValueError, match="exactly one"):
            Recipe(**given)

    def test_every_field_is_part_of_its_identity(self):
        """Nothing about training is left out of a key."""
        recipe = Recipe(steps=10, freeze=("layers:2",), attention_dropout=0.0)
        assert set(recipe.identity()) == {field.name for field in fields(Recipe)}
        assert canonical_json(recipe.identity())

    def test_a_field_that_came_later_leaves_keys_as_they_were(self):
        """At its first default it is not said, so that results from before it are found."""
        assert "attention_dropout" not in Recipe(steps=10).identity()

    def test_is_a_value(self):
        """Equal fields make equal recipes, usable as keys."""
        assert len({Recipe(steps=1), Recipe(steps=1), Recipe(steps=2)}) == 2
