"""Watching a sweep: what a look finds in its folder, and how it is drawn."""

from __future__ import annotations

import json
import time

import filelock
from rich.console import Console

from sweeps.report.text import WIDE
from sweeps.report.watch_picture import frame
from sweeps.report.watching import Watched, Watcher
from sweeps.spec.paths import NOW
from xlt_core.stages import lineage
from xlt_core.vocabulary.events import (
    StageDone,
    StageRetried,
    SweepFinished,
    SweepStarted,
    TrialFinished,
    TrialInterrupted,
)

PLAN = "lab-pairs > lab-topic"


def drawn(found: Watched) -> str:
    """A frame as text, as it would stand in a pipe."""
    console = Console(width=WIDE, force_terminal=False)
    with console.capture() as capture:
        console.print(frame(found))
    return capture.get()


def begun(make):
    """A sweep with a finished baseline, and a trial that has trained its first stage of two."""
    made = make()
    made.begin()
    made.ask(0, "(none)")
    made.tell(0, 80.0)
    made.ask(1, PLAN)
    path = made.paths(PLAN)[0]
    first, second, *_ = lineage(path.trained)
    made.journal(
        SweepStarted("made", at=time.time() - 100),
        TrialFinished(trial=0, objective=80.0),
        StageDone(first.title, first.kind, 30.0, stage=first.key),
        StageRetried(second.title, second.kind, "OSError: the disk went away", 2.0, stage="x"),
        TrialInterrupted(trial=1),
    )
    running = {"stage": second.key, "title": second.title, "step": 120, "steps": 400}
    running |= {"tokens_per_second": 5300.0, "since": time.time() - 9}
    running |= {"node": "node2", "worker": "4711", "of_a_later_version": 1}
    going_on = {"ready": 2, "of": 4, "gpus": 0.5, "doing": "2 of 4", "stages": [running]}
    made.folder.files.write(NOW, json.dumps(going_on))
    return made, first, second


class TestWatcher:
    def test_what_runs_where_and_what_is_left(self, make) -> None:
        """Trials from the study, what was done from the journal, what runs from the note beside."""
        made, first, second = begun(make)
        with filelock.FileLock(made.folder.lock):
            found = Watcher(made.folder).look()
        assert (found.state, found.trials.finished, found.trials.running) == ("running", 1, 1)
        stages = {branch.key: branch for branch in found.tree}
        assert stages[first.key].standing == "done"
        assert stages[second.key].standing == "running" and stages[second.key].parents
        assert found.workers == (2, 4) and found.tokens_per_second == 5300.0
        assert found.seconds_left and found.computing_left
        assert abs(found.computing_left - found.seconds_left * 0.3) < 0.05 * found.computing_left
        (error,) = found.errors
        assert "the disk went away" in error
        as_json = json.loads(json.dumps(found.to_json(), allow_nan=False))
        assert as_json["stages"][1]["running"]["node"] == "node2"
        assert as_json["left"]["gpu_hours"] == as_json["left"]["worker_hours"] / 2

    def test_a_look_after_another_goes_on_from_there(self, make) -> None:
        """What comes meanwhile is seen; a new run begins its own counts."""
        made, _, second = begun(make)
        watcher = Watcher(made.folder)
        with filelock.FileLock(made.folder.lock):
            watcher.look()
            made.journal(StageDone(second.title, second.kind, 20.0, stage=second.key))
            made.folder.files.remove(NOW)
            found = watcher.look()
            assert {branch.standing for branch in found.tree[:2]} == {"done"}
            assert (found.spent, len(found.tally.trained)) == (50.0, 2)
            assert len(found.errors) == 1, "it is read once"
            made.journal(SweepStarted("made"))
            found = watcher.look()
        assert (found.spent, found.tally.done) == (0.0, 1)
        assert {branch.standing for branch in found.tree[:2]} == {"done"}

    def test_a_sweep_that_nobody_drives_runs_nothing(self, make) -> None:
        """What a killed driver left of its note is not taken for what goes on."""
        made, *_ = begun(make)
        found = Watcher(made.folder).look()
        assert found.is_over and found.state == "interrupted" and found.workers is None
        assert not found.tally.running and found.seconds_left is None
        made.journal(SweepFinished("made", "cancelled", at=found.tally.began + 40))
        assert Watcher(made.folder).look().elapsed == 40

    def test_a_note_that_is_half_or_another_is_none(self, make) -> None:
        """It may be of another version, or written over by anybody."""
        made, *_ = begun(make)
        watcher = Watcher(made.folder)
        with filelock.FileLock(made.folder.lock):
            for text in ('{"stages": [', "[]", '{"stages": [1, {"stage": "x"}]}'):
                made.folder.files.write(NOW, text)
                assert not watcher.look().tally.running


class TestPicture:
    def test_one_frame(self, make) -> None:
        """The stage that runs, with node, process, step and speed; the others around it."""
        made, first, second = begun(make)
        with filelock.FileLock(made.folder.lock):
            text = drawn(Watcher(made.folder).look())
        assert "made  running  trials 1 of 5 finished, 1 running" in text
        (line,) = [line for line in text.splitlines() if "▶" in line]
        assert second.title in line and "step 120/400" in line and "5,300 tokens/s" in line
        assert "on node2 (4711)" in line
        assert f"✓ {first.title}" in text and "0 of 8 evaluations done" in text
        assert "2 of 4 workers ready" in text and "GPU-hours" in text
        assert "the disk went away" in text

    def test_stages_of_one_title_are_told_apart(self, make) -> None:
        """Two trials of one plan, trained at learning rates that were searched."""
        made = make("{choice: [1e-3, 2e-3]}")
        made.begin()
        for number, rate in enumerate((1e-3, 2e-3)):
            made.ask(number, "lab-pairs", {"recipe.target.learning_rate": rate})
        with filelock.FileLock(made.folder.lock):
            text = drawn(Watcher(made.folder).look())
        for rate in ("0.001", "0.002"):
            assert f"lab-pairs > lab-nli #0 (learning_rate {rate})" in text
        assert "lab-pairs #0 (" not in text, "it is trained once"

    def test_a_long_tree_is_cut(self, make, monkeypatch) -> None:
        """And says by how much."""
        monkeypatch.setattr("sweeps.report.watch_picture.MOST_BRANCHES", 2)
        made, *_ = begun(make)
        with filelock.FileLock(made.folder.lock):
            text = drawn(Watcher(made.folder).look())
        assert "and 4 more" in text
