"""What exists in the lab: concepts with properties, and four languages that have words for them.

Everything follows from a seed. A *null world* has the texts, the languages and the target of its
planted twin, but the labels of its intermediate tasks are coin flips, so that no plan can gain.
Neighbours: `rows` (what tasks ask about concepts), `encoder` (how concepts become vectors).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from xlt_core.vocabulary.fingerprint import derived_seed

CONCEPTS = 240
WARMTHS = (-1, 0, 1)
DOMAINS = 3
CLASSES = 4

# How often a concept's domain follows its warmth: what `lab-topic` shares with the target.
DOMAIN_FOLLOWS_WARMTH = 0.4

# Training language first. The others are from ISO 639's range for private use: qla and qlb are
# related (family Lab-A), qlc stands alone (Lab-B). See `xlt_core.vocabulary.languages`.
LANGUAGES = ("en", "qla", "qlb", "qlc")

# How far a language lies from English: the share of noise in the encoder's vectors of its words.
DISTANCE = {"en": 0.0, "qla": 0.35, "qlb": 0.5, "qlc": 0.8}

_CONSONANTS = "fhjklmnprstvwz"
_VOWELS = "aeiou"
# An ending each, so that no word belongs to two languages.
_ENDING = {"en": "", "qla": "n", "qlb": "r", "qlc": "sh"}
# The sound law that parts qlb from qla: one to one, so that no two words fall together.
_LAW = str.maketrans("ptkae", "bdgea")


@dataclass(frozen=True)
class SmallConcept:
    """A meaning. Its properties are what tasks ask about.

    Attributes:
        index: position among the world's concepts; words share it across languages.
        warmth: -1 cold, 0 neither, 1 warm.
        domain: 0, 1 or 2.
        word_class: 0 to 3.
    """

    index: int
    warmth: int
    domain: int
    word_class: int


@dataclass(frozen=True)
class SmallWorld:
    """A world.

    Attributes:
        seed: everything random follows from it.
        null: whether the intermediate tasks' labels are coin flips.
    """

    seed: int = 0
    null: bool = False

    def random(self, *purpose: str | int) -> random.Random:
        """A generator for one purpose, the same in the null twin."""
        return random.Random(derived_seed("lab", self.seed, *purpose))

    @cached_property
    def concepts(self) -> tuple[SmallConcept, ...]:
        """All concepts; each value of a property is equally frequent, domains nearly."""
        rng = self.random("concepts")
        warmths = _dealt(rng, WARMTHS)
        domains = _dealt(rng, range(DOMAINS))
        classes = _dealt(rng, range(CLASSES))
        follows = [rng.random() < DOMAIN_FOLLOWS_WARMTH for _ in range(CONCEPTS)]
        return tuple(
            SmallConcept(i, warmths[i], warmths[i] + 1 if follows[i] else domains[i], classes[i])
            for i in range(CONCEPTS)
        )

    @cached_property
    def lexicon(self) -> dict[str, tuple[str, ...]]:
        """Language → its word for each concept, by index. No word belongs to two concepts."""
        stems = {family: self._stems(family) for family in ("en", "Lab-A", "Lab-B")}
        roots = {
            "en": stems["en"],
            "qla": stems["Lab-A"],
            "qlb": [stem.translate(_LAW) for stem in stems["Lab-A"]],
            "qlc": stems["Lab-B"],
        }
        return {
            language: tuple(root + _ENDING[language] for root in roots[language])
            for language in LANGUAGES
        }

    def _stems(self, family: str) -> list[str]:
        syllables = ["".join(pair) for pair in itertools.product(_CONSONANTS, _VOWELS)]
        every = ["".join(pair) for pair in itertools.product(syllables, repeat=2)]
        return self.random("stems", family).sample(every, CONCEPTS)


def _dealt(rng: random.Random, values: Sequence[int]) -> list[int]:
    """Deal `values` out to the concepts, each as often as any other, in random order."""
    dealt = [values[i % len(values)] for i in range(CONCEPTS)]
    rng.shuffle(dealt)
    return dealt
