"""`xlt results`: what a sweep has found so far, as tables for people or rows for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweeps.cli.options import AsJson, SweepName
from sweeps.cli.output import print_json, stdout, write_text
from sweeps.interface.loaded import LoadedSweep
from sweeps.interface.places import find_sweep


def results(
    sweep: SweepName,
    as_json: AsJson = False,
    every: Annotated[
        bool, typer.Option("--all", help="List every plan, not the best ones alone.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to a file instead, in a folder that is there.",
        ),
    ] = None,
) -> None:
    """Show what a sweep has found so far.

    The best plans, or with --all every one, and their gains by language family. An interval
    (95 %, for seeds and languages not seen) adds, as variances, what languages differ by, at
    Student's t for their number, and what seeds differ by, at theirs, less once what both share;
    never less than either alone. With one seed, or one language of a family, there is none.
    With --json every score, with the searched settings of its trial; primary marks the metric
    that judges the task, asked the languages that means are over, beside the baseline that a
    trial brought along.
    """
    from sweeps.report.render import results_report
    from sweeps.report.text import as_text

    loaded = LoadedSweep(find_sweep(sweep))
    if output is not None:
        text = _json(loaded.rows()) if as_json else as_text(results_report(loaded.found(), every))
        write_text(output, text)
    elif as_json:
        print_json(loaded.rows())
    else:
        stdout().print(results_report(loaded.found(), every))


def _json(rows: list[dict[str, object]]) -> str:
    import json

    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
