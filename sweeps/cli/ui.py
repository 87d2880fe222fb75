"""`xlt ui`: the MLflow UI on the database that the sweeps write to."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from typing import Annotated

import typer

from sweeps.cli.aftermath import touch_sweep
from sweeps.cli.faults import say
from sweeps.cli.places import runs_folder
from sweeps.tracking.location import client_address, plain_for_mlflow, tracking_uri
from xlt_core.vocabulary.address import bare
from xlt_core.vocabulary.errors import Mistake, UserMistake

HOST = "127.0.0.1"


def ui(
    sweep: Annotated[
        str | None, typer.Argument(metavar="[SWEEP]", help="Use this sweep's tracking server.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 5000,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the command, start nothing.")
    ] = False,
) -> None:
    """Open the MLflow UI on the right database.

    For this machine only; Ctrl-C ends it.
    """
    url = _url(sweep)
    if url.startswith(("http://", "https://")):
        print(bare(url))
        say("that server has its own UI; open it in a browser")
        return
    command = ui_command(url, port)
    print(shlex.join(command))
    if only_print:
        return
    _require_free(port)
    say(f"runs: http://{HOST}:{port}/#/experiments")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # Its workers import nothing from the user's folder either: uvicorn would look there first.
    os.environ |= {"PYTHONSAFEPATH": "1", "UVICORN_APP_DIR": os.devnull}
    # By the environment: what stands in a command line, everybody on the machine can read.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = client_address(url)
    at = command.index("--backend-store-uri")
    os.execv(sys.executable, [sys.executable, "-P", "-m", *command[:at], *command[at + 2 :]])


def ui_command(url: str, port: int = 5000) -> list[str]:
    """The command that opens the UI of a tracking database; a password is not in it."""
    place = ("--backend-store-uri", plain_for_mlflow(bare(tracking_uri(url))))
    return ["mlflow", "ui", *place, "--host", HOST, "--port", str(port)]


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

        return tracking_uri(read_stored_spec(touch_sweep(sweep)).tracking)
    database = runs_folder() / "mlflow.db"
    if not database.is_file():
        raise UserMistake(
            Mistake(str(database), "is not there: no sweep was tracked yet", "`xlt run SPEC` first")
        )
    return tracking_uri(str(database.resolve()))
