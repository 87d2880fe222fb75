"""Values by language and seed, which every method here takes: as a table, paired, what is missing.

A cell is what one trained model, with one seed, has in one language: a gain in percentage points.
A cell that is not there stays so: it is named, never filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

Cell: TypeAlias = tuple[str, int]
Cells: TypeAlias = Mapping[Cell, float]


def axes(cells: Iterable[Cell]) -> tuple[list[str], list[int]]:
    """The languages and the seeds there are, each in order."""
    languages, seeds = set(), set()
    for language, seed in cells:
        languages.add(language)
        seeds.add(seed)
    return sorted(languages), sorted(seeds)


def as_table(cells: Cells) -> Table:
    """Values as [language, seed], both in order, NaN where missing."""
    import numpy as np

    languages, seeds = axes(cells)
    row = {language: at for at, language in enumerate(languages)}
    column = {seed: at for at, seed in enumerate(seeds)}
    table = np.full((len(languages), len(seeds)), np.nan)
    for (language, seed), value in cells.items():
        table[row[language], column[seed]] = value
    return table


def missing(cells: Cells, asked: Iterable[Cell] = ()) -> tuple[Cell, ...]:
    """What `cells` lacks of its languages and seeds, and those of `asked`, crossed; in order."""
    languages, seeds = axes([*cells, *asked])
    return tuple(
        (language, seed)
        for language in languages
        for seed in seeds
        if (language, seed) not in cells
    )


def shared(tables: Iterable[Cells]) -> tuple[Cell, ...]:
    """The cells that all `tables` have, in order."""
    every = [set(table) for table in tables]
    return tuple(sorted(set.intersection(*every))) if every else ()


def paired(these: Cells, those: Cells) -> dict[Cell, float]:
    """`these` minus `those`, where both have a value: same language, same seed."""
    return {cell: these[cell] - those[cell] for cell in shared((these, those))}
