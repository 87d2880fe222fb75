"""The world: the same from the same seed, with words that belong to one concept each."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.lab.rows import SIZES, TARGET, rows
from xlt_core.lab.tasks import lab_tasks
from xlt_core.lab.world import CONCEPTS, DISTANCE, LANGUAGES, World
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.languages import get_language

WORLDS = [World(), World(3), World(4, null=True)]


class TestLocation:
    @settings(max_examples=30, deadline=None)
    @given(st.builds(World, st.integers(0, 10**6), st.booleans()))
    def test_reads_as_written(self, world: World):
        """`parse` undoes `location`."""
        assert World.parse(world.location) == world

    def test_the_default_world_has_no_name(self):
        """Nor does its null twin need a seed."""
        assert World().location == ""
        assert World.parse("null") == World(0, null=True)
        assert World.parse("seed=3, null") == World(3, null=True)

    @pytest.mark.parametrize("text", ["3", "seed=", "seed=-1", "seeds=3", "seed=3;null", "nul"])
    def test_anything_else_is_the_users_mistake(self, text: str):
        """With the forms there are."""
        with pytest.raises(UserMistake, match="write seed=3"):
            World.parse(text)


class TestLexicon:
    @pytest.mark.parametrize("world", WORLDS, ids=str)
    def test_no_word_belongs_to_two_concepts_or_languages(self, world: World):
        """So that a word's vector can be one concept's."""
        words = [word for language in LANGUAGES for word in world.lexicon[language]]
        assert len(words) == len(set(words)) == CONCEPTS * len(LANGUAGES)
        assert all(word.isalpha() and word.islower() for word in words)

    def test_related_languages_share_stems(self):
        """One sound law apart; the others have nothing in common."""
        lexicon = World().lexicon
        consonants = "fhjlmnrsvwz"  # untouched by the law
        skeletons = {
            code: ["".join(c for c in word[:4] if c in consonants) for word in lexicon[code]]
            for code in LANGUAGES
        }
        assert skeletons["qla"] == skeletons["qlb"]
        assert skeletons["qla"] != skeletons["qlc"] != skeletons["en"]

    def test_families_are_those_of_the_table_of_languages(self):
        """Related here, related there; the nearest family is the nearest to English."""
        families = {code: get_language(code).family for code in LANGUAGES}
        assert families["qla"] == families["qlb"] != families["qlc"]
        assert DISTANCE["en"] < DISTANCE["qla"] < DISTANCE["qlb"] < DISTANCE["qlc"]


@pytest.mark.parametrize("world", WORLDS, ids=str)
class TestRows:
    def test_labels_of_the_target_say_how_warm_a_pair_is(self, world: World):
        """More warm than cold concepts, as many, or fewer."""
        for row in rows(world, TARGET, "test"):
            balance = sum(world.concepts[i].warmth for segment in row.segments for i in segment)
            assert row.labels == ((balance < 0) + (balance <= 0),)

    def test_labels_of_the_target_are_balanced(self, world: World):
        """Chance is a third."""
        counts = Counter(row.labels for row in rows(world, TARGET, "test"))
        assert max(counts.values()) - min(counts.values()) <= 1

    @pytest.mark.parametrize("task", [task.name for task in lab_tasks()])
    def test_splits_share_no_row(self, world: World, task: str):
        """Nothing of test is trained on."""
        texts = {split: {row.segments for row in rows(world, task, split)} for split in SIZES}
        assert not texts["train"] & texts["test"]
        assert not texts["train"] & texts["dev"]
        assert not texts["dev"] & texts["test"]


class TestNullWorld:
    def test_has_its_twins_target(self):
        """Row for row: the baseline is the same."""
        for split in SIZES:
            assert rows(World(5), TARGET, split) == rows(World(5, null=True), TARGET, split)

    def test_has_its_twins_texts_with_labels_that_say_nothing(self):
        """Warmth tells the label of a pair in the planted world and not in the null one."""
        for null, agreement in ((False, (1.0, 1.0)), (True, (0.4, 0.6))):
            world = World(5, null)
            pairs = rows(world, "lab-pairs", "train")
            assert [row.segments for row in pairs] == [
                row.segments for row in rows(World(5), "lab-pairs", "train")
            ]
            told = [
                (sum(world.concepts[i].warmth for s in row.segments for i in s) < 0)
                == bool(row.labels[0])
                for row in pairs
            ]
            assert agreement[0] <= sum(told) / len(told) <= agreement[1]
