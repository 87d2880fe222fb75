"""Two folders with a sweep of one name in one tracking database: each has runs of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mlflow import MlflowClient

from sweeps.tracking.client import TrackerClient
from sweeps.tracking.records import parents_first
from sweeps.tracking.spool import Spool
from sweeps.tracking.sync import sync
from sweeps.tracking.writer import Applied, Writer

ONE, TWO = "1" * 16, "2" * 16


def runs_of(uri, sweep_id):
    """The runs with this id by the tag they are found by, and how many run ids that is."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("xlt").experiment_id
    found = client.search_runs([experiment], f"tags.`xlt.sweep_id` = '{sweep_id}'")
    by_tag = {run.data.tags[f"xlt.{run.data.tags['xlt.level']}"]: run for run in found}
    assert len(by_tag) == len(found), "doubled"
    return by_tag


def count(uri):
    client = MlflowClient(uri)
    return len(client.search_runs([client.get_experiment_by_name("xlt").experiment_id]))


@pytest.fixture
def told(a_sweep, a_trial):
    """What a sweep of the name with this id and objective says."""

    def tell(sweep_id, objective, trials=(0, 1)):
        own = [a_trial(n, objective=objective, settings={"steps": objective}) for n in trials]
        return [replace(record, sweep_id=sweep_id) for record in (a_sweep(), *own)]

    return tell


class TestEachItsOwn:
    @pytest.mark.parametrize("shared", [True, False], ids=["one writer", "a writer each"])
    def test_params_and_numbers_stay_together(self, uri, told, shared):
        """In turns, as two drivers do: no run has numbers of one under params of the other."""
        one = Writer(uri)
        two = one if shared else Writer(uri)
        for first, second in zip(told(ONE, 10.0), told(TWO, 20.0), strict=True):
            assert (one.apply(first), two.apply(second)) == (Applied.CREATED, Applied.CREATED)
        for sweep_id, objective in ((ONE, 10.0), (TWO, 20.0)):
            runs = runs_of(uri, sweep_id)
            assert set(runs) == {"order", "order/0", "order/1"}
            for name in ("order/0", "order/1"):
                data = runs[name].data
                assert (data.params["steps"], data.metrics["objective"]) == (
                    str(objective),
                    objective,
                )
                assert data.tags["mlflow.parentRunId"] == runs["order"].info.run_id
            assert runs["order"].info.run_name == "order"

    @pytest.mark.parametrize("turn", [list, parents_first, lambda r: list(reversed(r))])
    def test_sync_again_changes_nothing(self, uri, told, turn, content):
        """Of either, in any order; and a namesake's run is not a double to be deleted."""
        for records in (told(ONE, 10.0), told(TWO, 20.0)):
            writer = Writer(uri)
            for record in turn(records):
                writer.apply(record)
        before = content(uri)
        for records in (told(ONE, 10.0), told(TWO, 20.0)):
            found = sync(records, uri)
            assert (found.unchanged, found.doubles) == (3, 0)
        assert content(uri) == before

    def test_a_stage_that_both_need_is_one_run(self, uri, told, a_stage):
        """Under the one that computed it, whoever tells of it first."""
        stage = replace(a_stage(), sweep_id=ONE)
        for records in (told(TWO, 20.0), told(ONE, 10.0)):
            sync([*records, stage], uri)
        assert count(uri) == 2 * 3 + 1
        run = runs_of(uri, ONE)[stage.tag_value]
        assert run.data.tags["mlflow.parentRunId"] == runs_of(uri, ONE)["order/1"].info.run_id

    def test_a_stage_that_both_score_stays_as_it_is(self, uri, told, a_stage, content):
        """Each knows its own evaluations of it: either again changes nothing of the other's."""
        stage = replace(a_stage(), sweep_id=ONE)
        scored = [m for m in stage.metrics if m.key.startswith("dev/")]
        other = replace(scored[0], key=scored[0].key.replace("/sw/", "/th/"))
        theirs = replace(stage, metrics=(*(m for m in stage.metrics if m not in scored), other))
        assert other.key != scored[0].key
        sync([*told(ONE, 10.0), stage], uri)
        assert sync([theirs], uri).updated == 1
        before = content(uri)
        for record in (stage, theirs, stage):
            assert sync([record], uri).unchanged == 1
        assert content(uri) == before
        assert sync([replace(stage, tags={**stage.tags, "xlt.note": "new"})], uri).updated == 1


