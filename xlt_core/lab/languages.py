"""The lab's languages: thirteen in five families, with their sound laws and their grammar.

Family, branch, script and how much text there is of each stand in the table of all languages
(`xlt_core.vocabulary.languages`). A branch's changes come before its languages' own, so that a
branch's languages share them. Next: `lexicon`.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlt_core.lab.sounds import SoundLaw
from xlt_core.vocabulary.languages import get_language


@dataclass(frozen=True)
class Grammar:
    """How a language puts words together.

    Attributes:
        order: of agent (S), deed (V) and patient (O).
        trait: whether a trait stands `before` its thing or `after`.
        owner: where an owner stands.
        place: `before` or `after`: a particle there; `ending`: an ending instead.
        denied: `before` or `after` the deed: a particle there; `ending`: an ending instead.
        endings: which others there are, of `plural`, `object`, `owner`, `agreed` (the deed agrees
            with more than one agent).
        time: whether the time is said `first` or `last`.
    """

    order: str
    trait: str = "before"
    owner: str = "before"
    place: str = "before"
    denied: str = "before"
    endings: tuple[str, ...] = ()
    time: str = "last"


@dataclass(frozen=True)
class LabLanguage:
    """A language of the lab.

    Attributes:
        changes: its own sound laws, in order, after those of its branch.
        lost: share of its family's words that it has others for, at distance 1.
    """

    code: str
    changes: tuple[SoundLaw, ...]
    grammar: Grammar
    lost: float


_FIRST, _MIDDLE, _LAST = (0,), (2,), (3,)

# Sound laws that all languages of a branch share, the oldest first.
BRANCHES: dict[str, tuple[SoundLaw, ...]] = {
    "Lab-North": (SoundLaw("p", "f", _FIRST),),
    "Lab-C West": (SoundLaw("ptk", "bdg", _MIDDLE),),
}

_AGGLUTINATIVE = ("plural", "object", "owner", "agreed")

# fmt: off
LANGUAGES: dict[str, LabLanguage] = {one.code: one for one in (
    LabLanguage("en", (SoundLaw("s", "z", _MIDDLE),),
                Grammar("SVO", endings=("plural",)), 0.0),
    LabLanguage("qaa", (SoundLaw("u", "o", _LAST),),
                Grammar("SVO", endings=("plural",)), 0.1),
    LabLanguage("qab", (SoundLaw("bdg", "ptk", _MIDDLE), SoundLaw("a", "e", _LAST)),
                Grammar("SVO", trait="after", owner="after", denied="after",
                        endings=("plural", "agreed")), 0.2),
    LabLanguage("qca", (SoundLaw("o", "u", _LAST),),
                Grammar("SOV", place="after", denied="after",
                        endings=("plural", "object")), 0.1),
    LabLanguage("qcb", (SoundLaw("w", "v"), SoundLaw("e", "i", _LAST)),
                Grammar("SOV", place="after", endings=("plural", "object")), 0.2),
    LabLanguage("qcc", (SoundLaw("h", "j"), SoundLaw("r", "l", _MIDDLE)),
                Grammar("SOV", trait="after", place="ending", denied="ending",
                        endings=("object",), time="first"), 0.3),
    LabLanguage("qda", (SoundLaw("l", "r", _FIRST),),
                Grammar("VSO", trait="after", owner="after", endings=("plural",)), 0.1),
    LabLanguage("qdb", (SoundLaw("bdg", "ptk", _FIRST),),
                Grammar("VSO", trait="after", owner="after", denied="ending",
                        endings=("plural", "object")), 0.2),
    LabLanguage("qdc", (SoundLaw("f", "v"), SoundLaw("i", "e", _LAST)),
                Grammar("VSO", owner="after", denied="ending", time="first"), 0.3),
    LabLanguage("qea", (SoundLaw("ptk", "bdg", _FIRST),),
                Grammar("SOV", place="ending", denied="ending", endings=_AGGLUTINATIVE), 0.1),
    LabLanguage("qeb", (SoundLaw("ou", "uo", _LAST),),
                Grammar("SOV", place="ending", denied="ending", endings=_AGGLUTINATIVE,
                        time="first"), 0.2),
    LabLanguage("qfa", (SoundLaw("mn", "nm", _MIDDLE),),
                Grammar("SVO", trait="after", owner="after", time="first"), 0.1),
    LabLanguage("qfb", (SoundLaw("zs", "sz", _FIRST), SoundLaw("a", "o", _LAST)),
                Grammar("VSO", trait="after", owner="after", denied="after"), 0.2),
)}
# fmt: on
CODES = tuple(sorted(LANGUAGES))


def family(code: str) -> str:
    """The family whose words a language inherits."""
    return get_language(code).family


def changes(code: str) -> tuple[SoundLaw, ...]:
    """All sound laws between the family's stems and a language's, the oldest first."""
    return BRANCHES.get(get_language(code).branch, ()) + LANGUAGES[code].changes
