"""How a change of a field is judged where a sweep has begun: said once, beside the field.

`sweep` writes `workers: Annotated[int | None, FREE]`. What is said of a section holds for its
fields, and where nothing is said any change is refused: a field that is forgotten mixes nothing.
`compare` judges by it, and `plain` stores and reads the same fields.
"""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints


class Judgement(Enum):
    """What becomes of a change.

    Of a field that may grow, a tuple's items are counted, or it is a number; None is no limit.
    """

    KEPT = "any change is refused"
    MAY_GROW = "more extends the sweep, less is refused"
    FREE = "changes no result"
    ROUNDS = "changes the order of sums: the same is computed, and rounded otherwise"
    APART = "has a function of its own in `compare`"
    BESIDE = "no part of what the sweep is: neither judged nor stored with it"


KEPT, MAY_GROW, FREE = Judgement.KEPT, Judgement.MAY_GROW, Judgement.FREE
ROUNDS = Judgement.ROUNDS
APART, BESIDE = Judgement.APART, Judgement.BESIDE


class Declared(NamedTuple):
    """A field as its frozen value declares it; `judgement` is None where nothing is said."""

    name: str
    kind: Any
    judgement: Judgement | None


def declared(kind: type[Any]) -> tuple[Declared, ...]:
    """The fields of a class of frozen values, in their order."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_declared(field.name, hints[field.name]) for field in fields(kind))


def _declared(name: str, hint: Any) -> Declared:
    if get_origin(hint) is not Annotated:
        return Declared(name, hint, None)
    kind, *said = get_args(hint)
    return Declared(name, kind, next((one for one in said if isinstance(one, Judgement)), None))
