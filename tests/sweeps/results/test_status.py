"""Where a sweep stands."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import filelock
import pytest

from sweeps.report.artifacts import texts
from sweeps.results.rows import read_results
from sweeps.results.status import (
    ENDED_ON_REQUEST,
    TrialCounts,
    count_trials,
    lacking,
    lacks_scores,
    read_sweep,
    state_of,
    sweep_stages,
    sweep_status,
)
from sweeps.search.claim import claim
from sweeps.search.study import SweepStudy
from sweeps.search.trial import Trial
from sweeps.spec.database import sqlite_address
from sweeps.spec.desired_state import request
from sweeps.spec.identity import give_identity
from sweeps.spec.stored import write_spec
from sweeps.tracking.projection import sweep_projection
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.events import SweepFinished, SweepStarted, WorkerLeftOut
from xlt_core.vocabulary.plan import Plan

LOST = {
    "gone": lambda path: None,
    "empty": lambda path: path.touch(),
    "a folder": lambda path: path.mkdir(),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "another's": lambda path: SweepStudy.open(sqlite_address(path), "another").close(),
}


class TestSweepStatus:
    def test_counts_of_a_finished_sweep(self, made):
        """Trials by state; every stage was computed here: what trials share is not reused."""
        found = sweep_status(made.folder)
        assert found.state == "finished"
        assert found.trials == TrialCounts(asked=4, finished=4, failed=0, running=0)
        # A seed: 1 + 2 + 2 + 3 trainings and 8 evaluations a trial; lab-pairs is asked for twice.
        assert found.stages.requested == 2 * (8 + 4 * 8)
        assert found.stages.distinct == 2 * (7 + 4 * 8)
        assert found.stages.executed == found.stages.distinct
        assert found.stages.reused == 0

    def test_stages_of_another_sweep_are_reused(self, make):
        """What the store had already was not computed here."""
        made = make()
        made.compute("(none)", sweep="earlier")
        made.ask(0, "(none)")
        made.tell(0, 80.0)
        assert sweep_status(made.folder).stages.executed == 0
        assert sweep_status(made.folder).stages.reused == 2 * 9

    def test_stages_of_a_namesake_are_reused(self, make):
        """Another folder's sweep of this name computed them: the id tells, the name does not."""
        made = make()
        own = give_identity(made.folder)
        made.compute("(none)", folder="f" * 16)
        made.compute("lab-topic", folder=own)
        for number, plan in enumerate(("(none)", "lab-topic")):
            made.ask(number, plan)
            made.tell(number, 80.0)
        found = sweep_status(made.folder).stages
        assert (found.executed, found.reused) == (2 * (2 + 8), 2 * 9)

    @pytest.mark.parametrize("left", [None, "", "another's\n"])
    def test_a_lost_id_is_the_studys_to_say(self, make, left):
        """What the sweep computed stays its own; what another folder's did is not made so."""
        made = make()
        own = give_identity(made.folder)
        made.ask(0, "(none)")
        study = SweepStudy.open(made.sweep.storage, made.sweep.name)
        claim(study, made.sweep, made.prepared, made.folder)
        study.close()
        made.compute("(none)", folder=own)
        made.tell(0, 80.0)
        made.folder.files.remove("id")
        if left is not None:
            made.folder.files.write("id", left)
        found = sweep_status(made.folder).stages
        assert (found.executed, found.reused) == ((0, 18) if left else (18, 0))
        assert made.folder.identity == (left.strip() if left else own)

    def test_what_is_not_computed_yet_is_neither(self, make):
        """Requested, but nothing to count as executed or reused."""
        made = make()
        made.ask(0, "(none)")
        found = sweep_status(made.folder)
        assert (found.stages.requested, found.stages.executed, found.stages.reused) == (18, 0, 0)
        assert found.state == "interrupted"

    def test_what_another_computes_after_it_ended_is_not_reused(self, make):
        """A sweep that was cancelled takes nothing any more; numbers must not go on growing."""
        made = make()
        made.ask(0, "(none)")
        made.journal(SweepFinished("made", "cancelled", at=1.0))
        made.compute("(none)", sweep="another")
        assert sweep_status(made.folder).stages.reused == 0
        assert {(row.standing, row.seconds) for row in sweep_stages(made.folder)} == {
            ("open", None)
        }
        made.tell(0, 80.0)
        assert sweep_status(made.folder).stages.reused == 2 * 9

    def test_a_shared_stage_of_another_sweep_is_reused_once(self, make):
        """However many trials ask for it; what is asked for is `requested`'s to say."""
        made = make()
        made.compute("lab-pairs", sweep="earlier")
        for number, plan in enumerate(("(none)", "lab-pairs", "lab-pairs > lab-topic")):
            made.compute(plan)
            made.ask(number, plan)
            made.tell(number, 80.0)
        found = sweep_status(made.folder).stages
        assert found.reused == 2 * (2 + 8)
        assert found.distinct - found.reused == found.executed == 2 * (1 + 8 + 2 + 8)
        assert found.requested == found.distinct + 2

    def test_workers_that_are_left_out_are_named(self, make):
        """Those of the last run, each once."""
        made = make()
        made.begin()
        one, other = (WorkerLeftOut(f"node-{n}:7", 3, "away", False) for n in (1, 2))
        made.journal(one, SweepStarted("made"), other, other)
        (named,) = sweep_status(made.folder).left_out
        assert named.worker == "node-2:7"
        assert sweep_status(made.folder).to_json()["left_out"] == [
            {"worker": "node-2:7", "stages": 3, "last": False, "error": "away"}
        ]

    @pytest.mark.parametrize(
        ("driven", "request_", "last_word", "where"),
        [
            (True, "run", "", ("running", 1, 0)),
            (True, "pause", "", ("paused", 0, 1)),
            (False, "run", "", ("interrupted", 0, 1)),
            *((False, "run", word, (word, 0, 1)) for word in ("interrupted", *ENDED_ON_REQUEST)),
        ],
    )
    def test_only_a_running_sweep_has_running_trials(
        self, make, driven, request_, last_word, where
    ):
        """What nobody works on is open, whatever the study calls it."""
        made = make()
        made.ask(0, "(none)")
        made.journal(*([SweepFinished("made", last_word)] if last_word else []))
        request(made.folder, request_)
        with filelock.FileLock(made.folder.lock) if driven else nullcontext():
            found = sweep_status(made.folder)
        assert (found.state, found.trials.running, found.trials.open) == where
        assert found.trials.asked == 1

    def test_a_held_lock_is_a_driver(self, make):
        """Running is what the lock says, paused what was asked of it."""
        made = make()
        made.begin()
        made.journal(SweepFinished("made", "cancelled"))
        with filelock.FileLock(made.folder.lock):
            assert sweep_status(made.folder).state == "running"
            request(made.folder, "pause")
            assert sweep_status(made.folder).state == "paused"
        assert sweep_status(made.folder).state == "cancelled"

    @pytest.mark.parametrize("asked", ["stop", "cancel"])
    @pytest.mark.parametrize("said", [True, False], ids=["last records", "last stages"])
    def test_what_was_asked_to_end_is_ending_until_its_driver_has_left(self, make, asked, said):
        """Until then it neither runs, for it begins nothing, nor can be gone on with."""
        made = make()
        made.begin()
        made.ask(0, "(none)")
        last = {"stop": "stopped", "cancel": "cancelled"}[asked]
        made.journal(SweepStarted("made"))
        with filelock.FileLock(made.folder.lock):
            assert sweep_status(made.folder).state == "running"
            request(made.folder, asked)
            if said:
                made.journal(SweepFinished("made", last))
            found = sweep_status(made.folder)
            assert (found.state, found.trials.running, found.trials.open) == ("ending", 0, 1)
        assert sweep_status(made.folder).state == (last if said else "interrupted")

    def test_failed_trials_come_with_their_errors(self, make):
        """A failing trial says why."""
        made = make()
        made.ask(0, "(none)")
        made.tell(0, None, "the loss is NaN")
        made.journal(SweepFinished("made", "finished"))
        found = sweep_status(made.folder)
        assert found.state == "failed"
        assert found.errors == ((0, "the loss is NaN"),)

    def test_a_torn_journal_is_read(self, make):
        """A line cut off by a kill hides nothing else."""
        made = make()
        made.begin()
        made.journal(SweepFinished("made", "stopped"))
        with (made.folder.path / "events.jsonl").open("a") as file:
            file.write('{"kind": "sweep_sta')
        assert sweep_status(made.folder).state == "stopped"

    @pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
    def test_a_study_that_is_not_there_is_said(self, make, lose):
        """A sweep that was started is not one without trials because its study is gone."""
        made = make()
        made.begin()
        assert sweep_status(made.folder).trials.asked == 0
        path = made.folder.path / "study.db"
        path.unlink()
        lose(path)
        for read in (
            sweep_status,
            read_results,
            lambda folder: list(sweep_projection(folder, texts)),
        ):
            with pytest.raises(
                UserMistake, match=r"study\.db: Optuna's study of made is not there"
            ):
                read(made.folder)

    def test_a_study_is_looked_for_once_the_sweep_was_started(self, make):
        """Before that there is none, and nothing to miss."""
        made = make()
        (made.folder.path / "prepared.json").unlink()
        assert read_sweep(made.folder)[1:] == (None, ())

    def test_json_shape(self, made):
        """These names are promised to programs."""
        data = sweep_status(made.folder).to_json()
        assert {"asked", "finished", "failed", "running", "open"} <= set(data["trials"])
        assert set(data["stages"]) == {"requested", "distinct", "executed", "reused"}
        assert (data["name"], data["state"]) == ("made", "finished")


