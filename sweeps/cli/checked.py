"""What checks found, as a table for people: what several nodes have alike stands there once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Column, Table
from rich.text import Text

from sweeps.cli.faults import say
from sweeps.cli.output import stdout
from sweeps.report.event_text import counted

if TYPE_CHECKING:
    from sweeps.execution.checks.check import LookedAt

STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red"}


def show(found: Sequence[LookedAt]) -> None:
    """Print the table to stdout, and how many things are amiss to stderr."""
    from sweeps.execution.checks.check import alike, named

    several = len(found) > 1
    table = Table("check", *["node"] * several, "", Column("found", overflow="fold"))
    last = ""
    for nodes, finding in alike(found):
        check = "" if finding.check == last else finding.check
        word = Text(finding.verdict.value, STYLES[finding.verdict.value])
        text = Text(finding.found)
        if finding.remedy:
            text.append(f"\n→ {finding.remedy}")
        table.add_row(check, *[named(nodes, len(found))] * several, word, text)
        last = finding.check
    stdout().print(table)
    say(_sum(found))


def is_well(found: Sequence[LookedAt]) -> bool:
    """Whether nothing is wrong; warnings are not."""
    return not _count(found, "wrong")


def _sum(found: Sequence[LookedAt]) -> str:
    bad, doubtful = _count(found, "wrong"), _count(found, "warning")
    amiss = [f"{bad} wrong"] * bool(bad) + [counted(doubtful, "warning")] * bool(doubtful)
    where = "" if len(found) == 1 else f" on {len(found)} nodes"
    return f"{' and '.join(amiss) or 'all is well'}{where}"


def _count(found: Sequence[LookedAt], verdict: str) -> int:
    return sum(each.verdict.value == verdict for looked in found for each in looked.findings)
