"""What runs say of stages, trials and sweeps."""

from __future__ import annotations

import math
import random

import pytest

from sweeps.results.rows import ScoreRow
from sweeps.spec.selection import Selection
from sweeps.spec.sweep import Objective
from sweeps.tracking.aggregate import summaries
from sweeps.tracking.project import Best, listed, stage_record, sweep_record, trial_record
from sweeps.tracking.records import RunRecord, Status
from sweeps.tracking.status import seconds


def score(language, family, seed, value, gain=None, metric="accuracy", split="test", target="xnli"):
    judges = metric in ("accuracy", "primary")
    return ScoreRow(1, "mnli", target, language, family, seed, split, metric, value, gain, judges)


class TestSummaries:
    def test_a_family_is_the_unweighted_mean_of_its_languages(self):
        """A language with more seeds weighs no more than another of its family."""
        rows = [
            score("en", "Indo-European", 0, 80.0),
            score("en", "Indo-European", 1, 90.0),
            score("de", "Indo-European", 0, 65.0),
            score("sw", "Atlantic-Congo", 0, 40.0),
        ]
        found = summaries(rows)
        assert found["test/xnli/en/accuracy"] == 85.0
        assert found["test/xnli/Indo-European"] == 75.0
        assert found["test/xnli/Atlantic-Congo"] == 40.0
        assert found["test/xnli/mean"] == pytest.approx((85 + 65 + 40) / 3)

    def test_gains_are_of_the_test_split_only(self):
        """A gain on dev is not shown, since dev selects."""
        rows = [
            score("sw", "Atlantic-Congo", 0, 40.0, gain=2.0),
            score("sw", "Atlantic-Congo", 1, 42.0, gain=4.0),
            score("sw", "Atlantic-Congo", 0, 50.0, gain=99.0, split="dev"),
        ]
        found = summaries(rows)
        assert found["gain/xnli/Atlantic-Congo"] == found["gain/xnli/mean"] == 3.0

    def test_no_baseline_yet_no_gain(self):
        """Without a baseline there is no gain, rather than a gain of nothing."""
        assert not [key for key in summaries([score("sw", "A", 0, 1.0)]) if "gain" in key]

    def test_question_answering_is_the_mean_of_f1_and_em(self):
        """Rows have that mean as a metric of its own, which judges."""
        both = [score("en", "I", 0, 80.0, metric="f1"), score("en", "I", 0, 60.0, metric="em")]
        rows = [*both, score("en", "I", 0, 70.0, metric="primary")]
        found = summaries(rows)
        assert found["test/xnli/mean"] == 70.0
        assert found["test/xnli/en/f1"] == 80.0

    def test_primary_rows_judge_where_there_are_some(self):
        """Rows called primary decide means; the others are shown by language."""
        rows = [score("en", "I", 0, 80.0, metric="primary"), score("en", "I", 0, 1.0, metric="em")]
        assert summaries(rows)["test/xnli/mean"] == 80.0

    @pytest.mark.parametrize("several", [True, False])
    def test_what_judges_has_the_name_primary_beside_others(self, several):
        """So that one name can be compared over targets; alone it needs no second one."""
        rows = [score("en", "I", 0, 80.0)]
        rows += [score("en", "I", 0, 1.0, metric="em")] if several else []
        found = summaries(rows)
        assert found.get("test/xnli/en/primary") == (80.0 if several else None)
        assert found["test/xnli/en/accuracy"] == 80.0

    def test_targets_weigh_equally(self):
        """The overall mean is over targets, whatever their number of languages."""
        rows = [score("en", "I", 0, 10.0), score("de", "I", 0, 20.0)]
        rows.append(score("en", "I", 0, 45.0, target="udpos"))
        assert summaries(rows)["test/mean"] == 30.0

    def test_order_does_not_matter_to_the_last_bit(self):
        """Live tracking and sync see scores in different orders and say the same."""
        rows = [score(f"l{n}", f"F{n % 3}", n % 4, n / 7, n / 11) for n in range(40)]
        mixed = list(rows)
        random.Random(1).shuffle(mixed)
        assert summaries(rows) == summaries(mixed)


