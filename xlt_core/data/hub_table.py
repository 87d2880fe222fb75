"""A split as the hub has it: what is asked of a `datasets.Dataset`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

# What the columns hold: the form of the data set says, and its readers ask.
HubRow = Mapping[str, Any]


class HubData(Protocol):
    """One split of a data set, its rows in order."""

    @property
    def column_names(self) -> Sequence[str]:
        """The columns."""
        ...

    @property
    def features(self) -> Mapping[str, object]:
        """What each column holds: `datasets`' own features."""
        ...

    def select_columns(self, column_names: list[str], /) -> HubData:
        """The same rows with these columns alone."""
        ...

    def __iter__(self) -> Iterator[HubRow]: ...
