"""`xlt ui`: the MLflow UI on the database that the sweeps write to, or the tracking server's own.

`way_to_runs` says in a line where the runs are seen, for whoever ends a sweep.
"""

from __future__ import annotations

import os
import shlex
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from sweeps.cli.cleanup import close_and_say, say_what_is_left
from sweeps.cli.faults import say
from sweeps.interface.places import as_word, find_sweep, looked_in, sweep_names
from sweeps.spec.paths import runs_place, shown, within
from sweeps.tracking.location import client_address, plain_for_mlflow, tracking_uri
from xlt_core.vocabulary.address import bare
from xlt_core.vocabulary.errors import Mistake, UserMistake

HOST = "127.0.0.1"
SERVERS = ("http://", "https://", "databricks:")  # what shows its runs itself


def ui(
    sweep: Annotated[
        str | None, typer.Argument(metavar="[SWEEP]", help="Use this sweep's tracking server.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 5000,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the command, start nothing.")
    ] = False,
) -> None:
    """Open the MLflow UI, at the sweep's own page.

    For this machine only; Ctrl-C ends it. Of a sweep that a tracking server keeps, the server's
    address.
    """
    url = _url(sweep)
    print(way_to_runs(url, port))
    has_own = url.startswith(SERVERS)
    if has_own:
        page = _page(sweep, url)
        say(f"that server has its own UI; open it in a browser: {bare(url).rstrip('/')}/{page}")
    if only_print and not has_own:
        say(f"then open http://{HOST}:{port}/{_page(sweep, url)}")
    if sweep is not None and (has_own or only_print):
        say_what_is_left(find_sweep(sweep))
    if has_own or only_print:
        return
    _require_free(port)
    if sweep is not None:
        close_and_say(find_sweep(sweep))
    command = ui_command(url, port)
    say(f"runs: http://{HOST}:{port}/{_page(sweep, url)}")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # One person looks at runs: a single server process, and none for jobs, is there much sooner.
    os.environ.setdefault("MLFLOW_WORKERS", "1")
    os.environ.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
    # Its workers import nothing from the user's folder either: uvicorn would look there first.
    os.environ |= {"PYTHONSAFEPATH": "1", "UVICORN_APP_DIR": os.devnull}
    # By the environment: what stands in a command line, everybody on the machine can read.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = client_address(url)
    at = command.index("--backend-store-uri")
    os.execv(sys.executable, [sys.executable, "-P", "-m", *command[:at], *command[at + 2 :]])


def way_to_runs(url: str, port: int = 5000) -> str:
    """Where the runs are seen: a server's address, or the command that opens a database's UI."""
    address = tracking_uri(url)
    return bare(address) if address.startswith(SERVERS) else shlex.join(ui_command(url, port))


def ui_command(url: str, port: int = 5000) -> list[str]:
    """The command that opens the UI of a tracking database; a password is not in it."""
    place = ("--backend-store-uri", plain_for_mlflow(bare(tracking_uri(url))))
    return ["mlflow", "ui", *place, "--host", HOST, "--port", str(port)]


def _page(sweep: str | None, url: str) -> str:
    """The sweep's own page within MLflow's; without a sweep, that of all experiments."""
    from sweeps.tracking.run_page import EXPERIMENTS, run_page

    if sweep is None:
        return EXPERIMENTS
    folder = find_sweep(sweep)
    return run_page(url, folder.name, folder.identity, folder.spool)


def _require_free(port: int) -> None:
    """Raise UserMistake where nothing can listen on `port`: the server would end well even so."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            remedy = f"name another, as --port {port + 1 if port < 65535 else 5001}"
            what = f"cannot be listened on: {error.strerror}"
            raise UserMistake(Mistake(f"--port {port}", what, remedy)) from None


def _url(sweep: str | None) -> str:
    if sweep is not None:
        from sweeps.spec.read import read_stored_spec

        return tracking_uri(read_stored_spec(find_sweep(sweep)).tracking)
    database = within(runs_place(), "mlflow.db")
    if not (isinstance(database, Path) and database.is_file()):
        raise UserMistake(_not_there(shown(database)))
    return tracking_uri(str(database.resolve()))


def _not_there(database: str) -> Mistake:
    """Why there is nothing to open without a sweep's name."""
    names = sweep_names()
    if names:
        remedy = f"name a sweep that is tracked elsewhere, as `xlt ui {as_word(names[0])}`"
        return Mistake(database, "is not there", remedy)
    what = f"is not there: no sweep was tracked yet under {looked_in()}"
    return Mistake(database, what, "`xlt run SPEC` first")
