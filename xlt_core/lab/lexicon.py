"""Words: for each language a stem for each concept, particles and endings.

Words of a family are inherited, and parted by regular sound change; some are a language's own;
families beyond English's have taken some from English as they are (loans). The dial `distance`
says how many: at 0 every language has English's stems, at 1 there is no loan. No language has two
concepts in one stem. Next: `grammar`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from xlt_core.lab.concepts import ENDINGS, PARTICLES, concepts
from xlt_core.lab.languages import CODES, LANGUAGES, changes, family
from xlt_core.lab.sounds import ending, particle, stem, written
from xlt_core.lab.world import World
from xlt_core.vocabulary.languages import get_language

ENGLISH_FAMILY = family("en")


@dataclass(frozen=True)
class Lexicon:
    """The words of one language, in its script.

    Attributes:
        stems: by concept.
        particles: by name, one of `concepts.PARTICLES`.
        endings: by name, one of `concepts.ENDINGS`.
        loans: concepts whose stem is English's own, taken as it is.
    """

    stems: tuple[str, ...]
    particles: Mapping[str, str]
    endings: Mapping[str, str]
    loans: frozenset[int]


@lru_cache(maxsize=16)
def lexicons(world: World) -> dict[str, Lexicon]:
    """Every language's words."""
    stems = _english_family(world)
    loans: dict[str, frozenset[int]] = dict.fromkeys(stems, frozenset())
    for name in dict.fromkeys(map(family, CODES)):
        if name != ENGLISH_FAMILY:
            taken = _loans(world, name)
            stems |= _family(world, name, {index: stems["en"][index] for index in taken})
            loans |= dict.fromkeys(_members(name), taken)
    return {code: _lexicon(world, code, stems[code], loans[code]) for code in CODES}


def _english_family(world: World) -> dict[str, list[str]]:
    return _family(world, ENGLISH_FAMILY, {})


def _loans(world: World, name: str) -> frozenset[int]:
    """A quarter of all at distance 0.5. The same concepts, and more, at smaller distances."""
    rng = world.random("loans", name)
    share = (1.0 - world.distance) ** 2
    return frozenset(one.index for one in concepts(world) if rng.random() < share)


def _family(world: World, name: str, taken: Mapping[int, str]) -> dict[str, list[str]]:
    """Stems in Latin letters of every language of a family, by concept."""
    rng, members = world.random("stems", name), _members(name)
    number = len(concepts(world))
    used = {code: set(taken.values()) for code in members}
    lost = {code: world.random("lost", code) for code in members}
    found: dict[str, list[str]] = {code: [] for code in members}
    for index in range(number):
        draws = {code: lost[code].random() for code in members}
        if index in taken:
            for code in members:
                found[code].append(taken[index])
            continue
        own = {c for c in members if draws[c] < LANGUAGES[c].lost * world.distance}
        inherited = _inherited(world, rng, [c for c in members if c not in own], used)
        for code in members:
            word = inherited.get(code) or _unused(lost[code], used[code])
            used[code].add(word)
            found[code].append(word)
    return found


def _inherited(
    world: World, rng: random.Random, members: list[str], used: Mapping[str, set[str]]
) -> dict[str, str]:
    """A stem of the family as each of its languages has it, new in all of them."""
    while True:
        root = stem(rng)
        forms = {code: sounded(world, code, root) for code in members}
        if all(forms[code] not in used[code] for code in members):
            return forms


def sounded(world: World, code: str, root: str) -> str:
    """What became of a family's stem in a language.

    All its sound laws have passed from distance 0.5 on, half of them at 0.25, none at 0.
    """
    laws = changes(code)
    for law in laws[: round(len(laws) * min(1.0, 2.0 * world.distance))]:
        root = law.of(root)
    return root


def _unused(rng: random.Random, used: set[str]) -> str:
    while (word := stem(rng)) in used:
        pass
    return word


def _lexicon(world: World, code: str, stems: list[str], loans: frozenset[int]) -> Lexicon:
    script = get_language(code).script
    of_family = world.random("small words", family(code))
    particles = _distinct(of_family, particle, PARTICLES)
    endings = _distinct(of_family, ending, ENDINGS)
    return Lexicon(
        tuple(written(word, script) for word in stems),
        {name: written(word, script) for name, word in particles.items()},
        {name: written(word, script) for name, word in endings.items()},
        loans,
    )


def _distinct(
    rng: random.Random, draw: Callable[[random.Random], str], names: tuple[str, ...]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        while (word := draw(rng)) in found.values():
            pass
        found[name] = word
    return found


def _members(name: str) -> list[str]:
    return [code for code in CODES if family(code) == name]
