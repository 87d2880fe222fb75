"""The sweep's own page in MLflow tells the story alone: description, picture, data, links."""

from __future__ import annotations

import json
import sqlite3
from xml.etree import ElementTree

import pytest

from sweeps.report.artifacts import texts, with_page
from sweeps.tracking.projection import sweep_projection
from sweeps.tracking.records import RunRecord
from sweeps.tracking.run_page import EXPERIMENTS, noted, run_page
from sweeps.tracking.spool import Spool
from sweeps.tracking.sync import sync
from sweeps.tracking.views import PREFIX, TRAINING

NOTE = "mlflow.note.content"


@pytest.fixture
def record(made) -> RunRecord:
    """The sweep's record."""
    return next(iter(sweep_projection(made.folder, texts)))


def rows(uri, statement, *values):
    with sqlite3.connect(uri.removeprefix("sqlite:///")) as connection:
        return connection.execute(statement, values).fetchall()


class TestDescription:
    def test_question_answer_table_how_and_command(self, record):
        """All of it in the run's description, the winner with its gains by family."""
        text = record.tags[NOTE]
        for wanted in (
            "Which of lab-pairs, lab-topic",
            "`lab-pairs` (trial 1)",
            "| target | family | gain | 95 % interval | languages | seeds |",
            "| lab-nli | Lab-A | +9.00 |",
            "never what chose",
            "`xlt run spec.yaml`",
            "[Trials as a table](#/experiments/{experiment}/runs?viewStateShareKey=",
            "Best plan for Lab-A on lab-nli, chosen on its dev",
        ):
            assert wanted in text

    def test_every_link_has_its_view(self, record):
        """A key that the experiment does not know leads nowhere."""
        keys = {key.removeprefix(PREFIX) for key in record.views}
        linked = {part.split("&")[0] for part in record.tags[NOTE].split("ShareKey=")[1:]}
        assert linked
        assert linked <= keys

    def test_views_ask_for_their_level_alone_by_tags(self, record):
        """Not by nesting: collapsed or sorted in any way, the same runs."""
        states = [json.loads(text) for text in record.views.values()]
        assert any("'trial'" in state["searchFilter"] for state in states)
        assert all("`xlt.level` = '" in state["searchFilter"] for state in states)

    def test_the_best_of_a_family_is_chosen_by_what_is_not_shown(self, record):
        """By its mean on dev; the gain on test stands beside it."""
        states = [json.loads(text) for text in record.views.values()]
        best = [s for s in states if s["orderByKey"] == "metrics.`dev/lab-nli/Lab-A`"]
        assert [state["orderByAsc"] for state in best] == [False]
        assert "metrics.`gain/lab-nli/Lab-A`" in best[0]["selectedColumns"]
        assert not any(state["orderByKey"].startswith("metrics.`gain/") for state in states)

    def test_no_table_is_sorted_by_creation(self, record):
        """MLflow's UI would show the sweep's or the trials' runs in the place of those meant."""
        orders = {json.loads(text)["orderByKey"] for text in record.views.values()}
        assert "attributes.start_time" not in orders

    def test_charts_draw_what_trials_have(self, made):
        """No empty chart: each metric and param is one of the trials' own; the rest is folded."""
        sweep, *others = sweep_projection(made.folder, texts)
        (state,) = (s for s in map(json.loads, sweep.views.values()) if "compareRunCharts" in s)
        trials = [record for record in others if record.level == "trial"]
        keys = {point.key for trial in trials for point in trial.metrics}
        params = {name for trial in trials for name in trial.params}
        for chart in state["compareRunCharts"]:
            drawn = [chart.get(axis) for axis in ("xaxis", "yaxis") if axis in chart]
            metrics = {axis["key"] for axis in drawn if axis["type"] == "METRIC"}
            metrics |= {*chart.get("selectedMetricKeys", ()), *chart.get("selectedMetrics", ())}
            assert metrics and metrics <= keys
            assert {axis["key"] for axis in drawn if axis["type"] == "PARAM"} <= params
        first, *folded = state["compareRunSections"]
        assert {chart["metricSectionId"] for chart in state["compareRunCharts"]} == {first["uuid"]}
        sections = {key.rpartition("/")[0] or "Model metrics" for key in keys}
        assert sections <= {one["name"] for one in folded if not one["display"]}

    def test_the_plans_as_a_tree_and_their_data(self, record):
        """A picture that parses, and what it is drawn from."""
        ElementTree.fromstring(record.artifacts["plans.svg"])
        tree = json.loads(record.artifacts["plans.json"])
        assert [entry["steps"] for entry in tree] == [
            [],
            ["lab-pairs"],
            ["lab-pairs", "lab-topic"],
            ["lab-topic"],
        ]
        assert "trial 3" in record.artifacts["plans.svg"]


