"""The world: the same from the same seed, with words that belong to one concept each."""

from __future__ import annotations

from collections import Counter

import pytest

from xlt_core.lab.small.rows import SIZES, TARGET, rows
from xlt_core.lab.small.tasks import TASKS
from xlt_core.lab.small.world import CONCEPTS, DISTANCE, LANGUAGES, SmallWorld
from xlt_core.vocabulary.languages import get_language

WORLDS = [SmallWorld(), SmallWorld(3), SmallWorld(4, null=True)]


class TestLexicon:
    @pytest.mark.parametrize("world", WORLDS, ids=str)
    def test_no_word_belongs_to_two_concepts_or_languages(self, world: SmallWorld):
        """So that a word's vector can be one concept's."""
        words = [word for language in LANGUAGES for word in world.lexicon[language]]
        assert len(words) == len(set(words)) == CONCEPTS * len(LANGUAGES)
        assert all(word.isalpha() and word.islower() for word in words)

    def test_related_languages_share_stems(self):
        """One sound law apart; the others have nothing in common."""
        lexicon = SmallWorld().lexicon
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
    def test_labels_of_the_target_say_how_warm_a_pair_is(self, world: SmallWorld):
        """More warm than cold concepts, as many, or fewer."""
        for row in rows(world, TARGET, "test"):
            balance = sum(world.concepts[i].warmth for segment in row.segments for i in segment)
            assert row.labels == ((balance < 0) + (balance <= 0),)

    def test_labels_of_the_target_are_balanced(self, world: SmallWorld):
        """Chance is a third."""
        counts = Counter(row.labels for row in rows(world, TARGET, "test"))
        assert max(counts.values()) - min(counts.values()) <= 1

    @pytest.mark.parametrize("task", [task.name for task in TASKS])
    def test_splits_share_no_row(self, world: SmallWorld, task: str):
        """Nothing of test is trained on."""
        texts = {split: {row.segments for row in rows(world, task, split)} for split in SIZES}
        assert not texts["train"] & texts["test"]
        assert not texts["train"] & texts["dev"]
        assert not texts["dev"] & texts["test"]


class TestNullWorld:
    def test_has_its_twins_target(self):
        """Row for row: the baseline is the same."""
        for split in SIZES:
            assert rows(SmallWorld(5), TARGET, split) == rows(
                SmallWorld(5, null=True), TARGET, split
            )

    def test_has_its_twins_texts_with_labels_that_say_nothing(self):
        """Warmth tells the label of a pair in the planted world and not in the null one."""
        for null, agreement in ((False, (1.0, 1.0)), (True, (0.4, 0.6))):
            world = SmallWorld(5, null)
            pairs = rows(world, "lab-pairs", "train")
            assert [row.segments for row in pairs] == [
                row.segments for row in rows(SmallWorld(5), "lab-pairs", "train")
            ]
            told = [
                (sum(world.concepts[i].warmth for s in row.segments for i in s) < 0)
                == bool(row.labels[0])
                for row in pairs
            ]
            assert agreement[0] <= sum(told) / len(told) <= agreement[1]