class TestStateOf:
    @pytest.mark.parametrize(
        ("driven", "pausing", "last_word", "failed", "running", "state"),
        [
            (True, False, "", 0, 1, "running"),
            (True, True, "", 0, 1, "paused"),
            (False, False, "", 0, 1, "interrupted"),
            (False, False, "interrupted", 0, 1, "interrupted"),
            (False, False, "stopped", 0, 1, "stopped"),
            (False, False, "cancelled", 1, 0, "cancelled"),
            (False, False, "finished", 0, 0, "finished"),
            (False, False, "finished", 2, 0, "failed"),
            (False, False, "finished", 0, 1, "interrupted"),
            (False, True, "", 0, 0, "interrupted"),
        ],
    )
    def test_one_word(self, driven, pausing, last_word, failed, running, state):
        """The lock first, then the driver's last word, then the trials."""
        trials = ["finished", *["failed"] * failed, *["running"] * running]
        assert state_of(driven, pausing, last_word, trials) == state

    @pytest.mark.parametrize(
        ("last_word", "state"),
        [("", "not begun"), ("interrupted", "not begun"), ("cancelled", "cancelled")],
    )
    def test_without_a_trial_nothing_was_interrupted(self, last_word, state):
        """A driver that was refused, or killed, before it asked for one."""
        assert state_of(False, False, last_word, []) == state


