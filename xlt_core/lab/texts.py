"""Plain text in each language, for an encoder to be pretrained on.

How much there is of a language follows its class (`Language.resource`) and the dial
`low-resource`. Some of it is mixed with English words, some is word lists, as text on the web is:
what lets an encoder learn which words mean the same where they are not alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from xlt_core.lab.concepts import THEMES
from xlt_core.lab.grammar import Speaker
from xlt_core.lab.lexicon import lexicons
from xlt_core.lab.meaning import Teller, Text
from xlt_core.lab.sounds import STEM
from xlt_core.lab.world import World
from xlt_core.vocabulary.languages import get_language

# Texts of a train split by resource class, at low-resource 0 and at 1.
AMOUNTS = {"high": (2000, 2000), "medium": (2000, 1000), "low": (2000, 100)}
# How many texts are mixed with English, and how many of such a text's words are English.
MIXED, MIXED_WORDS = 0.5, 0.5
# How many texts are word lists, of so many words with what they are in English; and how many of a
# language's words such lists have, by resource class.
LISTS, LISTED = 0.4, 4
KNOWN = {"high": 0.9, "medium": 0.6, "low": 0.3}
DEV = 100  # texts of a dev split, whatever the language


@lru_cache(maxsize=64)
def texts(world: World, language: str, split: str) -> Sequence[str]:
    """Texts of one or two events in a language, in order: `train` or `dev`.

    Languages have different texts: nothing is parallel. Raises KeyError for an unknown language
    or split.
    """
    rng = world.random("texts", language, split)
    teller, speaker = Teller(world, rng), Speaker(world, language)
    known = _known(world, language)
    english = dict(zip(lexicons(world)[language].stems, lexicons(world)["en"].stems, strict=True))
    found = []
    for _ in range({"train": amount(world, language), "dev": DEV}[split]):
        if known and rng.random() < LISTS:
            listed = (f"{one} {english[one]} ." for one in rng.sample(known, LISTED))
            found.append(" ".join(listed))
            continue
        said = speaker.say(_told(teller))
        if language != "en" and rng.random() < MIXED:
            said = " ".join(
                english.get(word[:STEM], word) if rng.random() < MIXED_WORDS else word
                for word in said.split(" ")
            )
        found.append(said)
    return tuple(found)


@lru_cache(maxsize=64)
def translations(world: World, language: str, split: str) -> Sequence[tuple[str, str]]:
    """English texts and what they are in another language: half as many as it has texts.

    Raises what `texts` raises.
    """
    rng = world.random("translations", language, split)
    teller, english, other = Teller(world, rng), Speaker(world, "en"), Speaker(world, language)
    number = {"train": amount(world, language) // 2, "dev": DEV}[split]
    told = [_told(teller) for _ in range(number)]
    return tuple((english.say(one), other.say(one)) for one in told)


def amount(world: World, language: str) -> int:
    """How many texts of a train split a language has."""
    most, least = AMOUNTS[_class_of(language)]
    return round(most + (least - most) * world.low_resource)


def _known(world: World, language: str) -> list[str]:
    """The words that word lists of a language have; English needs none."""
    if language == "en":
        return []
    rng, share = world.random("known", language), KNOWN[_class_of(language)]
    return [stem for stem in lexicons(world)[language].stems if rng.random() < share]


def _class_of(language: str) -> str:
    return get_language(language).resource


def _told(teller: Teller) -> Text:
    """One event or two about one thing and of one mood: what makes both felt in plain text."""
    rng = teller.rng
    teller.begin()
    teller.theme = rng.randrange(THEMES)
    mood = rng.choice((-1, 1))
    events = rng.choice((1, 2))
    words = rng.randint(3 * events, 3 * events + 2)
    moods = [rng.choice((mood, mood, 0)) for _ in range(words)]
    return teller.scene(moods, events)
