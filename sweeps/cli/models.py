"""`xlt models`: encoders by short name, and what else a spec may name."""

from __future__ import annotations

from rich.table import Table

from sweeps.cli.faults import say
from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json, stdout


def models(as_json: AsJson = False) -> None:
    """List the encoders that have a name.

    A spec may name any other encoder of these types: a hub id, or a folder with its files.
    """
    from xlt_core.models.encoder_files import ENCODER_TYPES
    from xlt_core.models.encoders import ALIASES, LAB

    found = [{"name": LAB, "location": "generated here"}]
    found += [{"name": name, "location": place} for name, place in ALIASES.items()]
    if as_json:
        print_json(found)
        return
    table = Table("encoder", "where it comes from")
    for encoder in found:
        table.add_row(encoder["name"], encoder["location"])
    stdout().print(table)
    say("or a hub id, or a folder, of type " + ", ".join(sorted(ENCODER_TYPES)))
