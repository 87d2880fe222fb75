"""What is shown while a sweep runs."""

from __future__ import annotations

import os
from contextlib import suppress
from io import StringIO

import pytest
from rich.console import Console

from sweeps.report.event_text import line
from sweeps.report.progress import ProgressDisplay, Tally, picture, summary
from xlt_core.vocabulary.events import (
    Message,
    OtherEvent,
    Phase,
    ServedStage,
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
    SweepWaits,
    TrialFailed,
    TrialFinished,
    WorkerFailed,
    WorkerLeftOut,
    Workers,
)


def text_of(renderable, width=120):
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(renderable)
    return console.file.getvalue()


def stage(kind, key="k1", at=0.0, title=None, **fields):
    """Something of a stage; of a training, where that must be said."""
    of = {"of": "train"} if issubclass(kind, ServedStage) else {}
    return kind(title or f"mnli #{key}", stage=key, at=at, **{**of, **fields})


def progress(at=0.0, **said):
    point = {"step": 1, "steps": 100, "loss": 0.5, "learning_rate": 1e-3, "tokens_per_second": 1.0}
    return stage(StageProgress, at=at, **{**point, **said})


class TestTally:
    def test_counts_each_stage_once(self):
        """The engine and the service both say that a stage is done; it is one stage."""
        tally = Tally(total=2)
        tally.add(stage(StageStarted))
        tally.add(stage(StageFinished, seconds=1.0, steps=3))
        tally.add(stage(StageDone, seconds=1.0))
        assert (len(tally.trained), len(tally.running)) == (1, 0)

    def test_tells_trained_evaluated_found_failed_apart(self):
        """Four ways for a stage to end, four counts."""
        tally = Tally(total=None)
        tally.add(stage(StageDone, "a", of="train", seconds=1.0))
        tally.add(stage(StageDone, "b", of="evaluate", seconds=1.0))
        tally.add(stage(StageReused, "c", of="train"))
        tally.add(stage(StageFailedEvent, "d", of="train", error="NaN"))
        tally.add(stage(StageCancelledEvent, "e", of="train"))
        assert [len(s) for s in (tally.trained, tally.evaluated, tally.found, tally.failed)] == [
            1,
            1,
            1,
            1,
        ]

    def test_what_was_computed_here_is_not_found(self):
        """Asked for again by a later trial, it comes from the store, but this run put it there.

        What is found is not called reused: of that `xlt status` says what other sweeps have put
        there, and a stage of an earlier run of this sweep is none of it.
        """
        tally = Tally(total=None)
        for of in ("train", "evaluate"):
            tally.add(stage(StageDone, of, of=of, seconds=1.0))
            tally.add(stage(StageReused, of, of=of))
        for _ in range(2):
            tally.add(stage(StageReused, "c", of="train"))
        assert "this run: 1 trained · 1 evaluated · 1 found in the store" in summary(tally)
        assert "reused" not in summary(tally)

    def test_progress_of_a_stage(self):
        """Steps and speed are the last ones told."""
        tally = Tally(total=1)
        tally.add(stage(StageStarted))
        tally.add(progress(step=10, tokens_per_second=1234.0))
        shown = text_of(picture(tally, 0.0))
        assert "10/100" in shown
        assert "1,234 tokens/s" in shown

    def test_time_left_by_the_pace_of_this_run(self):
        """Trials of earlier runs say nothing of today's pace."""
        tally = Tally(total=10, before=6, began=0.0)
        assert tally.seconds_left(50.0) is None
        tally.add(TrialFinished(trial=6))
        tally.add(TrialFailed(trial=7))
        assert tally.done == 8
        assert tally.seconds_left(100.0) == pytest.approx(100.0)

    def test_many_running_stages_stay_on_the_screen(self):
        """More than a dozen are counted, not listed."""
        tally = Tally(total=1)
        for key in range(40):
            tally.add(stage(StageStarted, str(key)))
        assert len(text_of(picture(tally, 0.0)).splitlines()) < 24

    def test_where_no_stage_runs_it_says_what_goes_on(self):
        """Until the first stage, and after the last one."""
        tally = Tally(total=1)
        tally.add(Phase("starting Ray"))
        assert "starting Ray" in text_of(picture(tally, 0.0))
        tally.add(Workers(1, 2))
        assert "1 of 2 workers ready" in text_of(picture(tally, 0.0))
        tally.add(stage(StageStarted))
        assert "ready" not in text_of(picture(tally, 0.0))

    def test_an_unknown_total(self):
        """A search without an end shows what it has."""
        assert summary(Tally(total=None)).startswith("trials 0/?")


