"""`xlt report`: a sweep, or several side by side, as a page, tables and figures."""

from __future__ import annotations

from typing import Annotated

import typer

from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json
from sweeps.interface.places import find_sweep


def report(
    sweeps: Annotated[
        list[str], typer.Argument(metavar="SWEEP...", help="Names under runs/, or folders.")
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Where to write; default runs/NAME/report, for several runs/report-A-B.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a report: page, tables, figures.

    report.html opens anywhere, offline, in one file; tables/ has every table as CSV and Parquet,
    figures/ every figure as SVG. Of a sweep that still runs it says what is complete so far.
    Several sweeps are compared by language family, encoder and target. Run again, it replaces
    its own files. With --json the report is printed, and written only where --out says so.
    """
    from sweeps.interface.reporting import report_of, write_report_of
    from sweeps.report.plain import to_json

    folders = [find_sweep(name) for name in sweeps]
    if as_json:
        print_json(to_json(report_of(folders)))
    if out is not None or not as_json:
        page = write_report_of(folders, out)
        if not as_json:
            print(page)
