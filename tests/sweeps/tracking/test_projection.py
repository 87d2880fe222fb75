"""What MLflow is told: the same from a driver as it goes and from a later sync."""

from __future__ import annotations

from collections import Counter

import filelock
import pytest

from sweeps.report.artifacts import texts
from sweeps.search.study import SweepStudy
from sweeps.spec.identity import give_identity
from sweeps.tracking.diff import NOTE_TAG
from sweeps.tracking.projection import Projection, sweep_projection
from sweeps.tracking.records import Status
from sweeps.tracking.trial_run import overlaps_of
from xlt_core.stages import lineage
from xlt_core.vocabulary.events import (
    Message,
    StageDone,
    StageProgress,
    StageStarted,
    SweepStarted,
    TrialFailed,
    TrialFinished,
    TrialStarted,
)
from xlt_core.vocabulary.plan import Plan

BEGAN = 1_700_000_000.0  # when the made sweep began


def by_tag(records):
    """Records by what they are found by; the last of each."""
    return {(record.level, record.tag_value): record for record in records}


def values_of(record):
    return {point.key: point.value for point in record.metrics}


def projection_of(made):
    study = SweepStudy.open(made.sweep.storage, made.sweep.name)
    return Projection(made.sweep, made.prepared, made.folder, study, texts)


class TestSweepProjection:
    def test_a_record_for_the_sweep_each_trial_and_each_trained_stage(self, made):
        """Two seeds of 1 + 2 + 2 + 3 trainings, one of them shared."""
        found = by_tag(sweep_projection(made.folder, texts))
        levels = [level for level, _ in found]
        assert (levels.count("sweep"), levels.count("trial"), levels.count("stage")) == (1, 4, 14)

    def test_saying_it_twice_says_the_same(self, made):
        """Every time and number is a stored fact."""
        assert list(sweep_projection(made.folder, texts)) == list(
            sweep_projection(made.folder, texts)
        )

    def test_a_trial_has_its_scores_and_gains_by_family(self, made):
        """Names are stable across sweeps."""
        record = by_tag(sweep_projection(made.folder, texts))["trial", "made/3"]
        metrics = {metric.key: metric.value for metric in record.metrics}
        assert metrics["gain/lab-nli/Lab-A"] == pytest.approx(9.0)
        assert metrics["objective"] == 83.5, "by the scores of both seeds, whatever was told"
        assert metrics["test/lab-nli/qla/accuracy"] == pytest.approx(69.0)
        assert record.params["plan"] == "lab-pairs > lab-topic"
        assert (record.status, record.started, record.ended) == (
            Status.FINISHED,
            BEGAN,
            BEGAN + 10,
        )

    def test_a_stage_has_its_curve_and_the_scores_asked_of_it(self, made):
        """Loss by step, then what evaluations said."""
        found = by_tag(sweep_projection(made.folder, texts))
        path = made.paths("lab-pairs")[0]
        first, last = (found["stage", stage.key] for stage in lineage(path.trained))
        assert [m.value for m in first.metrics if m.key == "curve/loss"] == [1.0, 0.5]
        assert not [m for m in first.metrics if m.key.startswith("test/")]
        assert len([m for m in last.metrics if m.key.startswith("test/")]) == 4

    def test_the_sweep_names_its_best_trial_and_carries_spec_and_report(self, made):
        """Counts, best, versions, and two files to read."""
        record = by_tag(sweep_projection(made.folder, texts))["sweep", "made"]
        assert record.tags["xlt.best"] == "1: lab-pairs"
        assert record.tags["xlt.environment.torch"] == "2.13"
        assert set(record.artifacts) == {"spec.yaml", "report.txt", "plans.svg", "plans.json"}
        assert (record.status, record.ended) == (Status.FINISHED, BEGAN + 20)
        counts = {m.key: m.value for m in record.metrics}
        assert counts["stages/reused"] == counts["trials/open"] == 0

    def test_a_killed_sweep_is_not_left_running(self, make):
        """Without a driver and without its last word it was killed."""
        made = make()
        made.ask(0, "(none)")
        made.journal(SweepStarted("made", at=BEGAN), TrialStarted(trial=0, at=BEGAN + 1))
        record = by_tag(sweep_projection(made.folder, texts))["sweep", "made"]
        assert (record.status, record.ended) == (Status.KILLED, BEGAN + 1)

    def test_an_open_trial_of_a_sweep_that_does_not_run_is_not_left_running(self, make):
        """A sync is the last to speak of it until the sweep goes on."""
        made = make()
        made.ask(0, "(none)")
        made.compute("(none)")
        made.journal(SweepStarted("made", at=BEGAN))
        found = by_tag(sweep_projection(made.folder, texts))
        record = found["trial", "made/0"]
        assert (record.status, record.tags["xlt.state"]) == (Status.KILLED, "open")
        assert record.ended == BEGAN + 10
        counts = {m.key: m.value for m in found["sweep", "made"].metrics}
        assert (counts["trials/open"], counts["trials/running"]) == (1, 0)
        with filelock.FileLock(made.folder.lock):
            record = by_tag(sweep_projection(made.folder, texts))["trial", "made/0"]
        assert (record.status, record.ended) == (Status.RUNNING, None)

    def test_a_trial_that_failed_before_it_computed_anything(self, make):
        """Its time is the journal's."""
        made = make()
        made.ask(0, "(none)")
        made.tell(0, None, "no data")
        made.journal(TrialFailed(trial=0, at=BEGAN + 3))
        record = by_tag(sweep_projection(made.folder, texts))["trial", "made/0"]
        assert (record.status, record.ended) == (Status.FAILED, BEGAN + 3)
        assert record.tags["xlt.error"] == "no data"

    def test_a_sweep_that_never_started(self, make):
        """Nothing to say."""
        made = make()
        (made.folder.path / "prepared.json").unlink()
        assert list(sweep_projection(made.folder, texts)) == []


