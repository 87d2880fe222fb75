"""`xlt lab`: a generated world as a data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweeps.cli.faults import say


def lab(
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where to write: a new or empty folder.")
    ],
    world: Annotated[
        str,
        typer.Option("--world", metavar="DIALS", help="Which world, as seed=3,null,distance=0.8."),
    ] = "",
) -> None:
    """Write the lab's world as a folder of data.

    A spec reads it by data: {folder: FOLDER}, and gets the very rows of data: lab. Its README says
    what is planted in it, and how strongly.
    """
    from xlt_core.lab.folder import write_world
    from xlt_core.lab.world import World

    files, rows = write_world(World.parse(world), out)
    say(f"{out}: {rows:,} rows in {files} files; a spec reads them by data: {{folder: {out}}}")
