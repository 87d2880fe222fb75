"""Events: one line of JSON each, read back as written, and each kind as it has always been."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.vocabulary.event_lines import from_line, to_line
from xlt_core.vocabulary.events import (
    KINDS,
    Message,
    OtherEvent,
    Phase,
    StageCancelledEvent,
    StageDone,
    StageFailedEvent,
    StageFinished,
    StageInterrupted,
    StageMoved,
    StageProgress,
    StageRetried,
    StageReused,
    StagesLeft,
    StageStarted,
    SweepFinished,
    SweepStarted,
    SweepWaits,
    TrialFailed,
    TrialFinished,
    TrialInterrupted,
    TrialStarted,
    WorkerFailed,
    WorkerLeftOut,
    Workers,
)

KEY = "0123abcd" * 8
TITLE = "mnli > xnli #0"
AT = {"at": 1700000000.12345}
STAGE = {"stage": KEY, **AT}
TRIAL = {"trial": 3, **AT}
SCORES = {
    "task": "xnli",
    "language": "sw",
    "metrics": {"accuracy": 71.25},
    "examples": 5010,
}
PLAN = (
    "mnli > qqp+squad",
    {
        "recipe.train.steps": 200,
        "recipe.train.learning_rate": 3e-05,
        "encoder": "xlmr",
        "recipe.head": None,
        "x": True,
    },
)
# Line by line what `golden_events.jsonl` has, which was written before the kinds were classes.
WRITTEN = [
    SweepStarted("éa", **AT),
    SweepFinished("a", "not begun", **AT),
    SweepWaits("a disk is full\n\u2028", **AT),
    Message('\udcff "quoted" 漢', **AT),
    Message("", **AT),
    Phase("starting Ray", **AT),
    WorkerFailed("ImportError: no torch\nmore", 2, **AT),
    Workers(1, 2, **AT),
    StagesLeft(8, **AT),
    StageStarted(TITLE, **STAGE),
    StageProgress(TITLE, 10, 100, 0.1234567890123, 1e-05, 1234.5, **STAGE),
    StageProgress(TITLE, 10, 100, float("nan"), 0.0, 1.0, **STAGE),
    StageFinished(TITLE, 12.25, scores=SCORES, **STAGE),
    StageFinished(TITLE, 0.0, steps=200, **STAGE),
    StageDone(TITLE, "train", 0.0, **STAGE),
    StageReused(TITLE, "evaluate", **STAGE),
    StageFailedEvent(TITLE, "train", "NonFiniteLoss: loss is nan\nat step 3", **STAGE),
    StageRetried(TITLE, "train", "OSError: away", 6, **STAGE),
    StageRetried(TITLE, "train", "OSError: away", 6.5, **STAGE),
    StageInterrupted(TITLE, "evaluate", "given up after 5 attempts: OSError", **STAGE),
    StageCancelledEvent(TITLE, "train", False, **STAGE),
    StageCancelledEvent(TITLE, "train", True, **STAGE),
    TrialStarted(*PLAN, **TRIAL),
    TrialFinished(*PLAN, 71.23456789, **TRIAL),
    TrialFailed(*PLAN, "loss is nan", **TRIAL),
    TrialInterrupted(*PLAN, **TRIAL),
    TrialInterrupted(*PLAN, "the store went away", **TRIAL),
    TrialFinished(trial=0, **AT),
    SweepStarted("a", "0123abcd", **AT),  # added with the field
    StageMoved(TITLE, "train", "node-1:4711", 17, **STAGE),
    WorkerLeftOut("node-1:4711", 3, "OSError: away", False, **AT),
    StageStarted(TITLE, "node1", "4711", **STAGE),  # added with the fields
]
GOLDEN = Path(__file__).with_name("golden_events.jsonl").read_bytes().decode().split("\n")[:-1]
BOTH = pytest.mark.parametrize(("event", "line"), zip(WRITTEN, GOLDEN, strict=True))

TYPES = {
    "str": st.text(max_size=8),
    "int": st.integers(),
    "float": st.floats(allow_nan=False) | st.integers(),
    "bool": st.booleans(),
    "JsonObject": st.dictionaries(st.text(max_size=4), st.integers() | st.none(), max_size=3),
}
of_all = {
    "stage": st.text(max_size=8),
    "trial": st.none() | st.integers(0, 99),
    "at": st.integers(0, 2**31 * 1000).map(lambda milliseconds: milliseconds / 1000),
    # A later version's, and no name that this one has.
    "more": st.dictionaries(st.text(max_size=8).map("new {}".format), st.integers(), max_size=3),
}


def of_kind(kind):
    """Any event of a kind."""
    own = {}
    for field in dataclasses.fields(kind):
        if not field.kw_only:
            said = TYPES[field.type.removesuffix(" | None")]
            own[field.name] = said | st.none() if field.type.endswith(" | None") else said
    return st.builds(kind, **own, **of_all)


events = st.one_of(*map(of_kind, KINDS.values()), st.builds(OtherEvent, st.just("new"), **of_all))


class TestGolden:
    """Journals of every release read alike, and are written alike."""

    @BOTH
    def test_a_line_is_written_byte_for_byte(self, event, line: str):
        assert to_line(event) == line

    @BOTH
    def test_a_line_is_read_as_its_kind(self, event, line: str):
        found = from_line(line)
        assert type(found) is type(event)
        assert to_line(found) == line

    def test_every_kind_is_there(self):
        """With every field that is ever written."""
        assert {event.kind for event in WRITTEN} == set(KINDS)
        for kind in KINDS.values():
            own = {field.name for field in dataclasses.fields(kind) if not field.kw_only}
            lines = [json.loads(to_line(event)) for event in WRITTEN if type(event) is kind]
            assert own <= set().union(*lines)


class TestLines:
    @settings(max_examples=100, deadline=None)
    @given(events)
    def test_an_event_reads_as_it_was_written(self, event):
        """To the millisecond."""
        assert from_line(to_line(event)) == event

    @settings(max_examples=40, deadline=None)
    @given(events)
    def test_an_event_is_one_line(self, event):
        """So that a file of them can be followed."""
        assert "\n" not in to_line(event)

    def test_a_torn_line_is_a_value_error(self):
        """The last line of a killed writer can be told and skipped."""
        line = to_line(Message("hello"))
        with pytest.raises(ValueError, match=r".+"):
            from_line(line[: len(line) // 2])


class TestOfAnotherVersion:
    """What this one does not know is passed on as it stands."""

    @pytest.mark.parametrize(
        "line",
        [
            '{"kind": "stage_moved", "at": 1.5, "stage": "k", "trial": null, "z": 1, "a": [2]}',
            '{"kind": "message", "at": 1.5, "stage": "", "trial": null, "words": "hello"}',
            '{"kind": "message", "at": 1.5, "stage": "", "trial": null, "text": ["hello"]}',
            '{"kind": "stages_left", "at": 1.5, "stage": "", "trial": null, "count": true}',
            '{"kind": "trial_failed", "at": 1.5, "stage": "", "trial": 1, "error": null}',
        ],
    )
    def test_a_line_of_no_known_form(self, line: str):
        found = from_line(line)
        assert isinstance(found, OtherEvent)
        assert found.kind == json.loads(line)["kind"]
        assert to_line(found) == line

    def test_a_field_that_was_added_to_a_kind(self):
        line = '{"kind": "message", "at": 1.5, "stage": "", "trial": null, "text": "a", "level": 3}'
        found = from_line(line)
        assert isinstance(found, Message)
        assert (found.text, found.more) == ("a", {"level": 3})
        assert to_line(found) == line

    @pytest.mark.parametrize(
        "line",
        [
            '{"kind": "trial_finished", "at": 1.5, "stage": "", "trial": 1, "objective": 7.0}',
            '{"kind": "stage_cancelled", "at": 1.5, "stage": "k", "trial": null, "title": "t",'
            ' "of": "train"}',
        ],
    )
    def test_a_field_that_an_older_version_did_not_write(self, line: str):
        found = from_line(line)
        assert not isinstance(found, OtherEvent)
        assert to_line(found) == line


def test_no_field_takes_the_name_of_one_that_all_have():
    with pytest.raises(ValueError, match="stage"):
        OtherEvent("new", more={"stage": 1})