class TestReport:
    def test_is_kept_and_linked_once_the_sweep_has_ended(self, made, record, monkeypatch):
        """The whole page; what cannot be drawn is left out, and nothing else with it."""
        whole = next(iter(sweep_projection(made.folder, with_page)))
        assert "<!DOCTYPE html>" in whole.artifacts["report.html"]
        link = "[The whole report](#/experiments/{experiment}/runs/{run}/artifacts/report.html?"
        assert link in whole.tags[NOTE] and link not in record.tags[NOTE]
        monkeypatch.setattr("sweeps.report.page.svg", lambda figure: 1 / 0)
        assert next(iter(sweep_projection(made.folder, with_page))) == record

    def test_is_not_drawn_while_the_sweep_goes_on(self, made, monkeypatch):
        """It takes a second, and is soon another."""
        monkeypatch.setattr("sweeps.tracking.projection.state_now", lambda *_: "running")
        assert "report.html" not in next(iter(sweep_projection(made.folder, with_page))).artifacts


class TestInMlflow:
    def test_the_page_is_there_and_a_sync_again_changes_nothing(self, made, uri, content):
        """Number of the experiment in its links, data sets as inputs, and found by `run_page`."""
        records = list(sweep_projection(made.folder, with_page))
        sync(records, uri)
        ((experiment, run),) = rows(
            uri,
            "select r.experiment_id, r.run_uuid from runs r join tags t on t.run_uuid = r.run_uuid "
            "where t.key = 'xlt.level' and t.value = 'sweep'",
        )
        page = f"#/experiments/{experiment}/runs/{run}?{TRAINING}"
        assert run_page(uri, "made", made.folder.identity, made.folder.spool) == page
        ((note,),) = rows(uri, "select value from tags where run_uuid = ? and key = ?", run, NOTE)
        assert f"#/experiments/{experiment}/runs?viewStateShareKey=" in note
        assert f"#/experiments/{experiment}/runs/{run}/artifacts/report.html?" in note
        names = {row[0] for row in rows(uri, "select name from datasets")}
        assert names == {"lab-nli", "lab-pairs", "lab-topic"}
        before = content(uri)
        again = sync(records, uri)
        assert (again.created, again.updated) == (0, 0)
        assert content(uri) == before

    def test_a_description_of_somebodys_own_stays(self, made, uri):
        """What people write on the page is theirs."""
        records = list(sweep_projection(made.folder, texts))
        sync(records, uri)
        with sqlite3.connect(uri.removeprefix("sqlite:///")) as connection:
            connection.execute("update tags set value = 'mine' where key = ?", (NOTE,))
            connection.execute("update tags set value = 'old' where key = 'xlt.record'")
        assert sync(records, uri).updated
        assert {row[0] for row in rows(uri, "select value from tags where key = ?", NOTE)} == {
            "mine"
        }

    def test_what_is_not_there_has_the_list_of_experiments(self, tmp_path):
        """A link that helps, never an error."""
        assert run_page(f"sqlite:///{tmp_path}/none.db", "made", "", tmp_path) == EXPERIMENTS

    def test_a_servers_page_is_known_without_asking(self, tmp_path):
        """Nobody listens there; another server's page is not taken for it."""
        Spool(tmp_path).page = noted("http://me:secret@127.0.0.1:9", "3/abc")
        there = f"/3/runs/abc?{TRAINING}"
        for uri, page in (("http://me@127.0.0.1:9", there), ("http://127.0.0.1:9", "")):
            assert run_page(uri, "made", "", tmp_path) == EXPERIMENTS + page
        assert "secret" not in (tmp_path / "page.txt").read_text()
