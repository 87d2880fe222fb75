"""`xlt fields`: every field a spec may have, as a list, as tables for a page, as a JSON schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from sweeps.cli.faults import say
from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json, stdout

_TABLE = ("| field | holds | default | what it is for | example |", "|---|---|---|---|---|")

if TYPE_CHECKING:
    from sweeps.spec.fields import Field


def fields(
    section: Annotated[
        str | None,
        typer.Argument(metavar="[SECTION]", help="Only these, as recipe.train; without: all."),
    ] = None,
    as_json: AsJson = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print tables in Markdown, with examples.")
    ] = False,
    as_schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of a spec, for editors.")
    ] = False,
) -> None:
    """List the fields that a spec may have.

    With what each holds, its default and what it is for.
    """
    from sweeps.spec.schema import spec_schema

    found = within_section(section)
    if as_schema:
        print_json(spec_schema())
    elif as_json:
        print_json([asdict(one) for one in found])
    elif as_markdown:
        print("\n".join(markdown(found)))
    else:
        show(found)


def within_section(section: str | None) -> Sequence[Field]:
    """A field and those in it, or all. Raises UserMistake where there is no such field."""
    from sweeps.spec.fields import every_field
    from sweeps.spec.names import did_you_mean
    from xlt_core.vocabulary.errors import Mistake, UserMistake

    every = every_field()
    if section is None:
        return every
    found = [one for one in every if f"{one.path}.".startswith(f"{section}.")]
    if not found:
        remedy = did_you_mean(section, (one.path for one in every))
        raise UserMistake(Mistake(repr(section), "is no field of a spec", remedy))
    return found


def show(found: Sequence[Field]) -> None:
    """Print fields for people."""
    table = Table(Column("field", overflow="fold"), "holds", "default", "what it is for")
    for one in found:
        table.add_row(one.path, one.kind, one.default, one.about)
    stdout().print(table)
    say("a recipe's default is the task's own, where it has one: see `xlt tasks --json`")


def markdown(found: Sequence[Field]) -> Iterator[str]:
    """A table a section; one whose fields are those of another is told so."""
    sections: dict[str, list[str]] = {}
    for one in found:
        sections.setdefault(one.path.rpartition(".")[0], []).append(row_of(one))
    tables: dict[str, list[str]] = {}
    for section, rows in sections.items():
        yield from ("", f"### `{section}`" if section else "### At the top", "")
        like = next((name for name, others in tables.items() if set(rows) <= set(others)), None)
        if like is None:
            tables[section] = rows
            yield from (*_TABLE, *rows)
        else:
            more = [row.split("`")[1] for row in tables[like] if row not in rows]
            yield f"As `{like}`" + "".join(f", without `{name}`" for name in more) + "."


def row_of(field: Field) -> str:
    """A field's line of a table."""
    name = field.path.rpartition(".")[2]
    default, example = (f"`{text}`" if text else "" for text in (field.default, field.example))
    cells = (f"`{name}`", field.kind, default, field.about, example)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
