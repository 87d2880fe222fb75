"""`xlt languages`: every language with its family and what encoders saw of it."""

from __future__ import annotations

from rich.table import Table

from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json, stdout


def languages(as_json: AsJson = False) -> None:
    """List the languages and their families."""
    from xlt_core.vocabulary.languages import all_languages

    found = all_languages()
    columns = ("code", "name", "family", "branch", "script", "resource")
    if as_json:
        print_json([{name: getattr(language, name) for name in columns} for language in found])
        return
    table = Table(*columns)
    for language in found:
        table.add_row(*(str(getattr(language, name)) for name in columns))
    stdout().print(table)
