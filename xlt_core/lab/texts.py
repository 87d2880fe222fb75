"""Plain text in each language, for an encoder to be pretrained on.

How much there is of a language follows its class (`Language.resource`) and the dial
`low-resource`. Some sentences are mixed with English words, as text on the web is: what lets an
encoder learn which words mean the same where scripts differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from xlt_core.lab.grammar import Speaker
from xlt_core.lab.lexicon import lexicons
from xlt_core.lab.meaning import Happening, Teller, Text
from xlt_core.lab.world import World
from xlt_core.vocabulary.languages import get_language

# Texts of a train split by resource class, at low-resource 0 and at 1.
AMOUNTS = {"high": (2000, 2000), "medium": (2000, 1000), "low": (2000, 100)}
# How many texts are mixed with English, and how many of such a text's words are English.
MIXED, MIXED_WORDS = 0.3, 0.5


@lru_cache(maxsize=64)
def texts(world: World, language: str, split: str) -> Sequence[str]:
    """Texts of one or two events in a language, in order: `train` or `dev`.

    Languages have different texts: nothing is parallel. Raises KeyError for an unknown language
    or split.
    """
    number = {"train": amount(world, language), "dev": 100}[split]
    rng = world.random("texts", language, split)
    teller = Teller(world, rng)
    speaker = Speaker(world, language)
    english = dict(zip(lexicons(world)[language].stems, lexicons(world)["en"].stems, strict=True))
    found = []
    for _ in range(number):
        said = speaker.say(_told(teller))
        if language != "en" and rng.random() < MIXED:
            words = said.split(" ")
            mixed = [
                english[word[:4]] if word[:4] in english and rng.random() < MIXED_WORDS else word
                for word in words
            ]
            said = " ".join(mixed)
        found.append(said)
    return tuple(found)


def amount(world: World, language: str) -> int:
    """How many texts of a train split a language has."""
    most, least = AMOUNTS[_class_of(language)]
    return round(most + (least - most) * world.low_resource)


def _class_of(language: str) -> str:
    return get_language(language).resource


def _told(teller: Teller) -> Text:
    """One event or two of one mood on the whole, and now and then what a person makes of it."""
    rng = teller.rng
    teller.begin()
    mood = rng.choice((-1, 1))
    events = rng.choice((1, 2))
    words = rng.randint(3 * events, 3 * events + 2)
    moods = [rng.choice((mood, mood, mood, 0, 0, -mood)) for _ in range(words)]
    scene: tuple[Happening, ...] = teller.scene(moods, events)
    return scene + (teller.claim(mood) if rng.random() < 0.5 else ())
