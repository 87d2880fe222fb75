"""Gain by the count of intermediate tasks."""

from __future__ import annotations

import numpy as np
import pytest

from sweeps.statistics.crossed import Statement, estimate
from sweeps.statistics.saturation import saturation
from tests.sweeps.statistics.worlds import as_cells, world


def curve(gains, noise=0.1, languages=6, seeds=5, seed=0):
    """Cells by count: the languages' and seeds' own part is the same at each count."""
    random = np.random.default_rng(seed)
    common = world(random, languages, seeds, (1, 1, 0))[0]
    return {
        count: as_cells(gain + common + noise * random.normal(size=common.shape))
        for count, gain in enumerate(gains, start=1)
    }


class TestSaturation:
    def test_a_curve_that_flattens(self):
        """Two tasks are shown to better one, three and four not to better two."""
        found = saturation(curve([0, 2, 2, 2]))
        assert found.contrasts[2, 1].shown == 1
        assert found.contrasts[4, 2].shown == 0
        assert found.enough == 2
        assert 0 < found.not_ruled_out < 0.5

    def test_contrasts_are_paired(self):
        """What languages and seeds add at each count alike makes no contrast wide."""
        found = saturation(curve([0, 2]))
        assert found.contrasts[2, 1].estimate.half_width < found.counts[1].half_width / 4

    def test_a_curve_that_still_rises(self):
        """The highest count betters all others: where it flattens is not known."""
        found = saturation(curve([0, 2, 4, 6]))
        assert (found.enough, found.not_ruled_out) == (None, None)
        assert found.slope.mean == pytest.approx(2, abs=0.2)
        assert found.slope.shown == 1

    def test_every_contrast_is_counted(self):
        """Four counts have six contrasts; each interval is one of six."""
        found = saturation(curve([0, 0, 0, 0], noise=1.0))
        assert {line.tests for line in found.contrasts.values()} == {6}
        line = found.contrasts[2, 1]
        assert line.interval.low == pytest.approx(line.estimate.at(1 - 0.05 / 6).low)

    def test_the_slope_is_least_squares(self):
        """Over cells that all counts have; numpy's own line through the means."""
        cells = curve([0.3, 1.0, 0.7], noise=1.0)
        found = saturation(cells)
        means = [estimate(one).mean for one in cells.values()]
        assert found.slope.mean == pytest.approx(np.polyfit([1, 2, 3], means, 1)[0])

    def test_one_seed_says_nothing(self):
        """Means are shown; where it flattens is not."""
        found = saturation(curve([0, 2, 2], seeds=1))
        assert found.enough is None
        assert all(line.interval is None for line in found.contrasts.values())

    def test_a_missing_cell_is_named_where_it_counts(self):
        """The contrast goes without it, and says so."""
        cells = curve([0, 2, 2])
        del cells[2]["l00", 3]
        found = saturation(cells, statement=Statement.THESE)
        assert found.contrasts[2, 1].estimate.missing == (("l00", 3),)
        assert found.contrasts[3, 1].estimate.missing == ()

    def test_a_language_that_one_count_lacks_is_named(self):
        """Cell by cell, though the contrast knows nothing of it."""
        cells = curve([0, 2])
        cells[2] = {cell: value for cell, value in cells[2].items() if cell[0] != "l05"}
        found = saturation(cells).contrasts[2, 1].estimate
        assert (found.languages, found.missing) == (5, tuple(("l05", n) for n in range(5)))

    def test_one_count_has_no_contrast(self):
        """Nor a slope."""
        found = saturation(curve([1]))
        assert (found.contrasts, found.slope, found.enough) == ({}, None, None)
