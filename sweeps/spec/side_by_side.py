"""Two sweeps side by side, field by field, each judged as `judged` says beside the field.

`compare` takes from here what is refused, what there is more of, and what changes no result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

from sweeps.spec.addresses import FIELDS as ADDRESSES
from sweeps.spec.differences import Difference, one, shown
from sweeps.spec.judged import FREE, KEPT, MAY_GROW, ROUNDS, Judgement, declared
from xlt_core.vocabulary.address import bare


@dataclass(frozen=True)
class Both:
    """One field of the sweep that began and of the new one, by its dotted path."""

    path: str
    judgement: Judgement
    old: Any
    new: Any

    @property
    def is_free(self) -> bool:
        """Whether it changed and changes no result."""
        return self.judgement is FREE and self.old != self.new

    @property
    def rounds(self) -> bool:
        """Whether it changed and changes how results are rounded."""
        return self.judgement is ROUNDS and self.old != self.new

    def refused(self) -> Iterator[Difference]:
        """The difference, where it may not be."""
        if self.judgement is KEPT:
            yield from one(self.path, self.old, self.new)
        elif self.judgement is MAY_GROW and is_less(self.old, self.new):
            yield Difference(self.path, shown(self.old), shown(self.new))

    def more(self) -> Iterator[str]:
        """What there is more of, in words."""
        name = self.path.rpartition(".")[2]
        if self.judgement is not MAY_GROW or not is_less(self.new, self.old):
            return
        if isinstance(self.old, tuple) and isinstance(self.new, tuple):
            yield from added(f"more {name}", self.old, self.new)
        else:
            yield f"{name}: {shown(self.old)} → {shown(self.new)}"


def side_by_side(
    old: Any, new: Any, judgement: Judgement = KEPT, before: str = ""
) -> Iterator[Both]:
    """Every field of two sweeps, those of their sections included; addresses without passwords.

    Args:
        judgement: of fields that do not say themselves.
        before: the dotted path of the section.
    """
    for field in declared(type(old)):
        path, judged = f"{before}{field.name}", field.judgement or judgement
        then, now = getattr(old, field.name), getattr(new, field.name)
        if is_dataclass(field.kind):
            yield from side_by_side(then, now, judged, f"{path}.")
        elif path in ADDRESSES:
            yield Both(path, judged, bare(then), bare(now))
        else:
            yield Both(path, judged, then, now)


def is_less(old: Any, new: Any) -> bool:
    """Whether something of `old` is missing in `new`; None is no limit."""
    if old is None or new is None:
        return new is not None
    return any(item not in new for item in old) if isinstance(old, tuple) else bool(new < old)


def added(what: str, old: Sequence[object], new: Sequence[object]) -> Iterator[str]:
    """The items that are new, in words."""
    names = [str(item) for item in new if item not in old]
    if names:
        yield f"{what}: {' '.join(names)}"
