"""What a record would change in a run that is there already: decided without a database."""

from __future__ import annotations

import pytest

from sweeps.tracking.diff import ASKED_TAG, ENDED_TAG, Known, difference, is_stale
from sweeps.tracking.records import RunRecord, Status

RUNNING, FINISHED, FAILED, KILLED = "RUNNING", "FINISHED", "FAILED", "KILLED"
BEGAN = 1_700_000_000.0


def record(status: str, after: float = 10.0, **fields) -> RunRecord:
    """A trial's record, of an end so many seconds after its beginning."""
    ended = None if status == RUNNING else BEGAN + after
    return RunRecord("trial", "s/1", "s", "trial 1", Status(status), BEGAN, ended, **fields)


def known(status: str, after: float = 10.0, by_hand: bool = False) -> Known:
    """The run as a record of that status left it; `by_hand`: somebody changed its end in the UI."""
    if status == RUNNING:
        return Known("id", started=int(BEGAN * 1000))
    ended = int((BEGAN + after) * 1000)
    tags = {} if by_hand else {ENDED_TAG: str(ended)}
    return Known("id", Status(status), ended, tags, started=int(BEGAN * 1000))


class TestIsStale:
    @pytest.mark.parametrize("status", [RUNNING, FINISHED, FAILED, KILLED])
    def test_nothing_is_to_a_run_that_runs(self, status):
        assert not is_stale(known(RUNNING), record(status))

    @pytest.mark.parametrize("there", [FINISHED, FAILED])
    @pytest.mark.parametrize(
        ("status", "after", "stale"),
        [
            (RUNNING, 0.0, True),  # said before it ended, come late
            (KILLED, 99.0, True),  # said on its behalf by somebody who had not heard
            (FINISHED, 9.0, True),
            (FINISHED, 10.0, False),
            (FAILED, 9.0, True),
            (FAILED, 11.0, False),
        ],
    )
    def test_work_that_said_its_end_is_changed_by_a_later_end(self, there, status, after, stale):
        assert is_stale(known(there), record(status, after)) is stale

    @pytest.mark.parametrize(
        ("status", "after", "stale"),
        [
            (RUNNING, 0.0, False),
            (FINISHED, 1.0, False),
            (FAILED, 1.0, False),
            (KILLED, 9.0, True),
            (KILLED, 11.0, False),
        ],
    )
    def test_who_was_thought_dead_and_speaks_is_believed(self, status, after, stale):
        """An earlier end, too; of two obituaries the later stands."""
        assert is_stale(known(KILLED), record(status, after)) is stale

    @pytest.mark.parametrize("there", [FINISHED, FAILED, KILLED])
    @pytest.mark.parametrize("status", [RUNNING, FINISHED, KILLED])
    def test_what_somebody_said_by_hand_counts_for_nothing(self, there, status):
        assert not is_stale(known(there, by_hand=True), record(status))

    @pytest.mark.parametrize("there", [RUNNING, FINISHED, FAILED, KILLED])
    @pytest.mark.parametrize("status", [RUNNING, FINISHED, FAILED, KILLED])
    def test_who_asks_for_more_is_believed_over_who_asked_for_less(self, there, status):
        """A finished sweep that is extended runs again, and may be interrupted."""
        before, now = {ASKED_TAG: "18"}, {ASKED_TAG: "27"}
        run = known(there)
        run.tags |= before
        assert not is_stale(run, record(status, 1.0, tags=now))
        run.tags |= now
        assert is_stale(run, record(status, 99.0, tags=before))
        assert is_stale(run, record(status, 99.0))


class TestDifference:
    def test_a_stale_record_changes_nothing_unless_it_is_what_holds_now(self):
        late = record(RUNNING, params={"plan": "mnli"})
        assert difference(known(FINISHED), late, None) is None
        found = difference(known(FINISHED), late, None, is_truth=True)
        assert found is not None and found.reopen and found.params == {"plan": "mnli"}

    def test_the_second_time_it_changes_nothing(self):
        """What a record said is in the tags, its digest among them."""
        run, said = known(RUNNING), record(FINISHED, params={"plan": "mnli"}, tags={"a": "b"})
        first = difference(run, said, None)
        assert first is not None
        assert first.end == (Status.FINISHED, int((BEGAN + 10) * 1000))
        run.tags |= first.tags
        run.params |= first.params
        run.status, run.ended = first.end
        assert difference(run, said, None) is None

    def test_a_param_that_is_another_now_is_kept_as_a_tag(self):
        """MLflow changes none."""
        run = known(RUNNING)
        run.params["seeds"] = "3"
        found = difference(run, record(RUNNING, params={"seeds": "5"}), None)
        assert found is not None and "seeds" not in found.params
        assert "5" in found.tags.values()


def test_another_sweep_leaves_a_stage_under_the_trial_it_hangs_under():
    """It knows whose the stage is, and not which trial needed it first; the owner does."""
    place = {"xlt.parent": "s/1", "mlflow.parentRunId": "the trial's"}
    there = Known("id", tags=dict(place))

    def stage(parent: str) -> RunRecord:
        return RunRecord("stage", "k", parent, "k", Status.FINISHED, BEGAN, BEGAN + 1)

    change = difference(there, stage("s"), "the sweep's")
    assert change is not None
    assert not place.keys() & change.tags.keys()
    moved = difference(there, stage("s/0"), "another's")
    assert moved is not None
    assert moved.tags["mlflow.parentRunId"] == "another's"