def test_a_stage_computed_in_two_stores_has_two_runs(uri, told, a_stage):
    """Each sweep's is its own and stays so, whoever is synced last."""
    stages = {sweep_id: replace(a_stage(), sweep_id=sweep_id) for sweep_id in (ONE, TWO)}
    for sweep_id, objective in ((ONE, 10.0), (TWO, 20.0)):
        sync([*told(sweep_id, objective), stages[sweep_id]], uri)
    assert count(uri) == 2 * 4
    for sweep_id, objective in ((ONE, 10.0), (TWO, 20.0)):
        assert sync([*told(sweep_id, objective), stages[sweep_id]], uri).unchanged == 4


class TestRunsWithoutAnId:
    """As an earlier version left them."""

    def test_the_sweep_takes_them_up(self, uri, told):
        """An upgrade makes no second run of anything, and changes no number."""
        sync(told("", 10.0), uri)
        found = sync(told(ONE, 10.0), uri)
        assert (found.created, count(uri)) == (0, 3)
        assert set(runs_of(uri, ONE)) == {"order", "order/0", "order/1"}
        assert sync(told(ONE, 10.0), uri).unchanged == 3

    def test_the_first_to_ask_has_them_all(self, uri, told):
        """Also those it has not spoken of yet, whoever looked before."""
        sync(told("", 10.0), uri)
        late = Writer(uri)
        late.apply(told("", 10.0)[0])  # has seen them without an id
        Writer(uri).apply(told(ONE, 10.0)[0])
        assert set(runs_of(uri, ONE)) == {"order", "order/0", "order/1"}
        for record in told(TWO, 20.0):
            assert late.apply(record) is Applied.CREATED
        assert runs_of(uri, ONE)["order/1"].data.metrics["objective"] == 10.0
        assert runs_of(uri, TWO)["order/1"].data.metrics["objective"] == 20.0

    def test_a_record_that_waited_through_the_upgrade(self, uri, told):
        """It knows no id: it speaks of the run there is, which keeps its id."""
        sync(told(ONE, 10.0), uri)
        sync(told("", 10.0), uri)
        assert count(uri) == 3
        assert set(runs_of(uri, ONE)) == {"order", "order/0", "order/1"}

    def test_a_stage_of_before_hangs_where_it_hung(self, uri, told, a_stage):
        """Its record says no id, now and ever; a namesake does not take it."""
        for sweep_id, objective in (("", 10.0), (ONE, 10.0), (TWO, 20.0)):
            sync([*told(sweep_id, objective), a_stage()], uri)
        client = MlflowClient(uri)
        experiment = client.get_experiment_by_name("xlt").experiment_id
        (stage,) = client.search_runs([experiment], "tags.`xlt.level` = 'stage'")
        parent = stage.data.tags["mlflow.parentRunId"]
        assert parent == runs_of(uri, ONE)["order/1"].info.run_id


def test_the_second_driver_is_told_once(tmp_path, uri, told):
    """When its run is made, and not when it goes on."""
    heard = []
    for sweep_id in (ONE, TWO, TWO):
        tracker = TrackerClient(tmp_path / sweep_id, uri)
        tracker.ready()
        tracker.start()
        for record in told(sweep_id, 10.0):
            tracker.put(record)
        assert tracker.finish() == 0
        heard.append(Spool(tmp_path / sweep_id).namesake)
    assert [bool(text) for text in heard] == [False, True, False]
    assert "another sweep called order" in heard[1]