class TestProjection:
    def test_what_a_driver_says_is_what_sync_says(self, made):
        """Told event by event or all at once, the runs end alike."""
        live = projection_of(made)
        events = [SweepStarted("made", at=BEGAN)]
        for path in (p for plan in ("(none)", "lab-pairs") for p in made.paths(plan)):
            events += [
                StageDone(stage.title, stage.kind, 1.0, stage=stage.key)
                for stage in (*lineage(path.trained), *path.evaluations)
            ]
        events += [TrialFinished(trial=number) for number in range(4)]
        told = [record for event in events for record in live.after(event)]
        told += live.closing("finished", 0.0)
        assert by_tag(told) == by_tag(sweep_projection(made.folder, texts))

    def test_in_the_end_every_trial_is_said_as_it_stands_then(self, made):
        """Whatever was said before; its gains may have had to wait for the baseline."""
        said = by_tag(projection_of(made).closing("finished", 0.0))
        trials = {tag: record for tag, record in said.items() if tag[0] == "trial"}
        assert len(trials) == 4
        assert trials.items() <= by_tag(sweep_projection(made.folder, texts)).items()

    def test_while_it_runs_the_page_has_the_answer_so_far(self, made):
        """What was written when it last stopped would look like today's answer."""
        live = projection_of(made)
        (begun,) = live.after(SweepStarted("made", at=BEGAN))
        said, ended = live.so_far(BEGAN), next(iter(live.closing("finished", 0.0)))
        assert "No trial is complete yet" in begun.tags[NOTE_TAG]
        assert "still running.** 4 trials were complete" in said.tags[NOTE_TAG]
        assert "still running" not in ended.tags[NOTE_TAG]
        assert said.status == begun.status != ended.status
        assert values_of(said) == values_of(ended)

    def test_sweeps_compare_by_the_winners_families(self, made):
        """The sweep's run has what its best trial's run has, by the same names."""
        said = by_tag(sweep_projection(made.folder, texts))
        sweep = said["sweep", "made"]
        best = said["trial", f"made/{sweep.tags['xlt.best'].partition(':')[0]}"]
        assert any(name.startswith("gain/lab-nli/") for name in values_of(best))
        assert values_of(best).items() - {("objective", values_of(best)["objective"])} <= (
            values_of(sweep).items()
        )

    def test_each_record_says_whose_it_is(self, make):
        """By the folder's id, live and by a sync; a stage, by that of whoever computed it."""
        made = make()
        own = give_identity(made.folder)
        made.compute("(none)", folder="f" * 16)
        made.compute("lab-topic", folder=own)
        for number, plan in enumerate(("(none)", "lab-topic")):
            made.ask(number, plan)
            made.tell(number, 80.0)
        live = projection_of(made)
        events = [SweepStarted("made", at=BEGAN)]
        events += [TrialFinished(trial=number) for number in range(2)]
        told = [record for event in events for record in live.after(event)]
        told += live.closing("finished", 0.0)
        for records in (told, list(sweep_projection(made.folder, texts))):
            ids = Counter((record.level, record.sweep_id) for record in by_tag(records).values())
            assert ids == {
                ("sweep", own): 1,
                ("trial", own): 2,
                ("stage", "f" * 16): 2,
                ("stage", own): 2 * 2,
            }

    def test_a_shared_stage_is_said_once(self, made):
        """However many trials share it: what was said of it with its scores is not said again."""
        live = projection_of(made)
        events = [TrialFinished(trial=number) for number in (0, 1, 2, 3, 3)]
        told = [record for event in events for record in live.after(event)]
        stages = [record.tag_value for record in told if record.level == "stage"]
        assert len(stages) == len(set(stages)) == 14

    def test_a_trial_that_found_everything_took_no_time(self, make):
        """Its stages' times are those of another sweep, perhaps of last week."""
        made = make()
        made.compute("(none)", sweep="earlier")
        made.ask(0, "(none)")
        made.tell(0, 80.0)
        made.journal(TrialFinished(trial=0, at=BEGAN + 5000))
        (said,) = (
            record for record in sweep_projection(made.folder, texts) if record.level == "trial"
        )
        assert (said.started, said.ended) == (BEGAN + 5000, BEGAN + 5000)

    def test_a_clock_that_was_set_back_makes_no_sweep_end_before_it_began(self, make):
        """Its first and last sign of life, whatever their order in the journal."""
        made = make()
        made.journal(SweepStarted("made", at=BEGAN), SweepStarted("made", at=BEGAN - 3600))
        made.ask(0, "(none)")
        said = next(iter(sweep_projection(made.folder, texts)))
        assert said.started == BEGAN - 3600 and said.ended in (None, BEGAN)

    @pytest.mark.parametrize(
        "event",
        [
            StageStarted("t", trial=0),
            StageProgress("t", 1, 2, 0.5, 1e-3, 10.0, trial=0),
            Message("m", trial=0),
        ],
    )
    def test_other_events_say_nothing(self, made, event):
        """Progress is not tracked step by step."""
        live = projection_of(made)
        assert list(live.after(event)) == []


