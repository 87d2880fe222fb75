"""The table of commands, in the order `xlt --help` lists them. A new one is a file and a line."""

from __future__ import annotations

from collections.abc import Callable

from sweeps.cli.control import cancel, pause, stop
from sweeps.cli.doctor import doctor
from sweeps.cli.export import export
from sweeps.cli.fields import fields
from sweeps.cli.init import init
from sweeps.cli.lab import lab
from sweeps.cli.languages import languages
from sweeps.cli.logs import logs
from sweeps.cli.models import models
from sweeps.cli.plan import plan
from sweeps.cli.report import report
from sweeps.cli.results import results
from sweeps.cli.resume import resume
from sweeps.cli.run import run
from sweeps.cli.status import status
from sweeps.cli.submit import submit
from sweeps.cli.sync import sync
from sweeps.cli.tasks import tasks
from sweeps.cli.ui import ui
from sweeps.cli.watch import watch

COMMANDS: dict[str, Callable[..., None]] = {
    "init": init,
    "run": run,
    "submit": submit,
    "plan": plan,
    "status": status,
    "watch": watch,
    "results": results,
    "report": report,
    "export": export,
    "logs": logs,
    "pause": pause,
    "stop": stop,
    "cancel": cancel,
    "resume": resume,
    "sync": sync,
    "ui": ui,
    "fields": fields,
    "tasks": tasks,
    "languages": languages,
    "models": models,
    "lab": lab,
    "doctor": doctor,
}
