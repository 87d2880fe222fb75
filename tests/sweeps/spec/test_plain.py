"""Frozen values as plain data, by the types of their fields; what is none of them is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml

from sweeps.spec.judged import BESIDE, FREE
from sweeps.spec.plain import from_plain, to_plain
from sweeps.spec.stored import from_data
from sweeps.spec.sweep import Range, Sweep
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Step

GOLDEN = yaml.safe_load((Path(__file__).parent / "golden" / "every_shape.yaml").read_text())


@dataclass(frozen=True)
class Inner:
    word: Literal["a", "b"] = "a"
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Outer:
    """A field of every shape that a spec's field may have."""

    number: int
    inner: Inner = Inner()
    several: tuple[Inner, ...] = ()
    perhaps: Annotated[tuple[int, ...] | None, FREE] = None
    part: Inner | None = None
    table: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    choice: str | Range = ""
    beside: Annotated[int, BESIDE] = 0


FULL = Outer(
    number=1,
    inner=Inner("b", (Step.parse("qqp+squad"),)),
    several=(Inner(), Inner("b")),
    perhaps=(1, 2),
    part=Inner("b"),
    table={"x": (1,), "y": ()},
    choice=Range("log", 0.5, 1.0),
)


class TestShapes:
    @pytest.mark.parametrize("value", [FULL, Outer(7)])
    def test_there_and_back(self, value: Outer):
        """By way of YAML, which knows neither tuples nor classes."""
        text = yaml.safe_dump(to_plain(value))
        assert from_plain(Outer, yaml.safe_load(text)) == value

    def test_what_is_beside_is_not_stored(self):
        """Nor read."""
        assert "beside" not in to_plain(FULL)
        with pytest.raises(ValueError, match="no field 'beside' in outer"):
            from_plain(Outer, {"number": 1, "beside": 2})

    def test_what_is_missing_has_its_default(self):
        """Where it has one."""
        assert from_plain(Outer, {"number": 1}) == Outer(1)
        with pytest.raises(TypeError, match="number"):
            from_plain(Outer, {})

    @pytest.mark.parametrize("kind", [set[str], tuple[int, str], int | str, bytes])
    def test_a_type_that_nobody_thought_of_is_said(self, kind: Any):
        """It is not taken as it stands: YAML may have made something else of it."""
        with pytest.raises(TypeError, match="nobody said how"):
            from_plain(kind, [])


@pytest.mark.parametrize("spoilt", [None, 3, "x", [3], {"x": 3}], ids=repr)
@pytest.mark.parametrize("name", GOLDEN["sweep"])
def test_a_spoilt_field_is_refused_or_read(name: str, spoilt: object):
    """Whoever reads a record need not know more than two kinds of exception, and a mistake."""
    data = GOLDEN["sweep"] | {name: spoilt}
    try:
        assert isinstance(from_data(data), Sweep)
    except (TypeError, ValueError, UserMistake) as error:
        assert str(error)
