"""What is done beside the work: seldom, and for a small share of the time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sweeps.execution.share_of_time import ShareOfTime


def test_it_waits_first_unless_it_is_hurried() -> None:
    """A short sweep never does it; one that goes on does it at once."""
    one = ShareOfTime(30.0, 0.02, now=100.0)
    assert not one.due(129.9) and one.due(130.0)
    one.hurry()
    assert one.due(100.0)


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=30))
def test_never_more_than_its_share_nor_too_often(costs: list[float]) -> None:
    """Whatever it costs: done whenever it is due, each second."""
    one, now, spent, last = ShareOfTime(30.0, 0.02, now=0.0), 0.0, 0.0, 0.0
    for cost in costs:
        while not one.due(now):
            now += 1.0
        assert now - last >= 30.0 - 1e-6
        now, last = now + cost, now + cost
        one.took(last - cost, last)
        spent += cost
    while not one.due(now):
        now += 1.0
    assert spent <= 0.02 * now + 1e-6
