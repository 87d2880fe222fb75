"""Carrying checks out on this machine: side by side, each for so long at most.

A check that hangs, as at a server that is dead, holds up nobody: its thread is left behind and ends
with the process.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from sweeps.execution.checks.check import Finding, Look, Subject, wrong
from sweeps.execution.checks.table import CHECKS
from xlt_core.plugins import import_plugins
from xlt_core.vocabulary.address import starred
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.lines import first_line

SECONDS = 30.0  # for each check; a machine that is busy takes its time to import
PREFLIGHT_SECONDS = 30.0


def look(
    subject: Subject, preflight: bool = False, seconds: float = SECONDS
) -> tuple[Finding, ...]:
    """What the checks find here, in the table's order.

    Args:
        preflight: whether only what a sweep's beginning waits for is looked at.
        seconds: what has given no answer by then is said to have given none.
    """
    os.environ.update(subject.passwords)
    try:
        import_plugins(subject.plugins)
    except UserMistake as error:
        return tuple(replace(each, check="plug-ins") for each in _of_mistake(error))
    looking = [_Looking(name, check, subject) for name, check in _chosen(subject, preflight)]
    deadline = time.monotonic() + seconds
    found: list[Finding] = []
    for one in looking:
        one.join(max(0.0, deadline - time.monotonic()))
        found += one.found(seconds)
    return tuple(found)


def _chosen(subject: Subject, preflight: bool) -> Iterator[tuple[str, Look]]:
    for name, check in CHECKS.items():
        chosen = check.preflight if preflight else check.look
        if chosen is not None and (subject.has_workers or not check.of_workers):
            yield name, chosen


class _Looking(threading.Thread):
    """One check at work."""

    def __init__(self, check: str, looks: Look, subject: Subject) -> None:
        super().__init__(name=f"xlt-check-{check}", daemon=True)
        self._check = check
        self._looks = looks
        self._subject = subject
        self._found: tuple[Finding, ...] | None = None
        self.start()

    def run(self) -> None:
        try:
            found = tuple(self._looks(self._subject))
        except UserMistake as error:
            found = _of_mistake(error)
        except Exception as error:  # whatever a library makes of a machine that is not well
            found = (wrong(starred(first_line(f"{type(error).__name__}: {error}"))),)
        self._found = found

    def found(self, seconds: float) -> tuple[Finding, ...]:
        """What it found so far."""
        found = self._found
        if found is None:
            remedy = "see that what it asks is up and reached from here, and not overloaded"
            found = (wrong(f"no answer within {seconds:g} s", remedy),)
        return tuple(replace(each, check=self._check) for each in found)


def _of_mistake(error: UserMistake) -> tuple[Finding, ...]:
    return tuple(
        wrong(starred(f"{each.where}: {each.what}" if each.where else each.what), each.remedy)
        for each in error.mistakes
    )
