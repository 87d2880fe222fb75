"""Events: one line of JSON each, read back as written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.vocabulary.events import Event

names = st.text(min_size=1, max_size=8).filter(lambda n: n not in {"kind", "at", "stage", "trial"})
events = st.builds(
    Event,
    kind=st.sampled_from(["stage_started", "message"]),
    stage=st.text(max_size=8),
    trial=st.none() | st.integers(0, 99),
    fields=st.dictionaries(names, st.integers() | st.text(max_size=8), max_size=3),
    at=st.integers(0, 2**31 * 1000).map(lambda milliseconds: milliseconds / 1000),
)


class TestLines:
    @settings(max_examples=60, deadline=None)
    @given(events)
    def test_an_event_reads_as_it_was_written(self, event: Event):
        """To the millisecond."""
        assert Event.from_line(event.to_line()) == event

    @settings(max_examples=40, deadline=None)
    @given(events)
    def test_an_event_is_one_line(self, event: Event):
        """So that a file of them can be followed."""
        assert "\n" not in event.to_line()

    def test_a_torn_line_is_a_value_error(self):
        """The last line of a killed writer can be told and skipped."""
        line = Event("message", fields={"text": "hello"}).to_line()
        with pytest.raises(ValueError, match=r".+"):
            Event.from_line(line[: len(line) // 2])
