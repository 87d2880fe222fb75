"""What is kept of a report with its sweep's run, as texts by file name.

`texts` while it runs, `with_page` where the whole report is wanted once it has ended: to draw it
takes a second.
"""

from __future__ import annotations

import logging

from sweeps.report.plan_picture import plan_artifacts
from sweeps.report.render import text_report
from sweeps.results.facts import SweepFacts
from sweeps.results.states import SweepState

PAGE = "report.html"
log = logging.getLogger("xlt.report")


def texts(facts: SweepFacts) -> dict[str, str]:
    """Every table as text, the plans as a tree and its data."""
    return {"report.txt": text_report(facts.results), **plan_artifacts(facts.results)}


def with_page(facts: SweepFacts) -> dict[str, str]:
    """The same, and the page of a sweep that has ended by itself.

    What cannot be drawn is left out, and said in the log: nothing else may be lost by it.
    """
    found = texts(facts)
    if facts.state in (SweepState.FINISHED, SweepState.FAILED):
        from sweeps.report.page import html
        from sweeps.report.whole import whole_report

        try:
            found[PAGE] = html(whole_report(facts))
        except Exception:
            log.exception("%s: its page cannot be drawn", facts.name)
    return found
