"""Values by language and seed: tables, pairs, what is missing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sweeps.statistics.cells import as_table, axes, missing, paired, shared

cells = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3)), st.floats(-9, 9), max_size=12
)


@given(cells)
def test_a_cell_is_in_the_table_or_named_as_missing(values):
    """Nothing is filled in and nothing goes unsaid."""
    table = as_table(values)
    assert np.isnan(table).sum() == len(missing(values))
    assert table.size == len(values) + len(missing(values))
    assert table.shape == tuple(len(axis) for axis in axes(values))


@given(cells, cells)
def test_pairs_are_what_both_have(these, those):
    """Same language, same seed; the rest is missing from the pair."""
    difference = paired(these, those)
    assert set(difference) == set(shared((these, those))) == set(these) & set(those)
    assert set(missing(difference, [*these, *those])) >= set(these) ^ set(those)
    assert all(difference[cell] == these[cell] - those[cell] for cell in difference)