class TestCountTrials:
    """Of what the study says and where the sweep stands."""

    @staticmethod
    def trial(number: int, state: str) -> Trial:
        return Trial(number, Plan(), {}, state, 1.0 if state == "finished" else None)

    @pytest.mark.parametrize(
        "state", ["running", "paused", "ending", "interrupted", "finished", "stopped"]
    )
    def test_each_is_counted_once(self, state):
        """A trial without a result runs where the sweep does, and is open elsewhere; so is one
        that finished and lacks what is asked of it now."""
        states = ["finished", "finished", "failed", "running", "running"]
        trials = [self.trial(number, one) for number, one in enumerate(states)]
        found = count_trials(trials, state, short={1})
        left = {"running": 3, "open": 0} if state == "running" else {"running": 0, "open": 3}
        assert found == TrialCounts(asked=5, finished=1, failed=1, **left)

    def test_of_none_there_are_none(self):
        found = count_trials([], "not begun")
        assert found == TrialCounts(asked=0, finished=0, failed=0, running=0, open=0)


class TestExtending:
    """An extended sweep whose new scores are partly there: killed, stopped, or at work."""

    @pytest.fixture
    def half(self, make):
        """Two finished trials of two seeds; a third seed is asked for, and partly there."""
        made = make()
        for number, plan in enumerate(("(none)", "lab-pairs")):
            made.ask(number, plan)
            made.compute(plan)
            made.tell(number, 80.0)
        made.journal(SweepFinished("made", "interrupted"))
        more = replace(made, sweep=replace(made.sweep, seeds=(0, 1, 2)))
        write_spec(made.folder, more.sweep)
        more.compute("(none)")
        return more

    def test_trials_are_open_again(self, half):
        """What is left to do is not hidden behind what was done."""
        short = lacking(*read_sweep(half.folder), half.store)
        found = sweep_status(half.folder)
        assert (found.trials.finished, found.trials.open) == (2 - len(short), len(short))
        assert 1 in short and found.state == "interrupted"
        with filelock.FileLock(half.folder.lock):
            assert sweep_status(half.folder).trials.running == len(short)


class TestLacksScores:
    def test_a_complete_sweep_lacks_nothing(self, made):
        """Nothing to go through again."""
        sweep, prepared, trials = read_sweep(made.folder)
        assert not lacks_scores(sweep, prepared, trials)

    def test_a_further_seed_is_lacking(self, made):
        """An extended sweep has to go through its finished trials again, also after a kill."""
        sweep, prepared, trials = read_sweep(made.folder)
        assert lacks_scores(replace(sweep, seeds=(0, 1, 2)), prepared, trials)


@pytest.mark.parametrize("name", ["control", "id"])
def test_a_small_file_that_holds_no_text(make, xlt, name):
    """Of one sweep: it hides neither itself nor the others."""
    made = make()
    made.begin()
    (made.folder.path / name).write_bytes(b"\xff\xfe")
    for command in (["status", "made"], ["status"], ["sync", "made"]):
        assert xlt(*command).code in (0, 2)


@pytest.mark.parametrize(
    ("key", "value"), [("number", "x"), ("settings", [1]), ("plan", 3), ("plan", "a >> b")]
)
def test_a_row_of_another_kind_is_damage(make, xlt, key, value):
    """One screen, with the database's place."""
    made = make()
    made.ask(0, "(none)")
    study = SweepStudy.open(made.sweep.storage, made.sweep.name)
    study._storage.set_trial_user_attr(study._ids()[0], key, value)
    study.close()
    for command in (["status", "made"], ["results", "made"], ["plan", str(made.spec)]):
        said = xlt(*command)
        assert said.code == 2 and "study.db" in said.err and "damaged" in said.err


def test_a_claim_of_another_kind_is_damage(make, xlt):
    made = make()
    made.begin()
    study = SweepStudy.open(made.sweep.storage, made.sweep.name)
    study.set_attr("sweep", [1])
    study.close()
    said = xlt("plan", str(made.spec))
    assert said.code == 2 and "damaged" in said.err
