"""Rows as pandas tables, their columns typed by the rows' own fields: pandas is here alone."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Union, get_args, get_origin, get_type_hints

import pandas as pd

# What is missing of a number is NaN in a column of fractions, and <NA> in one of whole numbers.
_TYPES = {bool: "bool", int: "int64", float: "float64", str: "str"}
_OPTIONAL = _TYPES | {bool: "boolean", int: "Int64"}


def frame(row: type, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """A table of `rows`, with a column for each field of the dataclass `row`, rows or none."""
    kinds = get_type_hints(row)
    columns = {
        one.name: pd.Series([each[one.name] for each in rows], dtype=_type(kinds[one.name]))
        for one in fields(row)
    }
    return pd.DataFrame(columns)


def _type(kind: Any) -> str:
    """The column's type for a field; what is no single value, as settings, stays what it is."""
    if get_origin(kind) in (Union, types.UnionType):
        known = [one for one in get_args(kind) if one is not types.NoneType]
        return _OPTIONAL.get(known[0], "object") if len(known) == 1 else "object"
    if isinstance(kind, type) and issubclass(kind, str):
        return "str"
    return _TYPES.get(kind, "object")
