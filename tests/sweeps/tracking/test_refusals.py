"""What MLflow refuses, loses or is robbed of: said, kept, sent again; the picture ends the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from sweeps.tracking.backlog import Backlog, read_backlog
from sweeps.tracking.client import TrackerClient
from sweeps.tracking.database import EXPERIMENT, MARK
from sweeps.tracking.spool import Spool
from sweeps.tracking.sync import TrackingRefused, sync
from sweeps.tracking.writer import Writer
from tests.faults.flaky import Flaky
from tests.sweeps.mlflow_server import Server
from tests.sweeps.tracking.test_process import until

HTML = "<html>a proxy's page</html>"


def ours(client: MlflowClient) -> str:
    (found,) = client.search_experiments(
        ViewType.ALL, filter_string=f"tags.`{MARK}` = '{EXPERIMENT}'"
    )
    return str(found.experiment_id)


def runs(client: MlflowClient) -> list[Run]:
    return list(client.search_runs([ours(client)]))


def delete_experiment(client: MlflowClient) -> None:
    client.delete_experiment(ours(client))


def rename_experiment(client: MlflowClient) -> None:
    client.rename_experiment(ours(client), "mine")


def delete_every_run(client: MlflowClient) -> None:
    for run in runs(client):
        client.delete_run(run.info.run_id)


def delete_the_sweep(client: MlflowClient) -> None:
    (sweep,) = [run for run in runs(client) if run.data.tags["xlt.level"] == "sweep"]
    client.delete_run(sweep.info.run_id)


def end_every_run(client: MlflowClient) -> None:
    for run in runs(client):
        client.set_terminated(run.info.run_id, "FAILED")


def rename_every_run(client: MlflowClient) -> None:
    for run in runs(client):
        client.update_run(run.info.run_id, name="mine")


def retag_every_run(client: MlflowClient) -> None:
    for run in runs(client):
        client.delete_tag(run.info.run_id, "xlt.record")


HANDS = (
    delete_experiment, rename_experiment, delete_every_run, delete_the_sweep, end_every_run,
    rename_every_run, retag_every_run,
)  # fmt: skip


@pytest.mark.parametrize("meddle", HANDS, ids=lambda hand: hand.__name__)
@pytest.mark.parametrize("again", [False, True], ids=["the same writer", "another"])
def test_whatever_is_done_in_the_ui_the_sweep_ends_in_mlflow(
    uri: str,
    a_sweep: Any,
    a_trial: Any,
    a_stage: Any,
    meddle: Callable[[MlflowClient], None],
    again: bool,
) -> None:
    """Live tracking goes on, and `sync` finds one active run for each record, as the truths say."""
    told = [a_sweep(), a_trial(0), a_trial(1), a_stage()]
    writer = Writer(uri)
    for record in [a_sweep("running"), a_trial(0, "running"), a_trial(1), a_stage(finished=False)]:
        writer.apply(record)
    client = MlflowClient(uri)
    meddle(client)
    writer = Writer(uri) if again else writer
    for record in told:
        writer.apply(record)
    assert not sync(told, uri).refused
    there = {run.data.tags[f"xlt.{run.data.tags['xlt.level']}"]: run for run in runs(client)}
    assert sorted(there) == sorted(record.tag_value for record in told)
    assert len(runs(client)) == len(told)
    for record in told:
        run = there[record.tag_value]
        assert run.info.status == record.status
        assert run.info.lifecycle_stage == "active"
        assert record.params.items() <= run.data.params.items()
        assert {metric.key for metric in record.metrics} <= set(run.data.metrics)
    assert sync(told, uri).unchanged == len(told)


class TestProxies:
    """Something between us and the server answers in its place."""

    @pytest.fixture(scope="class")
    def network(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flaky]:
        """What lies between us and a server."""
        folder = tmp_path_factory.mktemp("server")
        server = Server(folder, f"sqlite:///{folder / 'mlflow.db'}")
        server.start()
        with Flaky(server.uri) as made:
            yield made
        server.kill()

    @pytest.fixture(scope="class")
    def spool(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("tracked") / "spool"

    @pytest.fixture(scope="class")
    def tracker(self, network: Flaky, spool: Path) -> Iterator[TrackerClient]:
        """One tracking process for all that happens."""
        made = TrackerClient(spool, network.url)
        made.ready()
        made.start()
        yield made
        made.finish()

    @pytest.mark.fault
    @pytest.mark.parametrize(
        ("status", "page"),
        [
            *[(status, HTML) for status in (200, 302, 400, 401, 403, 404, 413, 429, 500, 502)],
            *[(status, "{}") for status in (200, 404, 500)],
        ],
    )
    def test_nothing_is_lost_and_the_reason_is_said(
        self,
        network: Flaky,
        tracker: TrackerClient,
        spool: Path,
        a_trial: Any,
        monkeypatch: pytest.MonkeyPatch,
        status: int,
        page: str,
    ) -> None:
        """The records wait and say why; `sync` says it too; with the server back all arrives."""
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        record = replace(a_trial(status), tag_value=f"order/{status}{len(page)}")
        network.instead = (status, page)
        tracker.put(record)
        until(lambda: read_backlog(spool).away or not len(Spool(spool)))
        waits = read_backlog(spool)
        assert (waits.waiting, waits.refused) == (1, 0)
        (said,) = waits.sentences("order")
        assert "xlt sync order" in said
        with pytest.raises(TrackingRefused):
            sync([record], network.url)
        network.instead = None
        until(lambda: not len(Spool(spool)) and not read_backlog(spool).away)
        assert read_backlog(spool) == Backlog()
        assert sync([record], network.url).unchanged == 1
