"""Arguments and options that several commands share, so that they read and mean the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweeps.cli.faults import say

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
SweepName = Annotated[
    str, typer.Argument(metavar="SWEEP", help="A sweep's name under runs/, or its folder.")
]


def _or_shipped(spec: Path) -> Path:
    """The spec's file; where there is none, the shipped one of that name, which is said."""
    from sweeps.spec.shipped import standing_for

    found = standing_for(spec)
    if found is None:
        return spec
    say(f"there is no file {spec} here: taking {found}, which xlt ships")
    return found


SpecFile = Annotated[
    Path,
    typer.Argument(
        metavar="SPEC",
        help="The sweep's spec, a YAML file; or the name of one that xlt ships, as quickstart.",
        callback=_or_shipped,
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PLACE=VALUE",
        help="Override one field, as recipe.train.steps=500. May be given several times.",
    ),
]
Folder = Annotated[
    str | None,
    typer.Option(
        "--folder",
        metavar="DIR",
        help="The sweep's folder, new, empty or its own; default runs/<name>. "
        "What sweeps share lies beside it.",
    ),
]
StoreUrl = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help="A folder or s3:// URL; default runs/stages."),
]
