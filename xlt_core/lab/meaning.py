"""What is said: events with who, to whom, where and when; a text is one to four of them.

A meaning belongs to no language: `grammar` says it in each. Concepts are named by index.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from xlt_core.lab.concepts import pools, themes
from xlt_core.lab.world import World


@dataclass(frozen=True)
class Phrase:
    """A thing, perhaps with a trait, a number (a concept; more than one of it) or an owner."""

    thing: int
    trait: int | None = None
    number: int | None = None
    owner: int | None = None


@dataclass(frozen=True)
class Happening:
    """A deed with its parts.

    Attributes:
        denied: whether it is said not to be so.
        asked: the part that a question asks for (`agent`, `patient`, `place`, `time`): a question
            word stands for it.
    """

    deed: int
    agent: Phrase
    patient: Phrase | None = None
    place: int | None = None
    time: int | None = None
    denied: bool = False
    asked: str = ""


Text = tuple[Happening, ...]

_ON_THEME = 0.9  # of the words of a text that has a theme


class Teller:
    """Draws texts. No concept comes twice in one, so that a part of it can be asked for."""

    def __init__(self, world: World, rng: random.Random) -> None:
        """`narrowed`: of the words that have a mood, this share alone; None for all.

        `theme`: what most words are about; None for anything.
        """
        self.rng = rng
        self.narrowed: int | None = None
        self.theme: int | None = None
        self._pools, self._themes = pools(world), themes(world)
        self._said: set[int] = set()

    def begin(self) -> None:
        """Begin another text."""
        self._said.clear()

    def concept(self, word_class: str, mood: int | None = None) -> int:
        """One of a class and mood that was not said yet, if there is one."""
        if self.theme is not None and self.rng.random() < _ON_THEME:
            fitting = self._themes.get((word_class, mood, self.theme), ())
            unsaid = [one.index for one in fitting if one.index not in self._said]
            if unsaid:
                self._said.add(chosen := self.rng.choice(unsaid))
                return chosen
        for share in dict.fromkeys((self.narrowed if mood else None, None)):
            pool = self._pools[word_class, mood, share]
            unsaid = [one.index for one in pool if one.index not in self._said]
            if unsaid:
                break
        else:  # of the few numbers there are, more may be wanted
            return self.rng.choice(pool).index
        self._said.add(chosen := self.rng.choice(unsaid))
        return chosen

    def scene(self, moods: Sequence[int], events: int) -> Text:
        """A text whose words have just these moods, in any order; three to five an event."""
        shapes = self._shapes(len(moods), events)
        drawn = iter(self.rng.sample(list(moods), len(moods)))
        return tuple(self._event(shape, drawn) for shape in shapes)

    def _shapes(self, words: int, events: int) -> list[tuple[bool, bool]]:
        """For each event whether its agent and its patient have a trait."""
        places = [False] * (2 * events)
        for place in self.rng.sample(range(2 * events), words - 3 * events):
            places[place] = True
        return [(places[2 * n], places[2 * n + 1]) for n in range(events)]

    def _event(self, shape: tuple[bool, bool], moods: Iterable[int]) -> Happening:
        draw = iter(moods)
        agent, patient = (self._phrase(trait, draw) for trait in shape)
        return self.circumstances(Happening(self.concept("deed", next(draw)), agent, patient))

    def _phrase(self, trait: bool, moods: Iterable[int]) -> Phrase:
        draw = iter(moods)
        thing = self.concept("thing", next(draw))
        said = self.concept("trait", next(draw)) if trait else None
        number = self.concept("number") if self.rng.random() < 0.15 else None
        return Phrase(thing, said, number)

    def circumstances(self, event: Happening) -> Happening:
        """The event somewhere or at some time, now and then."""
        drawn = self.rng.random()
        place = self.concept("place") if drawn < 0.25 else None
        time = self.concept("time") if drawn > 0.75 else None
        return replace(event, place=place, time=time)


def mood_words(event: Happening) -> tuple[int, ...]:
    """The concepts of an event whose mood counts."""
    phrases = [one for one in (event.agent, event.patient) if one is not None]
    parts = [part for one in phrases for part in (one.thing, one.trait) if part is not None]
    return (*parts, event.deed)
