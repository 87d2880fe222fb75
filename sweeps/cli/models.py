"""`xlt models`: encoders by short name, and what else a spec may name."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from sweeps.cli.faults import say
from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json, stdout


def models(
    as_json: AsJson = False,
    convert: Annotated[
        str | None,
        typer.Option(
            "--convert",
            metavar="NAME",
            help="Make safetensors of an encoder's pickled weights, once, into our own cache.",
        ),
    ] = None,
) -> None:
    """List the encoders that have a name.

    A spec may name any other encoder of these types: a hub id (with @revision if wanted), or a
    folder with its files. Pickled weights are never read but by --convert, which takes tensors
    alone from them and runs nothing.
    """
    from xlt_core.models.encoder_files import ENCODER_TYPES
    from xlt_core.models.encoders import known_encoders

    if convert is not None:
        made = _converted(convert)
        say(f"made {made}")
        say(f"write encoder: {convert}; on other machines convert it too, or copy this folder")
        return
    found = [
        {"name": name, "location": e.location, "title": e.title, "parameters": e.parameters}
        for e in known_encoders()
        for name in e.names
    ]
    if as_json:
        print_json(found)
        return
    table = Table("encoder", "what it is", "parameters", "where it comes from")
    for encoder in found:
        table.add_row(*(encoder[part] for part in ("name", "title", "parameters", "location")))
    stdout().print(table)
    say("or a hub id, or a folder, of type " + ", ".join(sorted(ENCODER_TYPES)))


def _converted(name: str) -> str:
    from xlt_core.models.convert import convert

    return str(convert(name))
