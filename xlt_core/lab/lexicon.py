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
        inherited: concept → the family's stem, in Latin letters, that sound laws made this one of.
    """

    stems: tuple[str, ...]
    particles: Mapping[str, str]
    endings: Mapping[str, str]
    loans: frozenset[int]
    inherited: Mapping[int, str]


@dataclass
class _Stems:
    """One language's stems in Latin letters while its family's are made."""

    rng: random.Random
    stems: list[str]
    roots: dict[int, str]
    used: set[str]

    def add(self, word: str) -> None:
        self.stems.append(word)
        self.used.add(word)

    def own(self) -> str:
        """A stem that is not inherited."""
        while (word := stem(self.rng)) in self.used:
            pass
        return word


@lru_cache(maxsize=16)
def lexicons(world: World) -> dict[str, Lexicon]:
    """Every language's words."""
    english = _family(world, ENGLISH_FAMILY, {})["en"].stems
    found: dict[str, Lexicon] = {}
    for name in dict.fromkeys(map(family, CODES)):
        loans = frozenset() if name == ENGLISH_FAMILY else _loans(world, name)
        made = _family(world, name, {index: english[index] for index in loans})
        found |= {code: _lexicon(world, code, made[code], loans) for code in made}
    return {code: found[code] for code in CODES}


def _loans(world: World, name: str) -> frozenset[int]:
    """A quarter of all at distance 0.5. The same concepts, and more, at smaller distances."""
    rng = world.random("loans", name)
    share = (1.0 - world.distance) ** 2
    return frozenset(one.index for one in concepts(world) if rng.random() < share)


def _family(world: World, name: str, taken: Mapping[int, str]) -> dict[str, _Stems]:
    """The stems of every language of a family, by concept; `taken` are loans."""
    rng = world.random("stems", name)
    members = {
        code: _Stems(world.random("lost", code), [], {}, set(taken.values()))
        for code in CODES
        if family(code) == name
    }
    for index in range(len(concepts(world))):
        draws = {code: one.rng.random() for code, one in members.items()}
        heirs = [c for c in members if draws[c] >= LANGUAGES[c].lost * world.distance]
        forms = _inherited(world, rng, members, [] if index in taken else heirs)
        for code, one in members.items():
            if index in taken:
                one.add(taken[index])
            elif code in heirs:
                root, form = forms[code]
                one.roots[index] = root
                one.add(form)
            else:
                one.add(one.own())
    return members


def _inherited(
    world: World, rng: random.Random, members: Mapping[str, _Stems], heirs: list[str]
) -> dict[str, tuple[str, str]]:
    """A stem of the family, and what became of it in each of `heirs`: new in all of them."""
    while True:
        root = stem(rng)
        forms = {code: (root, sounded(world, code, root)) for code in heirs}
        if all(form not in members[code].used for code, (_, form) in forms.items()):
            return forms


def sounded(world: World, code: str, root: str) -> str:
    """What became of a family's stem in a language.

    All its sound laws have passed from distance 0.5 on, half of them at 0.25, none at 0.
    """
    laws = changes(code)
    for law in laws[: round(len(laws) * min(1.0, 2.0 * world.distance))]:
        root = law.of(root)
    return root


def _lexicon(world: World, code: str, made: _Stems, loans: frozenset[int]) -> Lexicon:
    script = get_language(code).script
    of_family = world.random("small words", family(code))
    particles = _distinct(of_family, particle, PARTICLES)
    endings = _distinct(of_family, ending, ENDINGS)
    return Lexicon(
        tuple(written(word, script) for word in made.stems),
        {name: written(word, script) for name, word in particles.items()},
        {name: written(word, script) for name, word in endings.items()},
        loans,
        made.roots,
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
