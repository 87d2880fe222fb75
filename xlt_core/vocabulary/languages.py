"""Languages: code, name, family, branch, script, and how much text encoders saw of them.

The table `LANGUAGES` is read from the file beside this one (`languages.tsv`, one line a language);
plug-ins add to it. Families are Glottolog's
top level, in Glottolog's spelling (so Swahili is Atlantic-Congo, an isolate such as Basque is its
own family, and creoles stand with their lexifier). Neighbour: `scores`, which averages by family.
"""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from importlib import resources

from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.lines import lines_of

ENGLISH = "en"

# GiB of CC-100 text. The cuts are ours: orders of magnitude, as the published sizes span four.
HIGH_GIB = 10.0
MEDIUM_GIB = 1.0
RESOURCES = ("high", "medium", "low", "none")


@dataclass(frozen=True)
class Language:
    """One language.

    Attributes:
        code: ISO 639-1 where there is one, else ISO 639-3 (a collection's 639-2 or -5 code where
            the data name no more, as `nah` and `oto`); those of ISO 639's range for private use,
            `qaa` to `qtz`, are the lab's.
        family: Glottolog's top-level family.
        branch: a well-known group within the family; the family's or language's own name where
            there is no division to name.
        script: ISO 15924 code of the script of XTREME-R's data, or of ours where it has none.
        pretraining_gib: GiB of CC-100 text that XLM-R was trained on (Conneau et al. 2020,
            appendix, Table 6; the two rows of Chinese and of Burmese added up, romanised text left
            out), None where the language is not among the hundred.
    """

    code: str
    name: str
    family: str
    branch: str
    script: str
    pretraining_gib: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError: what is no code, or a text that is not there, which tables show."""
        if not re.fullmatch("[a-z]{2,3}", self.code):
            raise ValueError(f"{self.code!r} is no code of ISO 639: two or three small letters")
        for name in ("name", "family", "branch", "script"):
            if not getattr(self, name).strip():
                raise ValueError(f"the language {self.code} has no {name}")

    @property
    def resource(self) -> str:
        """Resource class by `pretraining_gib`.

        `high` from 10 GiB, `medium` from 1 GiB, `low` below, `none` where the encoder saw nothing.
        """
        if self.pretraining_gib is None:
            return "none"
        if self.pretraining_gib >= HIGH_GIB:
            return "high"
        return "medium" if self.pretraining_gib >= MEDIUM_GIB else "low"

    @property
    def is_lab(self) -> bool:
        """Whether the language exists in the lab only."""
        return len(self.code) == 3 and "qaa" <= self.code <= "qtz"


def get_language(code: str) -> Language:
    """Return the language of a code.

    Raises:
        UserMistake: the code is unknown; names the nearest known ones.
    """
    found = LANGUAGES.get(code)
    if found is None:
        raise UserMistake(Mistake("language", f"{code!r} is not known", _remedy(code)))
    return found


def all_languages() -> tuple[Language, ...]:
    """Return every language, the lab's included, by code."""
    return tuple(LANGUAGES[code] for code in sorted(LANGUAGES))


def family_of(code: str) -> str:
    """Return the family of a code. Raises what `get_language` raises."""
    return get_language(code).family


def _remedy(code: str) -> str:
    """Say which known code is meant, by name first: people write `german` and `swa`."""
    wanted = code.lower()
    by_name = {language.name.lower(): language.code for language in all_languages()}
    names = difflib.get_close_matches(wanted, by_name, n=1, cutoff=0.7)
    codes = [by_name[name] for name in names] or difflib.get_close_matches(wanted, LANGUAGES, n=3)
    if not codes:
        return "`xlt languages` lists the known codes"
    return "did you mean " + " or ".join(f"{c} ({LANGUAGES[c].name})" for c in codes) + "?"


def _shipped() -> dict[str, Language]:
    text = resources.files("xlt_core.vocabulary").joinpath("languages.tsv").read_text("utf-8")
    rows = csv.DictReader(lines_of(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["code"]: _language(row) for row in rows}


def _language(row: dict[str, str]) -> Language:
    gib = row["pretraining_gib"]
    return Language(
        code=row["code"],
        name=row["name"],
        family=row["family"],
        branch=row["branch"],
        script=row["script"],
        pretraining_gib=float(gib) if gib else None,
    )


LANGUAGES: dict[str, Language] = _shipped()
