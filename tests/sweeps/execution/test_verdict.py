"""What a trial tells the search, by what became of its stages."""

from __future__ import annotations

import json

import pytest

from sweeps.execution.job import StageOutcome, StageStatus
from sweeps.execution.verdict import from_report, to_report, verdict
from sweeps.search.loop import Interrupted
from sweeps.search.trial import TrialResult
from sweeps.spec.sweep import Objective

ENGLISH, ALL = Objective("dev", "english"), Objective("dev", "all")


def done(task="xnli", language="en", split="dev", score=60.0, executed=True, seconds=2.0):
    answer = {"task": task, "language": language, "split": split, "primary": score}
    return StageOutcome(
        f"{task} {language}", StageStatus.DONE, answer, executed=executed, seconds=seconds
    )


def ended(status, error="x"):
    return StageOutcome("key", status, error=error, machine=status == StageStatus.INTERRUPTED)


class TestVerdict:
    def test_the_selecting_scores_and_what_was_new(self):
        """Each target's by itself, test and other languages left out; stages that were there cost
        nothing."""
        outcomes = [
            done(score=60.0),
            done(score=99.0, split="test"),
            done(score=20.0, language="sw", executed=False, seconds=9.0),
            done("udpos", score=80.0),
        ]
        scores = {"xnli": 60.0, "udpos": 80.0}
        english = verdict(ENGLISH, outcomes, [done(score=1.0)])
        assert english == TrialResult(70.0, scores=scores, seconds=8.0, new_stages=4)
        assert verdict(ALL, outcomes).scores == {"xnli": 40.0, "udpos": 80.0}

    @pytest.mark.parametrize(
        "other", [StageStatus.DONE, StageStatus.INTERRUPTED, StageStatus.STOPPED]
    )
    def test_a_stage_that_failed_of_its_own_fails_the_trial(self, other):
        """Whatever became of the others; each error once."""
        rest = done() if other == StageStatus.DONE else ended(other, "y")
        found = verdict(ENGLISH, [ended(StageStatus.FAILED), ended(StageStatus.FAILED), rest])
        assert found == TrialResult.failed("x")

    @pytest.mark.parametrize(
        ("status", "error"), [(StageStatus.INTERRUPTED, "x"), (StageStatus.STOPPED, "")]
    )
    def test_a_machines_fault_is_no_verdict(self, status, error):
        """Nor is a sweep that was stopped; for a stopped one nobody is to blame."""
        assert verdict(ENGLISH, [done(), ended(status)]) == Interrupted(error)

    def test_the_plans_own_scores_are_its_objective(self):
        """Whatever came of the baseline beside it, its own failure too."""
        for beside in (done(score=99.0), ended(StageStatus.FAILED)):
            assert verdict(ENGLISH, [done()], [beside]).objective == 60.0

    @pytest.mark.parametrize(
        ("status", "error"), [(StageStatus.INTERRUPTED, "x"), (StageStatus.STOPPED, "")]
    )
    def test_a_baseline_that_is_still_to_come_is_waited_for(self, status, error):
        """The trial stays open: else its gain would be forgotten."""
        assert verdict(ENGLISH, [done()], [ended(status)]) == Interrupted(error)

    @pytest.mark.parametrize(
        "beside",
        [StageStatus.DONE, StageStatus.FAILED, StageStatus.INTERRUPTED, StageStatus.STOPPED],
    )
    def test_a_plan_that_fails_has_failed(self, beside):
        """Of its own error, not the baseline's."""
        other = done() if beside == StageStatus.DONE else ended(beside, "of the baseline")
        assert verdict(ENGLISH, [ended(StageStatus.FAILED)], [other]) == TrialResult.failed("x")


@pytest.mark.parametrize(
    "came",
    [
        TrialResult(61.25, scores={"xnli": 61.25}, seconds=1.5, new_stages=3),
        TrialResult(0.0),
        TrialResult.failed("NonFiniteLoss: at step 3\nmore"),
        Interrupted(),
        Interrupted("the disk went away"),
    ],
)
def test_tune_carries_it_unchanged(came):
    """As plain values."""
    report = to_report(came)
    assert from_report(json.loads(json.dumps(report))) == came
    if isinstance(came, TrialResult):
        assert from_report(report).scores == came.scores


@pytest.mark.parametrize("report", [{}, {"done": True}])
def test_a_coordinator_that_was_lost_told_nothing(report):
    assert from_report(report) == Interrupted()
