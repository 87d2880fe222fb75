"""How a split is cut for prediction."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.models.batches import by_length


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 90), max_size=80), st.integers(1, 4), st.integers(1, 400))
def test_every_feature_once_within_the_budget(lengths: list[int], width: int, tokens: int) -> None:
    """Each feature comes once; no batch of several exceeds the budget of padded tokens."""
    found = np.array(lengths, dtype=np.int64)
    batches = list(by_length(found, width, tokens))
    assert sorted(row for rows in batches for row in rows.tolist()) == list(range(len(lengths)))
    for rows in batches:
        assert len(rows) == 1 or len(rows) * width * found[rows].max() <= tokens
