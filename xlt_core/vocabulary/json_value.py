"""What JSON can say, as a type: of files, study attributes and events alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

JsonValue: TypeAlias = (
    Mapping[str, "JsonValue"] | Sequence["JsonValue"] | str | int | float | bool | None
)
JsonObject: TypeAlias = Mapping[str, JsonValue]
