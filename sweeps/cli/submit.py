"""`xlt submit`: `run` on a Ray cluster, as one of its jobs; this machine may go to sleep."""

from __future__ import annotations

from typing import Annotated

import typer

from sweeps.cli.faults import say
from sweeps.cli.options import Folder, Overrides, SpecFile
from sweeps.cli.run import RetryFailed, Workers
from sweeps.interface.running import Manner

Jobs = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="URL",
        help="Where the cluster takes jobs, http://HOST:8265; default RAY_ADDRESS, or address: of "
        "the config file.",
    ),
]


def submit(
    spec: SpecFile,
    overrides: Overrides = None,
    folder: Folder = None,
    address: Jobs = None,
    workers: Workers = None,
    retry_failed: RetryFailed = False,
) -> None:
    """Run, resume or extend a sweep on a Ray cluster.

    The sweep runs there as a job, on this very code; `status`, `logs`, `results`, `pause`, `stop`
    and `cancel` work from here. The same spec again goes on with what was interrupted, and leaves
    alone what runs.
    """
    from sweeps.interface.submitting import said_of, submit_spec

    manner = Manner(address, workers, retry_failed)
    for line in said_of(submit_spec(spec, overrides or [], folder, manner, say)):
        say(line)
