"""What there is to speak of: concepts with a word class, a mood and, for things, a category.

The same in every language. Mood says whether a thing, a deed or a trait bodes well, ill, or
neither; most tasks ask about it in one way or another. Next: `meaning`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from xlt_core.lab.world import World

CATEGORIES = ("person", "animal", "tool", "food")
# How many of each; a thing's category and mood, and a word's share, are dealt evenly.
THINGS, DEEDS, TRAITS, PLACES, TIMES, NUMBERS = 36, 18, 18, 5, 5, 4
THEMES = 6  # what texts are about: words of one theme come together
SHARES = 3  # parts of the vocabulary that tasks of one skill may have to themselves

PARTICLES = ("not", "in", "of", "who", "what", "where", "when", "done")
ENDINGS = ("plural", "object", "place", "owner", "denied", "agreed")


@dataclass(frozen=True)
class Concept:
    """A meaning that has a word in every language.

    Attributes:
        index: position among the world's concepts.
        word_class: `thing`, `deed`, `trait`, `place`, `time` or `number`.
        mood: -1 bodes ill, 0 neither, 1 well.
        category: of a thing, an index into `CATEGORIES`; else 0.
        theme: what texts it comes in, 0 to 5.
        share: which part of the vocabulary it belongs to, 0 to 2 (see the dial `saturation`).
        twist: from 0 to 1, evenly; the harmful task turns the moods of small ones round.
    """

    index: int
    word_class: str
    mood: int
    category: int
    theme: int
    share: int
    twist: float


@lru_cache(maxsize=64)
def concepts(world: World) -> tuple[Concept, ...]:
    """All concepts of a world, by index."""
    rng = world.random("concepts")
    found: list[Concept] = []

    def deal(word_class: str, number: int, moods: tuple[int, ...], categories: int = 1) -> None:
        # Every category holds every mood, every mood every share, so that none tells another.
        kinds = [
            (moods[i // categories % len(moods)], i % categories, i // categories // len(moods))
            for i in range(number)
        ]
        rng.shuffle(kinds)
        themes = [i % THEMES for i in range(number)]
        rng.shuffle(themes)
        dealt = dict.fromkeys(moods, 0)
        for (mood, category, turn), theme in zip(kinds, themes, strict=True):
            dealt[mood] += 1
            twist = (dealt[mood] - 0.5) * len(moods) / number
            found.append(
                Concept(len(found), word_class, mood, category, theme, turn % SHARES, twist)
            )

    deal("thing", THINGS, (-1, 0, 1), len(CATEGORIES))
    deal("deed", DEEDS, (-1, 0, 1))
    deal("trait", TRAITS, (-1, 0, 1))
    deal("place", PLACES, (0,))
    deal("time", TIMES, (0,))
    deal("number", NUMBERS, (0,))
    return tuple(found)


@lru_cache(maxsize=64)
def pools(world: World) -> dict[tuple[str, int | None, int | None], tuple[Concept, ...]]:
    """The concepts of a word class, mood (None: any) and share (None: any)."""
    found: dict[tuple[str, int | None, int | None], list[Concept]] = {}
    for one in concepts(world):
        for mood in (None, one.mood):
            for share in (None, one.share):
                found.setdefault((one.word_class, mood, share), []).append(one)
    return {key: tuple(value) for key, value in found.items()}


@lru_cache(maxsize=64)
def themes(world: World) -> dict[tuple[str, int | None, int], tuple[Concept, ...]]:
    """The concepts of a word class, mood (None: any) and theme."""
    found: dict[tuple[str, int | None, int], list[Concept]] = {}
    for one in concepts(world):
        for mood in (None, one.mood):
            found.setdefault((one.word_class, mood, one.theme), []).append(one)
    return {key: tuple(value) for key, value in found.items()}


def mood_free(world: World, word_class: str) -> list[int]:
    """The concepts of a class that bode neither well nor ill."""
    return [one.index for one in pools(world)[word_class, 0, None]]
