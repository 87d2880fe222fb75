"""Which world: a seed, whether anything is planted, and how strongly. docs/lab.md has the page.

Everything else of the lab follows from a `World`, equal bits on every machine. A *null world* has
the texts and the targets of its planted twin, but the labels of its intermediate tasks are coin
flips, so that no plan can gain. Next: `concepts` (what there is to speak of).
"""

from __future__ import annotations

import dataclasses
import difflib
import random
from dataclasses import dataclass, field

from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.fingerprint import derived_seed


def _dial(default: float, meaning: str) -> float:
    dialled: float = field(default=default, metadata={"meaning": meaning})
    return dialled


@dataclass(frozen=True)
class World:
    """A world. Dials are strengths from 0 to 1.

    Attributes:
        seed: everything random follows from it.
        null: whether the intermediate tasks' labels are coin flips.
        rows: rows of a train split, 20 at least; dev has a fifth, test two fifths.
    """

    seed: int = 0
    null: bool = False
    rows: int = 800
    helpful: float = _dial(1.0, "labels of the helpful tasks that are right, the rest coin flips")
    harmful: float = _dial(1.0, "words whose mood the harmful task turns round")
    useless: float = _dial(1.0, "labels of the useless tasks that tell nothing of mood")
    order: float = _dial(1.0, "rows of the second task of the pair that need what the first taught")
    saturation: float = _dial(0.5, "words that tasks of one skill have in common")
    distance: float = _dial(0.5, "how far languages lie from English: sounds, words, loans")
    low_resource: float = _dial(0.5, "how much less text low-resource languages have")
    difficulty: float = _dial(0.5, "rows that are decided by a narrow margin")
    family_effect: float = _dial(
        0.0, "second texts of lab-entail that are denied, so bode otherwise"
    )

    @classmethod
    def parse(cls, location: str) -> World:
        """Read `SourceRef.location`: dials by commas, as `seed=3,null,distance=0.8`.

        Raises:
            UserMistake: a dial that is unknown, given twice or out of its range.
        """
        found: dict[str, int | bool | float] = {}
        for part in filter(None, (part.strip() for part in location.split(","))):
            written, _, value = part.partition("=")
            name = written.replace("-", "_")
            read = None if name in found else _read(name, value if part != written else None)
            if read is None:
                raise UserMistake(
                    Mistake("lab world", f"{part!r} is not understood", _remedy(name))
                )
            found[name] = read
        return cls(**found)  # type: ignore[arg-type]

    @property
    def location(self) -> str:
        """The text that `parse` reads as this world; empty for the default one."""
        parts = []
        for one in dataclasses.fields(self):
            value = getattr(self, one.name)
            if value != one.default:
                written = one.name.replace("_", "-")
                parts.append(written if value is True else f"{written}={value}")
        return ",".join(parts)

    @property
    def spoken(self) -> World:
        """The world in which the same languages are spoken, and nothing else differs."""
        return World(self.seed, distance=self.distance, low_resource=self.low_resource)

    @property
    def sizes(self) -> dict[str, int]:
        """Rows by split."""
        return {"train": self.rows, "dev": self.rows // 5, "test": 2 * self.rows // 5}

    def random(self, *purpose: str | int) -> random.Random:
        """A generator for one purpose, the same in the null twin."""
        return random.Random(derived_seed("lab world", self.seed, *purpose))


LEAST_ROWS = 20
DIALS = {
    one.name.replace("_", "-"): str(one.metadata["meaning"])
    for one in dataclasses.fields(World)
    if one.metadata
}


def _read(name: str, text: str | None) -> int | bool | float | None:
    """The value of a dial, None where it is none; `text` is None where there is no `=`."""
    if name == "null":
        return True if text is None else None
    if text is None:
        return None
    if name in ("seed", "rows"):
        number = int(text) if text.isdecimal() else -1
        return number if number >= (0 if name == "seed" else LEAST_ROWS) else None
    if name.replace("_", "-") not in DIALS:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value <= 1.0 else None


def _remedy(name: str) -> str:
    near = difflib.get_close_matches(name.replace("_", "-"), DIALS, n=1, cutoff=0.6)
    if near:
        return f"write {near[0]}=0.5, a number from 0 to 1, once"
    return f"write seed=3, null, rows=500, or a dial from 0 to 1: {', '.join(DIALS)}"