def test_overlaps_of_a_plan_are_flagged(made):
    """A trial's run says which of its tasks share text with a target."""
    from dataclasses import replace

    from sweeps.spec.sweep import Target

    sweep = replace(made.sweep, targets=(Target("xnli"),))
    assert overlaps_of(sweep, Plan.parse("qqp")) == []
    (found,) = overlaps_of(sweep, Plan.parse("qqp > mnli"))
    assert found.startswith("mnli → xnli")


class TestTheTree:
    def test_a_stage_hangs_under_the_first_trial_that_asked_for_it(self, made):
        """Sweep, trial, stage: the step that trials 1 and 3 share is trial 1's."""
        found = by_tag(sweep_projection(made.folder, texts))
        shared, second, last = lineage(made.paths("lab-pairs > lab-topic")[0].trained)
        parents = [found["stage", stage.key].parent for stage in (shared, second, last)]
        assert parents == ["made/1", "made/3", "made/3"]
        assert shared.key[:12] in found["trial", "made/3"].tags["xlt.stages"], "linked from it"

    def test_a_trial_has_all_that_a_table_needs(self, made):
        """Flat, under names that do not depend on the sweep."""
        record = by_tag(sweep_projection(made.folder, texts))["trial", "made/3"]
        wanted = {
            "plan": "lab-pairs > lab-topic",
            "tasks": "lab-pairs, lab-topic",
            "order": "1 2",
            "count": "2",
            "method": "plain",
            "seeds": "0, 1",
        }
        assert wanted.items() <= record.params.items()
        assert record.params["encoder"]
        values = {metric.key: metric.value for metric in record.metrics}
        assert values["n/lab-nli/Lab-A"] == 2
        assert values["half_width/lab-nli/Lab-A"] > 0
