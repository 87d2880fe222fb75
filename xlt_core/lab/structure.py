"""Tasks about how texts are built: what words are, who did what, how many, what was denied.

None of them has to do with mood (`mood`); those about parts of an event share a skill.
"""

from __future__ import annotations

import random
from dataclasses import replace

from xlt_core.lab.concepts import CATEGORIES, concepts
from xlt_core.lab.grammar import ROLES, WORD_CLASSES
from xlt_core.lab.meaning import Happening, Phrase, Teller, Text
from xlt_core.lab.rows import Question, Row, two
from xlt_core.lab.world import World

_MOODS = (-1, 0, 1)
_ASKED = ("agent", "patient")


def _plain(teller: Teller, events: int) -> Text:
    """A text whose words have any mood, as many of each as may come."""
    words = teller.rng.randint(3 * events, 4 * events)
    return teller.scene([teller.rng.choice(_MOODS) for _ in range(words)], events)


def _parsed(teller: Teller, world: World, number: int) -> Row:
    return Row((_plain(teller, teller.rng.choice((1, 2))),))


def _found(teller: Teller, world: World, number: int) -> Row:
    """A text and a question that one of its events answers."""
    text = _plain(teller, 2)
    event, role = number // 2 % 2, _ASKED[number % 2]
    question = replace(text[event], asked=role, place=None, time=None)
    return Row((text, (question,)), (event, role))


def _any_part(rng: random.Random, row: Row) -> tuple[int, str]:
    return rng.randrange(len(row.texts[0])), rng.choice(_ASKED)


def _kind(teller: Teller, world: World, number: int) -> Row:
    """What three of a text's four things are; the mood of these tells it where useless is 0."""
    rng, category = teller.rng, number % len(CATEGORIES)
    mood = 1 if category < len(CATEGORIES) // 2 else -1
    told = rng.random() >= world.useless
    text = _plain(teller, 2)
    pool = [
        one.index
        for one in concepts(world)
        if one.word_class == "thing" and one.category == category and (one.mood == mood or not told)
    ]
    things = iter(rng.sample(pool, 3))
    spared = rng.randrange(4)
    kinds = [next(things) if place != spared else None for place in range(4)]
    return Row(
        (tuple(_of_kind(event, *kinds[2 * n : 2 * n + 2]) for n, event in enumerate(text)),),
        category,
    )


def _of_kind(event: Happening, agent: int | None, patient: int | None) -> Happening:
    """The event with other things in it, where they are given."""
    if agent is not None:
        event = replace(event, agent=replace(event.agent, thing=agent))
    if patient is not None and event.patient is not None:
        event = replace(event, patient=replace(event.patient, thing=patient))
    return event


def _one_of_four(rng: random.Random, row: Row) -> int:
    return rng.randrange(len(CATEGORIES))


def _more(teller: Teller, world: World, number: int) -> Row:
    """Whether the agents or the patients of an event are more. Numbers are in order."""
    event = teller.scene([teller.rng.choice(_MOODS) for _ in range(3)], 1)[0]
    teller.begin()
    numbers = sorted(teller.concept("number") for _ in range(2))
    few, many = numbers
    agents, patients = (many, few) if number % 2 == 0 else (few, many)
    counted = replace(event, agent=_counted(event.agent, agents))
    if event.patient is not None:
        counted = replace(counted, patient=_counted(event.patient, patients))
    return Row(((counted,),), number % 2)


def _counted(phrase: Phrase, number: int) -> Phrase:
    return replace(phrase, number=number)


def _denied(teller: Teller, world: World, number: int) -> Row:
    """Whether one of a text's two events is denied."""
    text = list(_plain(teller, 2))
    if number % 2 == 0:
        at = teller.rng.randrange(2)
        text[at] = replace(text[at], denied=True)
    return Row((tuple(text),), number % 2)


def _said(teller: Teller, world: World, number: int) -> Row:
    return Row((_plain(teller, 2),))


def _nothing(rng: random.Random, row: Row) -> None:
    """Tags that are coins are drawn word by word, where the words are."""
    return


PARTS = Question(_parsed, _nothing)
PART_LABELS = tuple(name.upper() for name in WORD_CLASSES)
ROLE = Question(_parsed, _nothing)
ROLE_LABELS = tuple(name.upper() for name in ROLES)
WHO = Question(_found, _any_part)
FIND = Question(_found, _any_part)
KIND = Question(_kind, _one_of_four)
MORE = Question(_more, two)
DENIAL = Question(_denied, two, "helpful")
MATCH = Question(_said, _nothing)
