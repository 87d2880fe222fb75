"""Recipes: exactly one of steps and epochs, and every field in the identity."""

from __future__ import annotations

import pytest

from xlt_core.vocabulary.fingerprint import canonical_json
from xlt_core.vocabulary.recipe import INTRODUCED, Recipe

OTHER = {"freeze": ("layers:2",), "head": "keep", "precision": "bfloat16", "warmup": 0.2}


class TestRecipe:
    @pytest.mark.parametrize("given", [{}, {"steps": 10, "epochs": 1.0}])
    def test_sets_exactly_one_of_steps_and_epochs(self, given):
        """Neither, or both, is no recipe."""
        with pytest.raises(ValueError, match="exactly one"):
            Recipe(**given)

    def test_every_field_is_part_of_its_identity(self):
        """Away from what it was introduced with; the method's part is the method's to say."""
        other = {name: OTHER.get(name, 3) for name in INTRODUCED if name != "epochs"}
        recipe = Recipe(**other)
        assert set(recipe.identity()) == set(other) - {"method", "options"}
        assert canonical_json(recipe.identity())

    def test_a_field_that_came_later_leaves_keys_as_they_were(self):
        """At its first default it is not said, so that results from before it are found."""
        assert "attention_dropout" not in Recipe(steps=10).identity()

    def test_what_trains_alike_is_one_recipe(self):
        """However it is written."""
        one = Recipe(steps=1, weight_decay=0.0, freeze=("embeddings", "layers:1"))
        other = Recipe(steps=1, weight_decay=-0.0, freeze=("layers:1", "embeddings", "layers:1"))
        assert canonical_json(one.identity()) == canonical_json(other.identity())

    def test_is_a_value(self):
        """Equal fields make equal recipes, usable as keys."""
        assert len({Recipe(steps=1), Recipe(steps=1), Recipe(steps=2)}) == 2
