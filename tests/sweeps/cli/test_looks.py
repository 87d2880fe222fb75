"""Looking at a sweep and at its runs: quick, and nothing is sent to a tracking server."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

import filelock
import pytest

from sweeps.spec.stored import write_spec
from sweeps.tracking.open_runs import Ledger
from sweeps.tracking.project import sweep_record
from sweeps.tracking.reconcile import needs_closing
from sweeps.tracking.spool import Spool
from xlt_core.vocabulary.events import SweepStarted

ON_PORT = "--host 127.0.0.1 --port 5000"
LOOKS = [
    ["status"],
    ["status", "made"],
    ["status", "made", "--json"],
    ["results", "made"],
    ["logs", "made"],
    ["ui", "made"],
    ["ui", "made", "--print"],
    *([verb, "made"] for verb in ("pause", "stop", "cancel")),
]


def track(made, address):
    """Have the sweep's records go to another place."""
    write_spec(made.folder, replace(made.sweep, tracking=address))


def leave_behind(made):
    """What a driver leaves that died: a run that stands open, a record that waits."""
    record = sweep_record("made", {}, "running", 1e9)
    Spool(made.folder.spool).put(record)
    Ledger(made.folder.spool).note(record, 1e9)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TestLooks:
    """A look waits for no tracking server and sends it nothing; `status` and `ui` say what waits.

    At every command it would be said over and over.
    """

    @pytest.mark.parametrize("arguments", LOOKS, ids=" ".join)
    def test_nothing_is_sent(self, make, xlt, arguments):
        made = make()
        made.begin()
        made.journal(SweepStarted("made"))
        leave_behind(made)
        before = sorted(path.name for path in made.folder.spool.rglob("*"))
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            server.setblocking(False)
            track(made, f"http://127.0.0.1:{server.getsockname()[1]}")
            said = xlt(*arguments)
            with pytest.raises(BlockingIOError):
                server.accept()
        assert said.code == (2 if arguments[0] in ("pause", "stop", "cancel") else 0)
        assert sorted(path.name for path in made.folder.spool.rglob("*")) == before
        told = arguments[0] in ("status", "ui") and "--json" not in arguments
        for text in (
            "MLflow shows as running what the driver of made left",
            "1 record waits for the tracking server; `xlt sync made` sends",
        ):
            assert said.err.count(text) == told

    def test_nothing_is_said_while_a_driver_is_at_work(self, make, xlt):
        """It sends itself."""
        made = make()
        made.journal(SweepStarted("made"))
        leave_behind(made)
        with filelock.FileLock(made.folder.lock):
            said = xlt("status").err
        assert "MLflow" not in said and "tracking server" not in said


class TestUi:
    def test_the_exact_command(self, make, xlt):
        """On the database the sweep writes to."""
        made = make()
        said = xlt("ui", "made", "--print")
        assert said.out.split() == [
            "mlflow",
            "ui",
            "--backend-store-uri",
            made.sweep.tracking,
            "--host",
            "127.0.0.1",
            "--port",
            "5000",
        ]

    def test_a_server_shows_its_runs_itself(self, make, xlt):
        """Its address, with or without --print; a password is not in it."""
        track(make(), "https://me:${XLT_TRACKING_PASSWORD}@runs.example.org/mlflow")
        for options in ([], ["--print"]):
            said = xlt("ui", "made", *options)
            assert (said.code, said.out) == (0, "https://me@runs.example.org/mlflow\n")
            assert "open it in a browser" in said.err

    def test_without_a_sweep_where_all_are_tracked_elsewhere(self, make, xlt):
        """There is no database under runs, but there are sweeps."""
        make()
        said = xlt("ui")
        assert said.code == 2
        assert "xlt ui made" in said.err and "no sweep was tracked" not in said.err

    @pytest.mark.parametrize(
        ("tracking", "way"),
        [
            ("http://me:${SECRET}@127.0.0.1:5000", "http://me@127.0.0.1:5000"),
            ("databricks://mine", "databricks://mine"),
            ("sqlite:////x/y.db", f"mlflow ui --backend-store-uri sqlite:////x/y.db {ON_PORT}"),
            (
                "postgresql://me:${SECRET}@host/db",
                f"mlflow ui --backend-store-uri postgresql+psycopg2://me@host/db {ON_PORT}",
            ),
        ],
    )
    def test_a_run_ends_with_the_way_to_its_runs(self, made, capsys, tracking, way):
        """A server's address, or the command for a database."""
        from sweeps.cli.run import conclude
        from sweeps.execution.driver import Ended

        conclude(replace(made.sweep, tracking=tracking), made.folder, Ended("stopped", 0))
        assert capsys.readouterr().err.splitlines()[-1].strip() == way

    def test_the_database_that_is_opened_is_made_right_before(self, make, xlt, monkeypatch):
        """What a dead driver left open is closed, and what waits is sent."""
        made = make()
        leave_behind(made)
        monkeypatch.setattr("os.execv", lambda *_: None)  # would be the server's process
        monkeypatch.setattr("os.environ", dict(os.environ))
        assert xlt("ui", "made", "--port", str(free_port())).code == 0
        assert not needs_closing(made.folder.spool)
