"""Correlation of source × target matrices."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from sweeps.statistics.correlation import Coefficient, correlation


def matrix(random, sources, targets, shared=1.0):
    """Values that have a part of the source's and of the target's own: pairs are dependent."""
    rows = dict(zip(sources, shared * random.normal(size=len(sources)), strict=True))
    columns = dict(zip(targets, shared * random.normal(size=len(targets)), strict=True))
    return {
        (s, t): float(rows[s] + columns[t] + random.normal())
        for s, t in product(sources, targets)
        if s != t
    }


class TestCorrelation:
    @pytest.mark.parametrize(
        ("coefficient", "reference"), [("pearson", pearsonr), ("spearman", spearmanr)]
    )
    def test_the_value_is_scipys_over_what_both_have(self, coefficient, reference):
        """Pairs that one lacks are counted, not filled in."""
        random = np.random.default_rng(0)
        x, y = matrix(random, "abcde", "uvwxyz"), matrix(random, "abcde", "uvwxyz")
        del x["a", "u"], y["b", "v"]
        both = sorted(set(x) & set(y))
        found = correlation(x, y, Coefficient(coefficient), permutations=9)
        wanted = reference([x[p] for p in both], [y[p] for p in both]).statistic
        assert found.value == pytest.approx(wanted)
        assert (found.pairs, found.missing, found.sources, found.targets) == (28, 2, 5, 6)

    def test_p_is_that_of_all_permutations(self):
        """Four languages, all 24 ways to rename them, counted one by one."""
        random = np.random.default_rng(3)
        x, y = matrix(random, "abcd", "abcd"), matrix(random, "abcd", "abcd")
        pairs = sorted(x)

        def value(names):
            new = dict(zip("abcd", names, strict=True))
            return pearsonr([x[new[s], new[t]] for s, t in pairs], [y[p] for p in pairs])[0]

        sizes = [abs(value(names)) for names in permutations("abcd")]
        wanted = np.mean([size >= abs(value("abcd")) - 1e-12 for size in sizes])
        assert correlation(x, y, Coefficient.PEARSON).p == pytest.approx(wanted, abs=0.03)

    @pytest.mark.parametrize("targets", ["abcdefg", "tuvwxyz"])
    def test_dependent_pairs_are_not_found_related(self, targets):
        """Where a plain test finds something in every third world, this does in one of twenty."""
        random = np.random.default_rng(5)
        plain, mine, held = [], [], []
        for _ in range(150):
            x, y = matrix(random, "abcdefg", targets, 2.0), matrix(random, "abcdefg", targets, 2.0)
            plain.append(pearsonr([x[p] for p in sorted(x)], [y[p] for p in sorted(x)]).pvalue)
            found = correlation(x, y, Coefficient.PEARSON, permutations=199)
            mine.append(found.p)
            held.append(found.interval.low <= 0 <= found.interval.high)
        assert np.mean(np.array(plain) < 0.05) > 0.2
        assert np.mean(np.array(mine) <= 0.05) < 0.1
        assert np.mean(held) > 0.9

    def test_a_relation_is_found(self):
        """The interval leaves out 0, and the same numbers give the same p."""
        random = np.random.default_rng(1)
        x = matrix(random, "abcdefgh", "abcdefgh")
        y = {pair: 2 * value + random.normal() for pair, value in x.items()}
        found = correlation(x, y)
        assert found.p < 0.01
        assert 0 < found.interval.low < found.value < found.interval.high < 1
        assert correlation(x, y) == found

    def test_too_few_languages_have_neither_p_nor_interval(self):
        """The value is shown."""
        random = np.random.default_rng(1)
        found = correlation(matrix(random, "abc", "uvwxyz"), matrix(random, "abc", "uvwxyz"))
        assert (found.p, found.interval) == (None, None)
        assert found.value is not None

    def test_what_does_not_vary_does_not_correlate(self):
        """Nor does nothing."""
        x = matrix(np.random.default_rng(1), "abcd", "abcd")
        assert correlation(x, dict.fromkeys(x, 1.0)).value is None
        assert correlation({}, {}).value is None