class TestLine:
    @pytest.mark.parametrize(
        ("event", "words"),
        [
            (stage(StageStarted), "start mnli #k1"),
            (stage(StageDone, seconds=2.0), "done  mnli #k1 (2.0 s)"),
            (stage(StageReused), "found mnli #k1"),
            (stage(StageFailedEvent, error="loss is NaN\nmore"), "FAIL  mnli #k1 (loss is NaN)"),
            (
                TrialFinished("mnli", {}, 71.234, trial=3),
                "trial 3 mnli: finished (objective 71.23)",
            ),
            (Message("hello"), "hello"),
            (Phase("starting Ray"), "starting Ray"),
            (Workers(1, 2), "1 of 2 workers ready"),
            (StagesLeft(1), "leave 1 stage that had not begun"),
            (StagesLeft(8), "leave 8 stages that had not begun"),
            (SweepWaits("no room"), "WAIT  no room"),
            (
                WorkerFailed("no torch\nmore", 2),
                "a worker could not start, attempt 2 (no torch)",
            ),
            (
                WorkerLeftOut("node-1:4711", 3, "away\nmore", False),
                "worker node-1:4711 is left out: 3 stages in a row failed there and nowhere else "
                "(away)",
            ),
            (
                WorkerLeftOut("node-1:4711", 3, "away", True),
                "worker node-1:4711 stays, as the last: 3 stages in a row failed there and nowhere "
                "else (away)",
            ),
            (
                stage(StageRetried, error="away\nmore", pause=6.0),
                "retry mnli #k1 (in 6 s, away)",
            ),
            (
                stage(StageMoved, worker="node-1:4711", step=17),
                "move  mnli #k1 (node-1:4711 was told to end; on from step 17)",
            ),
            (stage(StageInterrupted, error="away"), "lost  mnli #k1 (away)"),
            (SweepFinished("s", "stopped"), "sweep s: stopped"),
            (OtherEvent("something_new"), "something new"),
        ],
    )
    def test_one_event_one_line(self, event, words):
        """Time of day, then what happened."""
        assert line(event)[9:] == words
        assert "\n" not in line(event)


class TestProgress:
    def observe(self, *events):
        out = StringIO()
        with ProgressDisplay(2, console=Console(file=out, width=60)) as progress:
            for event in events:
                progress.observe(event)
        return out.getvalue().splitlines()

    def test_without_a_terminal_one_line_an_event(self):
        """A log file gets plain lines, however long, and no control codes."""
        long = "mnli > qqp+squad > " * 10
        lines = self.observe(stage(StageStarted, title=long), Message("x"))
        assert len(lines) == 2
        assert long.strip() in lines[0]
        assert "\x1b" not in "".join(lines)

    def test_without_a_terminal_steps_are_told_now_and_then(self):
        """Ten thousand steps are not ten thousand lines."""
        steps = [progress(at=float(n), step=n) for n in range(100)]
        assert 1 <= len(self.observe(*steps)) <= 4

    def test_without_a_terminal_what_goes_on_says_from_where(self):
        """At once: little may be left of it."""
        told = progress(step=900, steps=1000, tokens_per_second=0.0)
        (only,) = self.observe(told, progress(at=1.0, step=910, steps=1000))
        assert "step 900/1000" in only

    def test_an_end_told_twice_is_one_line(self):
        """The engine's word and the service's are about the same end."""
        assert (
            len(self.observe(stage(StageFinished, seconds=1.0), stage(StageDone, seconds=1.0))) == 1
        )

    def test_on_a_terminal_a_live_display_and_no_lost_errors(self):
        """Errors stay above the live lines, and so does what is waited for."""
        out = StringIO()
        console = Console(file=out, width=100, force_terminal=True)
        with ProgressDisplay(1, console=console) as progress:
            progress.observe(stage(StageStarted))
            progress.observe(stage(StageFailedEvent, error="loss is NaN"))
            progress.observe(SweepWaits("a disk is full"))
        assert "loss is NaN" in out.getvalue()
        assert "a disk is full" in out.getvalue()
        assert "trials 0/1" in out.getvalue()

    def test_a_terminal_that_goes_away_while_it_is_shown(self):
        """Leaving the display raises nothing: what was shown is over anyhow."""
        out = StringIO()
        progress = ProgressDisplay(1, console=Console(file=out, width=100, force_terminal=True))
        with progress:
            progress.observe(stage(StageStarted))
            out.close()


def test_a_reader_that_has_stalled_holds_up_no_sweep(monkeypatch):
    """Every event is counted and none waits for the terminal; the end does not either."""
    monkeypatch.setattr("sweeps.report.progress.STALLED_SECONDS", 0.2)
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as file:  # nobody reads
        with ProgressDisplay(1000, console=Console(file=file, width=200)) as progress:
            for number in range(1000):
                progress.observe(TrialFinished("x" * 300, trial=number))
        assert progress.tally.done == 1000
        os.set_blocking(reading, False)
        while progress._shower.is_alive():
            with suppress(BlockingIOError):
                os.read(reading, 1 << 20)
        os.close(reading)
