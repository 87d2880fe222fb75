"""What checks found, as a table for people: what several nodes have alike stands there once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Column, Table
from rich.text import Text

from sweeps.cli.faults import say
from sweeps.cli.output import stdout
from sweeps.report.event_text import counted

if TYPE_CHECKING:
    from sweeps.execution.checks.check import Finding, LookedAt

STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red"}
NAMED_NODES = 4  # in one line; more are counted


def show(found: Sequence[LookedAt]) -> None:
    """Print the table to stdout, and how many things are amiss to stderr."""
    several = len(found) > 1
    table = Table("check", *["node"] * several, "", Column("found", overflow="fold"))
    last = ""
    for nodes, finding in alike(found):
        check = "" if finding.check == last else finding.check
        word = Text(finding.verdict.value, STYLES[finding.verdict.value])
        text = Text(finding.found)
        if finding.remedy:
            text.append(f"\n→ {finding.remedy}")
        table.add_row(check, *[_named(nodes, len(found))] * several, word, text)
        last = finding.check
    stdout().print(table)
    say(_sum(found))


def is_well(found: Sequence[LookedAt]) -> bool:
    """Whether nothing is wrong; warnings are not."""
    return not _count(found, "wrong")


def alike(found: Sequence[LookedAt]) -> Iterator[tuple[list[str], Finding]]:
    """Findings, each once with the nodes that have it; those of one check together."""
    nodes: dict[tuple[str, str, str, str], list[str]] = {}
    first: dict[tuple[str, str, str, str], Finding] = {}
    for looked in found:
        for finding in looked.findings:
            key = (finding.check, finding.verdict.value, finding.found, finding.remedy)
            nodes.setdefault(key, []).append(looked.node)
            first.setdefault(key, finding)
    checks = list(dict.fromkeys(check for check, *_ in nodes))
    for key in sorted(nodes, key=lambda key: checks.index(key[0])):
        yield nodes[key], first[key]


def _named(nodes: Sequence[str], every: int) -> str:
    if len(nodes) == every:
        return f"all {every}"
    more = f" and {len(nodes) - NAMED_NODES} more" if len(nodes) > NAMED_NODES else ""
    return ", ".join(nodes[:NAMED_NODES]) + more


def _sum(found: Sequence[LookedAt]) -> str:
    bad, doubtful = _count(found, "wrong"), _count(found, "warning")
    amiss = [f"{bad} wrong"] * bool(bad) + [counted(doubtful, "warning")] * bool(doubtful)
    where = "" if len(found) == 1 else f" on {len(found)} nodes"
    return f"{' and '.join(amiss) or 'all is well'}{where}"


def _count(found: Sequence[LookedAt], verdict: str) -> int:
    return sum(each.verdict.value == verdict for looked in found for each in looked.findings)
