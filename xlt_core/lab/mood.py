"""Tasks about mood: does what is told bode well or ill, and does something else bode alike.

`scene` is what they share: a text of a mood, by a narrow margin or a wide one. Whether two texts
bode alike needs the mood of both; neither tells it alone, nor does any word.
"""

from __future__ import annotations

import random
from dataclasses import replace

from xlt_core.lab.concepts import concepts
from xlt_core.lab.meaning import Teller, Text, mood_words
from xlt_core.lab.rows import Question, Row, two
from xlt_core.lab.world import World

# Words that bode one way and the other, in a text of two events (6 to 8 words that may).
_NARROW, _WIDE = ((2, 0), (3, 1)), ((4, 0), (5, 1))


def scene(teller: Teller, world: World, mood: int) -> Text:
    """A text of two events whose words bode well (1) or ill (-1) on the whole."""
    rng = teller.rng
    narrow = rng.random() < world.difficulty
    most, least = rng.choice(_NARROW if narrow else _WIDE)
    neither = rng.randint(6, 8) - most - least
    return teller.scene([mood] * most + [-mood] * least + [0] * neither, 2)


def balance(world: World, text: Text, twisted: float = 0.0) -> int:
    """The sum of the moods of its words; those twisted that far count the other way round."""
    every = concepts(world)
    words = (every[index] for event in text for index in mood_words(event))
    return sum(-one.mood if one.twist < twisted else one.mood for one in words)


def _narrow(teller: Teller, world: World, share: int) -> None:
    """Have the moods said with one share of the words, or with all: as `saturation` says."""
    teller.narrowed = None if teller.rng.random() < world.saturation else share


def _told(share: int) -> Question:
    def make(teller: Teller, world: World, number: int) -> Row:
        _narrow(teller, world, share)
        row = Row((scene(teller, world, 1 - 2 * (number % 2)),), number % 2)
        teller.narrowed = None
        return row

    return Question(make, two, "helpful")


def _felt(teller: Teller, world: World, number: int) -> Row:
    _narrow(teller, world, 2)
    text = scene(teller, world, 1 - 2 * (number % 2))
    teller.narrowed = None
    return Row((text,), float(balance(world, text)))


def _any_number(rng: random.Random, row: Row) -> float:
    return float(rng.randint(-4, 4))


def _agrees(teller: Teller, world: World, number: int) -> Row:
    """A text of a mood, and an event that bodes alike or not; denied, it bodes the other way."""
    mood = _either(teller)
    claimed = mood if number % 2 == 0 else -mood
    text = scene(teller, world, mood)
    if teller.rng.random() >= world.family_effect:
        return Row((text, _event(teller, claimed)), number % 2)
    (event,) = _event(teller, -claimed)
    return Row((text, (replace(event, denied=True),)), number % 2)


def _twisted(teller: Teller, world: World, number: int) -> Row:
    """As `_agrees`, but half the words bode the other way round at `harmful` 1."""
    mood = _either(teller)
    claimed = mood if number % 2 == 0 else -mood
    while True:
        teller.begin()
        text, claim = scene(teller, world, _either(teller)), _event(teller, _either(teller))
        moods = [balance(world, one, world.harmful / 2.0) for one in (text, claim)]
        if moods[0] * mood > 0 and moods[1] * claimed > 0:
            return Row((text, claim), number % 2)


def _echoed(teller: Teller, world: World, number: int) -> Row:
    """Which of two events bodes as the text does; where order is 0, well."""
    mood = _either(teller) if teller.rng.random() < world.order else 1
    text = scene(teller, world, mood)
    right, wrong = (_event(teller, sign * mood) for sign in (1, -1))
    choices = (right, wrong) if number % 2 == 0 else (wrong, right)
    return Row((text, *choices), number % 2)


def _next(teller: Teller, world: World, number: int) -> Row:
    """Which of two texts bodes as the event does."""
    mood = _either(teller)
    event = _event(teller, mood)
    right, wrong = (_event(teller, sign * mood) for sign in (1, -1))
    choices = (right, wrong) if number % 2 == 0 else (wrong, right)
    return Row((event, *choices), number % 2)


def _either(teller: Teller) -> int:
    return teller.rng.choice((-1, 1))


def _event(teller: Teller, mood: int) -> Text:
    """One event of a mood, three of its four words."""
    return teller.scene([mood, mood, mood, 0], 1)


MOOD = _told(0)
OMEN = _told(1)
FEEL = Question(_felt, _any_number, "helpful")
ENTAIL = Question(_agrees, two)
TWIST = Question(_twisted, two, "")
ECHO = Question(_echoed, two, "helpful")
NEXT = Question(_next, two)