class TestTrialRecord:
    def test_what_a_finished_trial_says(self, a_trial):
        """Plan, steps and settings as params; means at the time it ended."""
        record = a_trial()
        assert record.identity == ("trial", "order/1")
        assert record.parent_identity == ("sweep", "order")
        assert record.params["plan"] == "mnli > qqp+squad"
        assert record.params["step.2"] == "qqp+squad"
        assert record.params["count"] == "2"
        assert record.params["recipe.train.learning_rate"] == "3e-05"
        assert {metric.at for metric in record.metrics} == {record.ended}
        values = {metric.key: metric.value for metric in record.metrics}
        assert values["objective"] == 50.5
        assert values["gain/xnli/Atlantic-Congo"] == 1.5

    def test_a_running_trial_has_no_means(self, a_trial):
        """Means over half of the seeds would stay in the history."""
        record = a_trial(state="RUNNING")
        assert (record.status, record.ended, record.metrics) == (Status.RUNNING, None, ())

    @pytest.mark.parametrize(
        ("state", "status"),
        [
            ("COMPLETE", "FINISHED"),
            ("PRUNED", "FINISHED"),
            ("FAIL", "FAILED"),
            ("killed", "KILLED"),
        ],
    )
    def test_states_are_told_apart(self, a_trial, state, status):
        """Optuna's words become MLflow's; which one it was stays as a tag."""
        record = a_trial(state=state)
        assert record.status == status
        assert record.tags["xlt.state"] == state.lower()

    def test_an_unknown_state_is_refused(self, a_trial):
        """A misspelt state is not silently a finished one."""
        with pytest.raises(ValueError, match="a state is one of"):
            a_trial(state="dunno")

    def test_marked_where_selected_on_target_languages(self, a_trial):
        """The rule of honest selection is shown on the run."""
        english = Selection(Objective("dev", "english"), ("xnli",), ())
        assert "xlt.selection" not in a_trial(selection=english).tags
        every = Selection(Objective("dev", "all"), ("xnli",), (), is_on_targets=True)
        marked = a_trial(selection=every).tags["xlt.selection"]
        assert marked == "selected on target languages"

    def test_who_chose_and_who_did_not(self, a_trial):
        """A target that took no part in choosing is named on the run."""
        some = Selection(Objective("dev", "english"), ("xnli", "udpos"), ("xcopa",))
        tags = a_trial(selection=some).tags
        assert tags["xlt.objective.targets"] == "xnli, udpos"
        assert tags["xlt.objective.without"] == "xcopa"

    def test_overlap_and_error_stand_only_where_there_are_some(self, a_trial):
        """Empty marks would read as answers."""
        assert not {"xlt.overlap", "xlt.error"} & set(a_trial().tags)
        assert (
            a_trial(overlap=["mnli → xnli: same premises"]).tags["xlt.overlap"].startswith("mnli")
        )

    def test_the_baseline(self, a_trial):
        """The empty plan has no steps."""
        record = a_trial(plan="(none)")
        assert record.params["count"] == "0"
        assert not [key for key in record.params if key.startswith("step.")]

    def test_a_score_that_is_not_finite_is_left_out(self, a_trial):
        """MLflow would show infinity as a huge number."""
        record = a_trial(objective=math.inf)
        assert "objective" not in {metric.key for metric in record.metrics}


