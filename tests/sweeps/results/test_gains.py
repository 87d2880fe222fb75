"""Gains as the statistics take them, what is known of a sweep, and what sharing saves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweeps.results.facts import read_facts
from sweeps.results.gains import by_count, by_order, dev_cells, plan_gains
from sweeps.results.rows import read_results
from sweeps.results.sharing import sharing
from sweeps.results.stages import StageRow
from sweeps.results.states import StageStanding


@pytest.fixture
def results(made):
    """Results of the finished sweep."""
    return read_results(made.folder)


class TestGains:
    def test_of_each_complete_plan_by_language_and_seed(self, results):
        """Best first; the baseline gains nothing; what is not complete is left out."""
        found = {one.standing.trial: one for one in plan_gains(results)}
        assert list(found) == [1, 3, 0, 2]
        assert found[3].steps == ("lab-pairs", "lab-topic")
        assert found[3].cells["qlb", 1] == pytest.approx(10.0)
        assert set(found[0].cells.values()) == {0.0} and found[0].steps == ()
        fewer = [r for r in results.rows if (r.trial, r.language, r.seed) != (2, "qla", 1)]
        found = plan_gains(replace(results, rows=tuple(fewer)))
        assert [one.standing.trial for one in found] == [1, 3, 0]

    def test_dev_and_what_is_not_asked_have_no_say(self, results):
        """English may only be there to select by."""
        rows = tuple(replace(row, asked=row.language != "en") for row in results.rows)
        for one in plan_gains(replace(results, rows=rows)):
            assert {language for language, _ in one.cells} == {"qla", "qlb", "qlc"}

    def test_by_count_and_order_are_means_over_plans(self, results):
        """Cell by cell."""
        gains = plan_gains(results)
        counts = by_count(gains)
        assert list(counts) == [1, 2]
        assert counts[1]["en", 0] == pytest.approx((6.0 - 1.0) / 2)
        (order,) = by_order(gains)
        assert order == ("lab-pairs", "lab-topic")

    def test_a_mean_is_of_cells_that_all_have(self, results):
        """A plan without a baseline's score takes no cell from the others by a value of its own."""
        rows = tuple(
            replace(row, gain=None) if (row.trial, row.language) == (2, "qla") else row
            for row in results.rows
        )
        counts = by_count(plan_gains(replace(results, rows=rows)))
        assert {language for language, _ in counts[1]} == {"en", "qlb", "qlc"}

    def test_what_chooses(self, results):
        """English dev, or every language's."""
        english, every = dev_cells(results, "english"), dev_cells(results, "all")
        assert set(english[1, False]) == {("en", 0), ("en", 1)}
        assert english[1, False]["en", 1] == pytest.approx(87.0)
        assert len(every[1, False]) == 8
        other = [replace(row, target="xnli", score=row.score + 10) for row in results.rows]
        both = dev_cells(replace(results, rows=(*results.rows, *other)), "english")
        assert both[1, False]["en", 1] == pytest.approx(92.0)


def test_facts_are_those_of_study_and_store(made):
    """Counts and stages as `status` has them, versions of whatever computed the stages."""
    facts = read_facts(made.folder)
    assert facts.results == read_results(made.folder)
    assert (facts.state, facts.trials.finished) == ("finished", 4)
    assert facts.versions == {"python": ("3.11",), "torch": ("2.13",)}
    assert len(facts.stages) == 78 and facts.called == "made"


def test_sharing_counts_what_would_be_computed_again():
    """Each time but the one that this sweep computed it; all, where another had."""
    executed, reused, open_ = StageStanding.EXECUTED, StageStanding.REUSED, StageStanding.OPEN
    rows = [
        StageRow("a", "train", "a", executed, (0, 1), 3, "s", 10.0),
        StageRow("b", "train", "b", reused, (1,), 2, "t", 5.0),
        StageRow("c", "train", "c", open_, (1,), 2),
        StageRow("d", "evaluate", "d", executed, (1,), 1, "s", 1.0),
    ]
    train, evaluate = sharing(rows)
    assert (train.kind, train.requested, train.distinct) == ("train", 7, 3)
    assert (train.executed, train.reused, train.open) == (1, 1, 1)
    assert (train.seconds, train.saved) == (15.0, 2 * 10.0 + 2 * 5.0)
    assert (evaluate.seconds, evaluate.saved) == (1.0, 0.0)
