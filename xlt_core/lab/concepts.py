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
THINGS, DEEDS, TRAITS, STANCES, PLACES, TIMES, NUMBERS = 48, 24, 24, 12, 8, 6, 5
SHARES = 3  # parts of the vocabulary that tasks of one skill may have to themselves

PARTICLES = ("not", "in", "of", "who", "what", "where", "when", "done")
ENDINGS = ("plural", "object", "place", "owner", "denied", "agreed")


@dataclass(frozen=True)
class Concept:
    """A meaning that has a word in every language.

    Attributes:
        index: position among the world's concepts.
        word_class: `thing`, `deed`, `trait`, `stance`, `place`, `time` or `number`.
        mood: -1 bodes ill, 0 neither, 1 well.
        category: of a thing, an index into `CATEGORIES`; else 0.
        share: which part of the vocabulary it belongs to, 0 to 2 (see the dial `saturation`).
        twist: from 0 to 1; the harmful task turns the moods of the smaller ones round.
    """

    index: int
    word_class: str
    mood: int
    category: int
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
        for mood, category, turn in kinds:
            found.append(
                Concept(len(found), word_class, mood, category, turn % SHARES, rng.random())
            )

    deal("thing", THINGS, (-1, 0, 1), len(CATEGORIES))
    deal("deed", DEEDS, (-1, 0, 1))
    deal("trait", TRAITS, (-1, 0, 1))
    deal("stance", STANCES, (-1, 1))
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
