"""Correlations equal scipy's, and say 0 where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from xlt_core.kinds.regression import RegressionExample
from xlt_core.metrics import score

NUMBERS = st.integers(0, 20).map(lambda number: number / 4)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=30))
def test_they_equal_scipys(pairs: list[tuple[float, float]]) -> None:
    """Ties among them."""
    gold, found = (np.array(values) for values in zip(*pairs, strict=True))
    examples = [RegressionExample(str(n), "a", None, value) for n, value in enumerate(gold)]
    by_name, primary = score("correlation", examples, list(found), "en", ())
    if np.ptp(gold) == 0 or np.ptp(found) == 0:
        assert by_name == {"pearson": 0.0, "spearman": 0.0}
        return
    assert by_name["pearson"] == pytest.approx(100 * stats.pearsonr(gold, found)[0], abs=1e-9)
    assert by_name["spearman"] == pytest.approx(100 * stats.spearmanr(gold, found)[0], abs=1e-9)
    assert primary == pytest.approx(sum(by_name.values()) / 2)
