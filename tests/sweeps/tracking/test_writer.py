"""Records in MLflow: found before they are made, and the same however often they come."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from sweeps.tracking.records import MetricPoint, RunRecord, Status, said_again
from sweeps.tracking.sync import sync
from sweeps.tracking.writer import Applied, Writer


@pytest.fixture
def story(a_sweep, a_trial, a_stage):
    """What a driver says of a small sweep, in its order."""
    return [
        a_sweep("running"),
        a_trial(0, "running", plan="(none)"),
        a_stage(2, points=3, finished=False, trial=0),
        a_trial(1, "running"),
        a_stage(2, trial=0),
        a_trial(0, plan="(none)"),
        a_stage(3),
        a_trial(1, "fail", error="stage 4 failed"),
        a_sweep("finished"),
    ]


def complete(story):
    """The last that is said of each run."""
    return list({record.identity: record for record in story}.values())


class TestTwice:
    def test_applying_again_changes_no_row(self, uri, story, content):
        """By one writer or a new one, all or the last part: the database stays as it is."""
        writer = Writer(uri)
        for record in story:
            writer.apply(record)
        before = content(uri)
        assert [writer.apply(record) for record in story] == [Applied.UNCHANGED] * len(story)
        another = Writer(uri)
        for record in story[4:] + story:
            another.apply(record)
        assert content(uri) == before

    def test_leaving_out_what_is_said_again_ends_the_same(self, database, story, picture):
        """A driver ahead of MLflow: only the last of what was said of a run need be written."""
        all_of_it, less = database("all"), database("less")
        killed = replace(story[-1], status=Status.KILLED, ended=2e9, metrics=(), artifacts={})
        told = [*story, replace(story[0], tag_value="other"), replace(killed, tag_value="other")]
        repeated = said_again(told)
        for record in told:
            Writer(all_of_it).apply(record)
        for place, record in enumerate(told):
            if place not in repeated:
                Writer(less).apply(record)
        assert len(repeated) >= 3
        assert len(told) - 2 not in repeated  # who is silent did not say what it said before
        assert picture(less) == picture(all_of_it)

    def test_a_change_is_an_update(self, uri, a_trial):
        """Gains that come once the baseline is there are added to the run."""
        without = replace(a_trial(), metrics=a_trial().metrics[:3])
        writer = Writer(uri)
        outcomes = [writer.apply(record) for record in (without, a_trial(), a_trial())]
        assert outcomes == [Applied.CREATED, Applied.UPDATED, Applied.UNCHANGED]

    @pytest.mark.parametrize("seed", range(3))
    def test_any_order_ends_the_same(self, database, story, picture, seed):
        """Partial and complete, parents last, some twice: one result."""
        straight, mixed = database("straight"), database("mixed")
        sync(complete(story), straight)
        order = story + random.Random(seed).sample(story, 4)
        random.Random(seed).shuffle(order)
        writer = Writer(mixed)
        for record in order:
            writer.apply(record)
        assert picture(mixed) == picture(straight)

    def test_on_a_server(self, server, story, content):
        """A tracking server says the same as a file."""
        server.start()
        writer = Writer(server.uri)
        for record in story:
            writer.apply(record)
        before = content(server.backend)
        for each in (writer, Writer(server.uri)):
            for record in story:
                each.apply(record)
        assert content(server.backend) == before
        assert len(before["runs"]) == 5


class TestNesting:
    def test_three_levels(self, uri, a_sweep, a_trial, a_stage):
        """Sweep, trial, stage: each hangs under the one above."""
        sync([a_stage(), a_trial(), a_sweep()], uri)
        runs = _by_own_tag(uri)
        assert "mlflow.parentRunId" not in runs["order"].data.tags
        assert runs["order/1"].data.tags["mlflow.parentRunId"] == runs["order"].info.run_id
        stage = runs[a_stage().tag_value]
        assert stage.data.tags["mlflow.parentRunId"] == runs["order/1"].info.run_id

    @pytest.mark.parametrize("order", itertools.permutations(range(3)))
    def test_children_before_parents(self, uri, a_sweep, a_trial, a_stage, order):
        """A parent that comes late takes in the runs that waited for it."""
        records = [a_sweep(), a_trial(), a_stage()]
        for n in order:
            Writer(uri).apply(records[n])
        nested = [r for r in _by_own_tag(uri).values() if "mlflow.parentRunId" in r.data.tags]
        assert len(nested) == 2


class TestEnds:
    def test_what_has_ended_runs_no_more(self, uri, a_trial):
        """A late RUNNING or KILLED does not undo what the work itself said."""
        writer = Writer(uri)
        writer.apply(a_trial())
        assert writer.apply(a_trial(state="running")) is Applied.UNCHANGED
        assert writer.apply(a_trial(state="killed", ended=9e9)) is Applied.UNCHANGED
        assert _status(uri, "order/1") == "FINISHED"

    def test_a_killed_run_may_go_on(self, uri, a_trial):
        """A resumed trial runs again under the same run, and ends as it ends."""
        writer, seen = Writer(uri), []
        for state in ("running", "killed", "running", "complete"):
            writer.apply(a_trial(state=state))
            seen.append(_status(uri, "order/1"))
        assert seen == ["RUNNING", "KILLED", "RUNNING", "FINISHED"]
        assert len(_by_own_tag(uri)) == 1

    def test_a_later_end_stands(self, uri, a_sweep):
        """An extended sweep ends anew; its earlier end is out of date."""
        writer = Writer(uri)
        later = replace(a_sweep("failed"), ended=a_sweep().ended + 100)
        for record in (a_sweep(), later, a_sweep()):
            writer.apply(record)
        assert _status(uri, "order") == "FAILED"

    def test_times_are_the_events_own(self, uri, a_trial):
        """Start, end and points carry the times of the records."""
        Writer(uri).apply(a_trial())
        info = _by_own_tag(uri)["order/1"].info
        assert (info.start_time, info.end_time) == (1_700_000_001_000, 1_700_000_101_000)


class TestValues:
    def test_more_than_one_batch_holds(self, uri, a_stage, content):
        """A long curve, many params and many tags go in several batches, and again in none."""
        record = replace(
            a_stage(),
            metrics=tuple(MetricPoint("curve/loss", 1.0 / n, 1e9 + n, n) for n in range(1, 2001)),
            params={f"p{n}": str(n) for n in range(250)},
            tags={f"t{n}": str(n) for n in range(250)},
        )
        Writer(uri).apply(record)
        rows = content(uri)
        assert (len(rows["metrics"]), len(rows["params"])) == (2000, 250)
        assert len([row for row in rows["tags"] if row[0].startswith("t")]) == 250
        assert Writer(uri).apply(record) is Applied.UNCHANGED

    def test_a_changed_param_is_kept_as_a_tag(self, uri, a_trial):
        """MLflow refuses to change a param: the old one stays, the new one is said."""
        writer = Writer(uri)
        writer.apply(a_trial())
        changed = replace(a_trial(), params={**a_trial().params, "plan": "other"})
        assert writer.apply(changed) is Applied.UPDATED
        data = _by_own_tag(uri)["order/1"].data
        assert (data.params["plan"], data.tags["xlt.now.plan"]) == ("mnli > qqp+squad", "other")

    def test_tags_no_longer_said_are_gone(self, uri, a_trial):
        """The error of a killed trial does not stay on it once it has finished."""
        writer = Writer(uri)
        writer.apply(a_trial(state="killed", error="node lost"))
        writer.apply(a_trial())
        assert "xlt.error" not in _by_own_tag(uri)["order/1"].data.tags

    def test_artifacts(self, uri, a_sweep):
        """The spec lies beside the database, with the run."""
        from mlflow import MlflowClient

        Writer(uri).apply(a_sweep())
        run = _by_own_tag(uri)["order"].info.run_id
        assert [f.path for f in MlflowClient(uri).list_artifacts(run)] == ["spec.yaml"]
        assert (
            MlflowClient(uri).get_run(run).info.artifact_uri.split("/mlartifacts/")[0]
            == f"file://{uri.removeprefix('sqlite:///').rsplit('/', 1)[0]}"
        )

    def test_numbers_that_are_not_finite(self, uri, a_stage, content):
        """A loss that is not a number is stored once."""
        record = replace(a_stage(), metrics=(MetricPoint("curve/loss", float("nan"), 1e9, 1),))
        for _ in range(3):
            Writer(uri).apply(record)
        assert len(content(uri)["metrics"]) == 1


class TestOthersAtWork:
    def test_a_run_made_meanwhile_is_found(self, uri, a_trial):
        """Two writers with what they knew at their start make one run."""
        one, two = Writer(uri), Writer(uri)
        for writer in (one, two):
            writer.apply(a_trial(0))  # both have looked
        assert one.apply(a_trial(1)) is Applied.CREATED
        assert two.apply(a_trial(1)) is Applied.UNCHANGED

    def test_a_run_deleted_meanwhile_is_made_again(self, uri, a_trial):
        """Someone who deletes a run in the UI does not stop the tracking of its sweep."""
        from mlflow import MlflowClient

        writer = Writer(uri)
        writer.apply(a_trial(state="running"))
        MlflowClient(uri).delete_run(_by_own_tag(uri)["order/1"].info.run_id)
        assert writer.apply(a_trial()) is Applied.CREATED
        assert _status(uri, "order/1") == "FINISHED"

    def test_doubles_are_deleted_by_sync(self, uri, a_trial):
        """Two runs for one trial, made by two machines at once, become one."""
        from mlflow import MlflowClient

        Writer(uri).apply(a_trial())
        client = MlflowClient(uri)
        run = _by_own_tag(uri)["order/1"]
        client.create_run(run.info.experiment_id, tags=run.data.tags)
        assert sync([a_trial()], uri).doubles == 1
        assert sync([a_trial()], uri).doubles == 0
        assert _status(uri, "order/1") == "FINISHED"

    def test_an_older_sweep_of_another_name_is_left_alone(self, uri, a_trial, content):
        """Runs of other sweeps and other people are not touched."""
        from mlflow import MlflowClient

        other = MlflowClient(uri).create_run("0", tags={"xlt.sweep": "order"}).info.run_id
        before = MlflowClient(uri).get_run(other).to_dictionary()
        sync([a_trial()], uri)
        assert MlflowClient(uri).get_run(other).to_dictionary() == before


class TestSync:
    def test_it_counts(self, uri, story):
        """Created, then unchanged, then what changed."""
        records = complete(story)
        assert sync(records, uri).created == 5
        assert sync(records, uri).unchanged == 5
        records[0] = replace(records[0], tags={"a": "b"})
        assert (sync(records, uri).updated, sync(records, uri).updated) == (1, 0)

    def test_onto_an_empty_database_equals_the_live_one(self, database, story, picture):
        """What was tracked live is what the two truths give again."""
        live, rebuilt = database("live"), database("rebuilt")
        writer = Writer(live)
        for record in story:
            writer.apply(record)
        sync(complete(story), rebuilt)
        assert picture(rebuilt) == picture(live)


def test_a_foreign_status_word(uri, a_trial):
    """A run that someone marked as scheduled is taken up as running."""
    from mlflow import MlflowClient

    writer = Writer(uri)
    writer.apply(a_trial(state="running"))
    MlflowClient(uri).update_run(_by_own_tag(uri)["order/1"].info.run_id, status="SCHEDULED")
    assert Writer(uri).apply(a_trial()) is Applied.UPDATED


def test_quotes_in_a_name(uri, a_trial):
    """A name with an apostrophe is searched for as it is."""
    record = RunRecord("sweep", "l'ordre", None, "l'ordre", Status.FINISHED, 1.0, 2.0)
    assert [Writer(uri).apply(record) for _ in range(2)] == ["created", "unchanged"]


def _by_own_tag(uri):
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("xlt").experiment_id
    runs = client.search_runs([experiment])
    found = {run.data.tags[f"xlt.{run.data.tags['xlt.level']}"]: run for run in runs}
    assert len(found) == len(runs), "doubled"
    return found


def _status(uri, own):
    return _by_own_tag(uri)[own].info.status
