"""Sounds: stems, the changes that part related languages, and the scripts that write them.

A change is regular: it holds for every stem of a language. Stems are four letters, consonant,
vowel, consonant, vowel, and changes keep it so; scripts are written letter by letter.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

STEM = 4  # letters
CONSONANTS = "bdfghjklmnprstvwz"
VOWELS = "aeiou"
SCRIPTS = {
    "Latn": CONSONANTS + VOWELS,
    "Grek": "βδφγχξκλμνπρστψθζαειου",
    "Geor": "ბდფგჰჯკლმნპრსტვწზაეიოუ",
}


@dataclass(frozen=True)
class SoundLaw:
    """A sound law: letters become others, everywhere or in one place of the stem.

    Attributes:
        old, new: letters, one for one.
        places: positions in the stem where it holds: 0 and 2 consonants, 1 and 3 vowels.
    """

    old: str
    new: str
    places: tuple[int, ...] = (0, 1, 2, 3)

    def of(self, stem: str) -> str:
        """The stem after the change."""
        table = str.maketrans(self.old, self.new)
        return "".join(
            letter.translate(table) if place in self.places else letter
            for place, letter in enumerate(stem)
        )


def stem(rng: random.Random) -> str:
    """A stem as it may come."""
    return "".join(rng.choice(letters) for letters in (CONSONANTS, VOWELS) * 2)


def particle(rng: random.Random) -> str:
    """A short word without an ending: consonant, vowel, consonant."""
    return rng.choice(CONSONANTS) + rng.choice(VOWELS) + rng.choice(CONSONANTS)


def ending(rng: random.Random) -> str:
    """What is put to a stem: vowel, consonant."""
    return rng.choice(VOWELS) + rng.choice(CONSONANTS)


def written(word: str, script: str) -> str:
    """A word of Latin letters in a script of `SCRIPTS`."""
    return word.translate(str.maketrans(SCRIPTS["Latn"], SCRIPTS[script]))
