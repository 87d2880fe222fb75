"""Tasks about mood: does what is told bode well or ill, and who would be glad of it.

`scene` is what they share: a text of a mood, by a narrow margin or a wide one. Whether a person
is glad with good reason (`agrees`) needs the mood of two texts at once; neither tells it alone.
"""

from __future__ import annotations

import random

from xlt_core.lab.concepts import concepts
from xlt_core.lab.meaning import Happening, Teller, Text, mood_words
from xlt_core.lab.rows import Question, Row, two
from xlt_core.lab.world import World

# Words that bode one way and the other, in a text of two events (6 to 8 words that may).
_NARROW, _WIDE = ((2, 1), (3, 2)), ((4, 0), (4, 1), (5, 1))


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
    mood = teller.rng.choice((-1, 1))
    claimed = mood if number % 2 == 0 else -mood
    return Row((scene(teller, world, mood), teller.claim(claimed)), number % 2)


def _twisted(teller: Teller, world: World, number: int) -> Row:
    """As `_agrees`, but half the words bode the other way round at `harmful` 1."""
    while True:
        teller.begin()
        text = scene(teller, world, teller.rng.choice((-1, 1)))
        mood = balance(world, text, world.harmful / 2.0)
        if mood:
            break
    claimed = mood if number % 2 == 0 else -mood
    return Row((text, teller.claim(1 if claimed > 0 else -1)), number % 2)


def _echoed(teller: Teller, world: World, number: int) -> Row:
    """Which of two stances goes with a text."""
    mood = teller.rng.choice((-1, 1))
    text = scene(teller, world, mood)
    right, wrong = teller.claim(mood), teller.claim(-mood)
    choices = (right, wrong) if number % 2 == 0 else (wrong, right)
    return Row((text, *choices), number % 2)


def _next(teller: Teller, world: World, number: int) -> Row:
    """Which of two events a stance is about."""
    mood = teller.rng.choice((-1, 1))
    claim = teller.claim(mood)
    right, wrong = (_event(teller, sign * mood) for sign in (1, -1))
    choices = (right, wrong) if number % 2 == 0 else (wrong, right)
    return Row((claim, *choices), number % 2)


def _event(teller: Teller, mood: int) -> tuple[Happening, ...]:
    most = teller.rng.choice((2, 3))
    return teller.scene([mood] * most + [0] * (4 - most), 1)


MOOD = _told(0)
OMEN = _told(1)
FEEL = Question(_felt, _any_number, "helpful")
ENTAIL = Question(_agrees, two)
TWIST = Question(_twisted, two, "")
ECHO = Question(_echoed, two, "helpful")
NEXT = Question(_next, two)
