"""Each dial does what its line says, at the level of meanings and of English text."""

from __future__ import annotations

import numpy as np
import pytest

from xlt_core.lab.concepts import concepts
from xlt_core.lab.meaning import Text, mood_words
from xlt_core.lab.mood import balance
from xlt_core.lab.rows import Row, made
from xlt_core.lab.source import LabSource
from xlt_core.lab.tasks import GROWN
from xlt_core.lab.texts import texts
from xlt_core.lab.world import DIALS, World
from xlt_core.tasks.task import SPLITS
from xlt_core.vocabulary.refs import SourceRef


def rows(task: str, **dials: float) -> tuple[World, list[Row]]:
    world = World(rows=400, **dials)
    one = GROWN[task]
    return world, made(world, one.question, task, "train", not one.task.is_target)


def percent(hits: list[bool]) -> float:
    return 100.0 * float(np.mean(hits))


def mood_of(world: World, text: Text) -> int:
    """Of a text; one that is denied bodes the other way."""
    return -balance(world, text) if text[0].denied else balance(world, text)


@pytest.mark.parametrize(("dial", "least", "most"), [(1.0, 100, 100), (0.5, 70, 80), (0.0, 42, 58)])
def test_helpful_says_how_many_answers_are_right(dial: float, least: int, most: int):
    """The rest are coins, half of which are right."""
    world, found = rows("lab-mood", helpful=dial)
    told = percent([(balance(world, row.texts[0]) > 0) == (row.answer == 0) for row in found])
    assert least <= told <= most


@pytest.mark.parametrize(("dial", "least", "most"), [(0.0, 100, 100), (0.5, 60, 90), (1.0, 38, 62)])
def test_harmful_says_how_much_the_rule_differs(dial: float, least: int, most: int):
    """From the target's, which it is at 0 and has nothing to do with at 1."""
    world, found = rows("lab-twist", harmful=dial)
    moods = [[balance(world, text) for text in row.texts] for row in found]
    told = [(a * b > 0) == (row.answer == 0) for (a, b), row in zip(moods, found, strict=True) if a]
    assert least <= percent(told) <= most


def test_useless_says_how_little_is_told_of_mood():
    """At 0 the mood of the things tells something of the answer, at 1 nothing."""
    told = {}
    for dial in (0.0, 1.0):
        world, found = rows("lab-kind", useless=dial)
        told[dial] = percent(
            [(balance(world, row.texts[0]) > 0) == (row.answer in (0, 1)) for row in found]
        )
    assert told[0.0] > 70 and abs(told[1.0] - 50) < 8


def test_order_says_how_many_rows_need_the_first_task():
    """At 0 the right event bodes well wherever it stands."""
    for dial, wanted in ((0.0, 100.0), (1.0, 50.0)):
        world, found = rows("lab-echo", order=dial)
        picked = [row.texts[1 + int(row.answer)] for row in found if isinstance(row.answer, int)]
        assert abs(percent([balance(world, text) > 0 for text in picked]) - wanted) < 8


def test_saturation_says_which_words_tasks_have_in_common():
    """At 0 nearly all moods of a task are said with its own third of the words."""
    for dial in (0.0, 1.0):
        own = {}
        for share, task in enumerate(("lab-mood", "lab-omen", "lab-feel")):
            world, found = rows(task, saturation=dial)
            every = concepts(world)
            words = [i for row in found for event in row.texts[0] for i in mood_words(event)]
            own[task] = percent([every[i].share == share for i in words if every[i].mood])
        assert all(value > 75 for value in own.values()) == (dial == 0.0)
        assert all(value < 45 for value in own.values()) == (dial == 1.0)


def test_difficulty_says_how_narrow_margins_are():
    """By two words or by four."""
    for dial, margin in ((0.0, 4), (1.0, 2)):
        world, found = rows("lab-entail", difficulty=dial)
        assert {abs(balance(world, row.texts[0])) for row in found} == {margin}


@pytest.mark.parametrize("dial", [0.0, 0.5, 1.0])
def test_family_effect_says_how_many_are_denied(dial: float):
    """And what is denied bodes the other way."""
    world, found = rows("lab-entail", family_effect=dial)
    assert abs(percent([row.texts[1][0].denied for row in found]) - 100 * dial) < 8
    for row in found:
        moods = [mood_of(world, text) for text in row.texts]
        assert (moods[0] * moods[1] > 0) == (row.answer == 0)


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("dial", DIALS)
def test_a_world_is_made_at_either_end_of_a_dial(dial: str, value: float):
    """Every split of every task, and texts."""
    source = LabSource(SourceRef("lab", f"rows=20,{dial}={value}"))
    for task in GROWN:
        for split in SPLITS:
            for language in source.languages(task, split)[:2]:
                assert len(source.load(task, language, split)) == source.world.sizes[split]
    assert texts(source.world, "qfb", "dev")


def test_every_dial_has_a_test_or_a_place_where_it_is_tested():
    """Distance and low-resource change languages and texts: `test_languages`, `test_bits`."""
    here = {name.replace("-", "_") for name in DIALS} - {"distance", "low_resource"}
    named = {name for name in here if any(f"test_{name}_" in test for test in globals())}
    assert named == here
