"""`xlt fields`: every field a spec may have."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Column, Table

from sweeps.cli.faults import say
from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json, stdout


def fields(
    section: Annotated[
        str | None,
        typer.Argument(metavar="[SECTION]", help="Only these, as recipe.train; without: all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the fields that a spec may have.

    With what each holds, its default and what it is for.
    """
    from sweeps.spec.fields import every_field
    from sweeps.spec.names import did_you_mean
    from xlt_core.vocabulary.errors import Mistake, UserMistake

    every = every_field()
    found = [
        one
        for one in every
        if section is None or one.path == section or one.path.startswith(f"{section}.")
    ]
    if not found and section is not None:
        remedy = did_you_mean(section, (one.path for one in every))
        raise UserMistake(Mistake(repr(section), "is no field of a spec", remedy))
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table = Table(Column("field", overflow="fold"), "holds", "default", "what it is for")
    for one in found:
        table.add_row(one.path, one.kind, one.default, one.about)
    stdout().print(table)
    say("a recipe's default is the task's own, where it has one: see `xlt tasks --json`")
