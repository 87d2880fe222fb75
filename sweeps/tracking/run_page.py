"""Where a sweep's own run is in MLflow's pages: `#/experiments/1/runs/…`. Used by `xlt ui`.

Of a database it is looked up there. Of a tracking server, which may be slow or away, the process
that writes to it has left word in the spool; only where a sweep ran on another machine is it asked.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from sweeps.spec.database import sqlite_path
from sweeps.tracking.location import client_address, impatient, signed_in
from sweeps.tracking.spool import Spool
from sweeps.tracking.views import TRAINING
from xlt_core.vocabulary.address import bare

EXPERIMENTS = "#/experiments"

_OF_NAME = """
select r.experiment_id, r.run_uuid from runs r
join tags l on l.run_uuid = r.run_uuid and l.key = 'xlt.level' and l.value = 'sweep'
join tags s on s.run_uuid = r.run_uuid and s.key = 'xlt.sweep' and s.value = :name
left join tags i on i.run_uuid = r.run_uuid and i.key = 'xlt.sweep_id'
where r.lifecycle_stage = 'active'
order by coalesce(i.value, '') = :id desc, r.start_time limit 1
"""


def run_page(uri: str, sweep: str, sweep_id: str, spool: Path) -> str:
    """The page of the sweep's run; the list of experiments where it is not there, or not known.

    Args:
        uri: the tracking address, as `location.tracking_uri` makes it.
        sweep, sweep_id: the sweep's name, and the id of its folder: there may be several of a name.
        spool: where its driver keeps what it sends; there on the machine it ran on.
    """
    path = sqlite_path(uri)
    with contextlib.suppress(Exception):  # it is a help: without it people find their way
        if path is not None:
            found = _in(path, sweep, sweep_id)
        elif spool.is_dir():
            found = _left_word(uri, spool)
        else:
            found = _by_client(uri, sweep, sweep_id)
        if found is not None:
            return f"{EXPERIMENTS}/{found[0]}/runs/{found[1]}?{TRAINING}"
    return EXPERIMENTS


def noted(uri: str, page: str) -> str:
    """What the spool keeps of a sweep's page, `EXPERIMENT/RUN`: it is one server's alone."""
    return f"{bare(uri)} {page}"


def _left_word(uri: str, spool: Path) -> tuple[str, str] | None:
    server, _, page = Spool(spool).page.partition(" ")
    experiment, _, run = page.partition("/")
    return (experiment, run) if server == bare(uri) and run else None


def _in(path: Path, sweep: str, sweep_id: str) -> tuple[str, str] | None:
    """A file is read as it is: MLflow takes seconds to be imported."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
        row = connection.execute(_OF_NAME, {"name": sweep, "id": sweep_id}).fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


def _by_client(uri: str, sweep: str, sweep_id: str) -> tuple[str, str] | None:
    from mlflow import MlflowClient

    with signed_in(uri), impatient():
        client = MlflowClient(client_address(uri))
        every = [each.experiment_id for each in client.search_experiments()]
        whose = f"tags.`xlt.level` = 'sweep' and tags.`xlt.sweep` = '{sweep}'"
        found = client.search_runs(every, whose, order_by=["attributes.start_time asc"])
    own = [run for run in found if run.data.tags.get("xlt.sweep_id", "") == sweep_id] or found
    return (own[0].info.experiment_id, own[0].info.run_id) if own else None
