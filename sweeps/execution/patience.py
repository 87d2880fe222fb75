"""Waiting out what ails the study's storage or the driver's disk: full, locked, away.

The sweep stands still meanwhile, which loses nothing; it goes on by itself, or ends when it is
desired to. The stages' own retries are the service's (`retries`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeVar

from sweeps.execution.desired import DesiredStateWatch
from sweeps.search.storage import StorageFault
from xlt_core.vocabulary.errors import is_machines_fault
from xlt_core.vocabulary.events import Event, Message, SweepWaits
from xlt_core.vocabulary.lines import first_line
from xlt_core.vocabulary.pauses import Pauses

T = TypeVar("T")


class Patience:
    """Does things again until they succeed.

    Args:
        desired: whether the sweep is still desired to run; waits, and wakes when it is not.
        note: told what is waited for, and when it is over.
        pauses: between two tries.
    """

    def __init__(
        self, desired: DesiredStateWatch, note: Callable[[Event], None], pauses: Pauses
    ) -> None:
        self._desired = desired
        self._note = note
        self._pauses = pauses

    def through(self, work: Callable[[], T]) -> T | None:
        """What `work` returns in the end; None where the sweep was ended before. Raises the rest.

        `work` may be done again after it failed half-way.
        """
        for failures in itertools.count():
            try:
                result = work()
            except Exception as error:
                if not may_pass(error):
                    raise
                self._note(SweepWaits(f"{first_line(error)}; the sweep goes on when it can"))
                if not self._desired.rest(self._pauses.after(failures + 1)):
                    return None
            else:
                if failures:
                    self._note(Message("the sweep goes on"))
                return result
        raise AssertionError("counting has no end")


def may_pass(error: BaseException) -> bool:
    """Whether what failed may do so no longer by and by."""
    return isinstance(error, StorageFault) or is_machines_fault(error)
