"""What the texts hold: skills that tasks share, and no surface that gives labels away.

A ridge regression on bags of English stems is all there is to learn with here; it stands for what
can be read off words alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from xlt_core.lab.languages import CODES
from xlt_core.lab.lexicon import lexicons
from xlt_core.lab.sounds import STEM
from xlt_core.lab.source import LabSource
from xlt_core.lab.tasks import GROWN
from xlt_core.lab.world import World
from xlt_core.vocabulary.refs import SourceRef

Floats = NDArray[np.float64]
LAB, NULL = (LabSource(SourceRef("lab", text)) for text in ("", "null"))
STEMS = {stem: index for index, stem in enumerate(lexicons(World())["en"].stems)}
TOLD = [("lab-mood", 75, 100), ("lab-kind", 42, 58)]
TARGETS = ["lab-entail", "lab-next", "lab-role", "lab-find", "lab-match"]
CHANCE = 8.0  # percent off a half: three standard errors of 320 rows


def rows(task: str, split: str, source: LabSource = LAB, language: str = "en") -> Sequence[Any]:
    return source.load(task, language, split)


def bag(text: str) -> Floats:
    """How often each stem of English occurs, and how many words there are."""
    found = np.zeros(len(STEMS) + 1)
    for word in text.split(" "):
        if word[:STEM] in STEMS:
            found[STEMS[word[:STEM]]] += 1.0
    found[-1] = 1.0
    return found


def learnt(bags: Floats, labels: Sequence[float]) -> Floats:
    """Weights of a ridge regression on labels of mean 0."""
    wanted = np.asarray(labels, dtype=float)
    square = bags.T @ bags + 3.0 * np.eye(bags.shape[1])
    weights: Floats = np.linalg.solve(square, bags.T @ (wanted - wanted.mean()))
    return weights


def of_texts(task: str, split: str, source: LabSource = LAB) -> tuple[Floats, list[float]]:
    """Bags and labels of a task of single texts."""
    found = rows(task, split, source)
    values = [row.value if hasattr(row, "value") else float(row.label == 0) for row in found]
    return np.stack([bag(row.first) for row in found]), values


def right(scores: Floats, labels: Sequence[float]) -> float:
    """Percent of rows on the right side of a half."""
    return 100.0 * float(np.mean((scores > np.median(scores)) == (np.asarray(labels) > 0.5)))


class TestSharedSkills:
    @pytest.mark.parametrize("task", ["lab-omen", "lab-feel"])
    def test_one_skill_is_learnt_from_either_task(self, task: str):
        """What was learnt of another task of the skill tells moods; what of a useless one does
        not."""
        bags, labels = of_texts("lab-mood", "test")
        assert right(bags @ learnt(*of_texts(task, "train")), labels) > 70.0
        useless = right(bags @ learnt(*of_texts("lab-kind", "train")), labels)
        assert abs(useless - 50.0) < CHANCE

    @pytest.mark.parametrize(
        ("task", "least", "most"), [("lab-mood", 75, 100), ("lab-kind", 42, 58)]
    )
    def test_the_target_needs_moods_and_they_are_enough(self, task: str, least: int, most: int):
        """Whether two texts bode alike is told by the mood of each, and not by what they are of."""
        weights = learnt(*of_texts(task, "train"))
        found = rows("lab-entail", "test")
        alike = [(weights @ bag(row.first) > 0) == (weights @ bag(row.second) > 0) for row in found]
        told = np.mean([one == (row.label == 0) for one, row in zip(alike, found, strict=True)])
        assert least <= 100 * told <= most

    def test_the_second_of_the_pair_needs_the_first(self):
        """`lab-echo` is told by moods and by nothing that its own words have in common."""
        weights = learnt(*of_texts("lab-mood", "train"))
        found = rows("lab-echo", "test")
        scores = np.array(
            [[weights @ bag(text) for text in (row.context, *row.choices)] for row in found]
        )
        chosen = (scores[:, 0] * (scores[:, 2] - scores[:, 1]) > 0).astype(int)
        assert 100 * np.mean(chosen == [row.label for row in found]) > 75

    def test_the_harmful_task_contradicts(self):
        """The mood of half of the words is turned round: its rule tells the target nothing."""
        weights = learnt(*of_texts("lab-mood", "train"))
        found = rows("lab-twist", "test")
        alike = [(weights @ bag(row.first) > 0) == (weights @ bag(row.second) > 0) for row in found]
        told = np.mean([one == (row.label == 0) for one, row in zip(alike, found, strict=True)])
        assert abs(100 * told - 50) < 2 * CHANCE


class TestSurface:
    @pytest.mark.parametrize("task", ["lab-entail", "lab-twist"])
    @pytest.mark.parametrize("seen", ["both", "first", "second"])
    def test_a_pair_is_told_by_no_words(self, task: str, seen: str):
        """Nor by those of either half."""

        def read(split: str) -> tuple[Floats, list[float]]:
            found = rows(task, split)
            texts = {
                "both": [f"{row.first} {row.second}" for row in found],
                "first": [row.first for row in found],
                "second": [row.second for row in found],
            }[seen]
            return np.stack([bag(text) for text in texts]), [float(row.label == 0) for row in found]

        bags, labels = read("test")
        assert abs(right(bags @ learnt(*read("train")), labels) - 50.0) < CHANCE

    @pytest.mark.parametrize("task", ["lab-echo", "lab-next"])
    def test_a_choice_is_told_by_no_words_of_its_own(self, task: str):
        """The choices alone say nothing."""

        def read(split: str) -> tuple[Floats, list[float]]:
            found = rows(task, split)
            differences = [bag(row.choices[0]) - bag(row.choices[1]) for row in found]
            return np.stack(differences), [float(row.label == 0) for row in found]

        differences, labels = read("test")
        assert abs(right(differences @ learnt(*read("train")), labels) - 50.0) < CHANCE

    @pytest.mark.parametrize("task", ["lab-mood", "lab-omen", "lab-entail", "lab-more"])
    def test_length_and_place_say_nothing(self, task: str):
        """How long texts are, and which words come first and last but for their stems."""

        def read(split: str) -> tuple[Floats, list[float]]:
            found = rows(task, split)
            texts = [
                row.first if row.second is None else f"{row.first} {row.second}" for row in found
            ]
            shapes = [
                [1.0, len(text), text.count(" "), text.index("."), len(set(text))] for text in texts
            ]
            return np.array(shapes), [float(row.label == 0) for row in found]

        shapes, labels = read("test")
        assert abs(right(shapes @ learnt(*read("train")), labels) - 50.0) < CHANCE

    def test_answers_are_balanced(self):
        """Classes, right choices, and the events that answer questions."""
        for name, one in GROWN.items():
            if one.task.kind in ("classification", "multiple_choice"):
                counts = Counter(row.label for row in rows(name, "test"))
                assert max(counts.values()) - min(counts.values()) <= 2, name
        for name in ("lab-who", "lab-find"):
            first = np.mean(
                [row.answers[0][1] < row.context.index(".") for row in rows(name, "test")]
            )
            assert abs(100 * first - 50) < CHANCE


class TestParallel:
    @pytest.mark.parametrize(
        "task", ["lab-entail", "lab-next", "lab-role", "lab-find", "lab-match"]
    )
    def test_every_language_says_every_row(self, task: str):
        """The very same concepts, in words of its own."""
        told = {
            code: [_concepts(code, _text(row)) for row in rows(task, "test", language=code)]
            for code in LAB.languages(task, "test")
        }
        first = next(iter(told.values()))
        assert len(told) >= 12 and all(concepts == first for concepts in told.values())
        assert len(first) == World().sizes["test"] and all(first)

    @pytest.mark.parametrize("code", CODES)
    def test_an_answer_is_the_same_part_in_every_language(self, code: str):
        """Of the same concepts."""
        for own, english in zip(
            rows("lab-find", "test", language=code), rows("lab-find", "test"), strict=True
        ):
            assert _concepts(code, own.answers[0][0]) == _concepts("en", english.answers[0][0])


def _text(row: Any) -> str:
    words = getattr(row, "words", None)
    if words is not None:
        return " ".join(words)
    names = ("first", "second", "context", "sentence")
    texts = (getattr(row, name, None) for name in names)
    return " ".join(text for text in texts if text)


def _concepts(code: str, text: str) -> Counter[int]:
    stems = {stem: index for index, stem in enumerate(lexicons(World())[code].stems)}
    return Counter(stems[word[:STEM]] for word in text.split(" ") if word[:STEM] in stems)


class TestNullWorld:
    @pytest.mark.parametrize("name", [name for name, one in GROWN.items() if one.task.is_target])
    def test_has_its_twins_targets(self, name: str):
        """Row for row."""
        assert rows(name, "test", NULL, "qeb") == rows(name, "test", LAB, "qeb")

    @pytest.mark.parametrize(
        "name", [name for name, one in GROWN.items() if not one.task.is_target]
    )
    def test_has_its_twins_texts_with_other_answers(self, name: str):
        """In every intermediate task."""
        twin, own = rows(name, "train", LAB, "qab"), rows(name, "train", NULL, "qab")
        assert [_text(row) for row in own] == [_text(row) for row in twin]
        same = np.mean([one == other for one, other in zip(own, twin, strict=True)])
        assert same < 0.65

    def test_nothing_is_learnt_of_it(self):
        """Moods are not told by what its tasks teach."""
        bags, labels = of_texts("lab-mood", "test")
        taught = of_texts("lab-mood", "train", NULL)
        assert abs(right(bags @ learnt(*taught), labels) - 50.0) < CHANCE