class TestStageRecord:
    def test_what_a_finished_stage_says(self, a_stage):
        """Its curve at its own times, its throughput and its evaluations' scores."""
        record = a_stage()
        points = {(m.key, m.step): m for m in record.metrics}
        assert points["curve/loss", 190].value == 1 / 20
        assert points["curve/loss", 190].at == record.started + 19
        assert points["system/process_memory_megabytes", 190].value == 500.0
        assert points["train/tokens_per_second", 0].value == 1234.5
        assert points["dev/xnli/sw/accuracy", 0].value == 41.5
        assert record.params["recipe.learning_rate"] == "2e-05"
        about = {"key": "k" * 64, "started": 1.0, "finished": 2.0, "encoder": "xlm-r"}
        assert stage_record("s", about).params["encoder.name"] == "xlm-r"
        assert record.parent_identity == ("trial", "order/1")

    def test_under_way_and_failed(self, a_stage):
        """Without an end it runs; with an error it failed."""
        assert a_stage(finished=False).status is Status.RUNNING
        about = {"key": "k" * 64, "started": 1.0, "finished": 2.0}
        assert stage_record("s", about, error="loss is not a number").status is Status.FAILED

    def test_it_hangs_under_the_sweep_that_computed_it(self, a_stage):
        """A stage shared by sweeps is one run, under the one that did the work."""
        about = {"key": "k" * 64, "started": 1.0, "finished": 2.0, "executor": {"sweep": "first"}}
        assert stage_record("second", about).parent == "first"
        assert stage_record("second", {**about, "executor": {}}).parent == "second"

    def test_times_as_texts(self):
        """ISO times with a zone are taken too."""
        assert seconds("1970-01-01T00:01:00+00:00") == 60.0


class TestSweepRecord:
    def test_the_best_may_be_a_baseline_that_a_trial_brought_along(self):
        """Then no trial is named whose plan is another."""
        best = Best(1, "(none)", 60.3, beside=True)
        record = sweep_record("s", {}, "finished", 1.0, 30.0, best=best)
        assert record.tags["xlt.best"] == "(none) beside trial 1"
        record = sweep_record("s", {}, "finished", 1.0, 30.0, best=Best(1, "mnli", 60.3))
        assert record.tags["xlt.best"] == "1: mnli"

    def test_what_may_grow_is_a_tag(self, a_sweep):
        """An extended sweep changes its trials and seeds; MLflow's params cannot change."""
        record = a_sweep()
        assert record.params["search.method"] == "tpe"
        assert record.tags["xlt.spec.search.trials"] == "3"
        assert record.tags["xlt.spec.seeds"] == "0, 1"

    def test_the_objective_over_trials(self):
        """Each trial is a point at its number and its own end."""
        objectives = [(1, 52.0, 20.0), (0, 50.0, 10.0)]
        record = sweep_record(
            *("s", {}, "finished", 1.0, 30.0), objectives=objectives, best=Best(1, "mnli", 52.0)
        )
        curve = [(m.step, m.value, m.at) for m in record.metrics if m.key == "trials/objective"]
        assert curve == [(0, 50.0, 10.0), (1, 52.0, 20.0)]
        assert record.tags["xlt.best"] == "1: mnli"


class TestListed:
    def test_it_fits_and_counts_what_did_not(self):
        """A trial of a thousand stages links as many as a tag holds."""
        text = listed([f"{n:012x}" for n in range(1000)], 5000)
        assert len(text) <= 5000
        kept = text.split(", ")
        assert int(kept[-1].split()[1]) == 1000 - len(kept) + 1

    def test_one_that_fits_stays_whole(self):
        assert listed(["a", "b"]) == "a, b"


class TestRecords:
    def test_an_end_belongs_to_an_ended_record(self):
        """A running record has no end, any other one has."""
        with pytest.raises(ValueError, match="no end"):
            RunRecord("sweep", "s", None, "s", Status.RUNNING, 1.0, 2.0)
        with pytest.raises(ValueError, match="an end"):
            RunRecord("sweep", "s", None, "s", Status.KILLED, 1.0)

    def test_which_sweep(self, a_stage, a_trial, a_sweep):
        """Every record knows the sweep it belongs to."""
        assert {r.sweep for r in (a_stage(), a_stage(trial=None), a_trial(), a_sweep())} == {
            "order"
        }


def test_the_same_knowledge_gives_the_same_record():
    """A projection is a function: nothing of now or here enters."""
    known = ("s", 1, "mnli", {"b": 1, "a": 2}, "complete", 1.0, [], ["k" * 64], 1.0, 2.0)
    assert trial_record(*known).digest == trial_record(*known).digest
