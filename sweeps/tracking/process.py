"""The one process that writes a sweep's records to MLflow: drains the spool, in order, patiently.

The driver starts it through `handle.TrackerClient`, names MLflow's address in its environment, and
talks through its standard input: `.` there is something new, `finish SECONDS`, or the end of input
when the driver is gone. It may be killed at any moment: a record leaves the spool only after it is
written, and writing twice changes nothing.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from sweeps.processes import leaving_at_once, uncollected
from sweeps.tracking.client import REMAINING, URI_VARIABLE, WRITER_LOCK, TrackerClient
from sweeps.tracking.location import EXPERIMENT, signed_in
from sweeps.tracking.records import said_again
from sweeps.tracking.run_page import noted
from sweeps.tracking.spool import Spool
from xlt_core.vocabulary.address import starred
from xlt_core.vocabulary.errors import UserMistake

if TYPE_CHECKING:
    from sweeps.tracking.records import RunRecord
    from sweeps.tracking.writer import Writer

__all__ = ["TrackerClient", "main"]

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 30.0
_LOOK_AROUND = 5.0  # seconds between looks at whether the driver is still there
_TOGETHER = 100  # records looked at together, so that what is said again is sent once
_TRIES = 5  # of one record that a server which answers cannot take
NICENESS = 19  # training goes first; Ray gives its own workers 15
# Of its session, once MLflow is there: a thirtieth of a core that training wants as well.
SESSION_NICENESS = 15


class Inbox:
    """What the driver said, read by a thread; `wait` returns as soon as something is new."""

    def __init__(self, source: int, parent: int, grace: float) -> None:
        self._source, self._parent, self._grace = source, parent, grace
        self._changed = threading.Condition()
        self._news = False
        self._deadline: float | None = None
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    @property
    def ending(self) -> bool:
        """Whether nothing more will come."""
        return self._deadline is not None

    @property
    def expired(self) -> bool:
        """Whether the grace for what is left is over."""
        return self.overdue(0.0)

    def overdue(self, seconds: float) -> bool:
        """Whether the grace was over `seconds` ago."""
        return self._deadline is not None and time.monotonic() >= self._deadline + seconds

    def wait(self, seconds: float, for_news: bool) -> None:
        """Wait for the end to be called, for news if asked, at most for `seconds`.

        Once the end was called, wait for the time only, and not beyond the grace.
        """
        with self._changed:
            known_to_end = self.ending
            until = time.monotonic() + seconds
            if self._deadline is not None and not self.expired:
                until = min(until, self._deadline)
            while (left := until - time.monotonic()) > 0:
                if (self.ending and not known_to_end) or (for_news and self._news):
                    break
                self._changed.wait(min(left, _LOOK_AROUND))
                if os.getppid() != self._parent:
                    self._end(self._grace)
            self._news = False

    def _read(self) -> None:
        # Not sys.stdin: a thread blocked in its buffer cannot be left behind at exit.
        rest = b""
        while chunk := os.read(self._source, 4096):
            *lines, rest = (rest + chunk).split(b"\n")
            with self._changed:
                self._news = True
                for line in lines:
                    if line.startswith(b"finish "):
                        self._end(float(line.split()[1]))
                self._changed.notify_all()
        with self._changed:
            self._end(self._grace)
            self._changed.notify_all()

    def _end(self, grace: float) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + grace
            weigh_session(0)  # nothing is trained any more, and somebody waits


class Drain:
    """Moves records from spool to MLflow until the spool is empty or the server is away."""

    def __init__(self, spool: Spool, uri: str, experiment: str, inbox: Inbox) -> None:
        self._spool, self._uri, self._experiment = spool, uri, experiment
        self._inbox = inbox
        self._writer: Writer | None = None
        self._failed: tuple[int, int] = (0, 0)  # a record's number, how often it failed
        self._reason = ""
        self._pause = 1.0

    def run(self) -> int:
        """Drain until told to end. Returns 0, or `REMAINING` if records are left in the spool.

        The grace is for a server that is away; one that takes records is given all of them.
        """
        while True:
            away = self._drain()
            self._tell(away)
            if not away and len(self._spool) == 0:
                if self._inbox.ending:
                    return 0
                self._inbox.wait(_LONGEST_PAUSE, for_news=True)
            elif away and self._inbox.expired:
                return REMAINING
            elif away:
                self._inbox.wait(self._pause, for_news=False)
                most = _LONGEST_PAUSE if not self._inbox.ending else 2.0
                self._pause = min(self._pause * 2, most)

    def _tell(self, away: bool) -> None:
        """Leave word beside the spool for whoever asks how tracking stands (`backlog`)."""
        self._spool.away = self._reason if away else ""
        if self._writer is not None and self._writer.gap:
            self._spool.gap = self._writer.gap
        if self._writer is not None and self._writer.namesake:
            self._spool.namesake = self._writer.namesake
        if self._writer is not None and self._writer.page:
            self._spool.page = noted(self._uri, self._writer.page)

    def _drain(self) -> bool:
        """Send what is pending; True where the server is away."""
        pending = self._spool.pending()
        while batch := list(itertools.islice(pending, _TOGETHER)):
            repeated = said_again([record for _, record in batch])
            for place, (number, record) in enumerate(batch):
                if place not in repeated and not self._send(number, record):
                    return True
                self._spool.drop(number)
                self._pause = 1.0
        return False

    def _send(self, number: int, record: RunRecord) -> bool:
        try:
            self._open().apply(record)
        except Exception as error:  # a bug in one record must not hold up all others
            self._reason = starred(f"{type(error).__name__}: {error}")
            _log.warning("record %d: %s", number, self._reason)
            if self._may_recover(number, error):
                return False
            self._spool.set_aside(number, self._reason)
        return True

    def _open(self) -> Writer:
        if self._writer is None:
            with uncollected():
                from sweeps.tracking.writer import Writer

                self._writer = Writer(self._uri, self._experiment)
            weigh_session(SESSION_NICENESS)
            if self._inbox.ending:  # the end may have been called just before
                weigh_session(0)
        return self._writer

    def _may_recover(self, number: int, error: Exception) -> bool:
        from sweeps.tracking.database import is_away, is_obscure

        if self._writer is None or isinstance(error, UserMistake):
            return True  # no record's fault
        if not self._writer.answers():
            return True  # whatever was said in its place
        if is_obscure(error):
            times = self._failed[1] + 1 if self._failed[0] == number else 1
            self._failed = (number, times)
            return times < _TRIES
        return is_away(error)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the process. Returns its exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.nice(NICENESS)
    inbox = Inbox(sys.stdin.fileno(), given.parent_pid, given.grace)
    lock = filelock.FileLock(given.spool / WRITER_LOCK)
    while not _is_free(lock):
        # A predecessor whose driver died drains first; its own grace ends it.
        if inbox.overdue(given.grace):
            return REMAINING
        inbox.wait(0.2, for_news=False)
    spool, uri = Spool(given.spool), os.environ[URI_VARIABLE]
    try:
        with lock, signed_in(uri):
            return Drain(spool, uri, given.experiment, inbox).run()
    except UserMistake as error:
        spool.away = str(error.mistakes[0])
        return REMAINING


def weigh_session(niceness: int) -> None:
    """Say how much this process's session counts among others, where Linux keeps them apart.

    Where it shares out the processor among sessions (autogroups), a process's own niceness counts
    within its session only, and this one is alone in its. Unlike that one it may be taken back.
    """
    for _ in range(10):
        try:
            Path("/proc/self/autogroup").write_text(str(niceness))
        except BlockingIOError:  # so many a second may be said, on the whole machine
            time.sleep(0.1)
        except OSError:
            return
        else:
            return


def _is_free(lock: filelock.FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return False
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sweeps.tracking.process", description=__doc__)
    parser.add_argument("--spool", type=Path, required=True, help="folder of records")
    parser.add_argument("--experiment", default=EXPERIMENT)
    parser.add_argument("--parent-pid", type=int, required=True, help="the driver's process id")
    parser.add_argument(
        "--grace", type=float, default=60.0, help="seconds for what is left when the driver is gone"
    )
    return parser


if __name__ == "__main__":
    with leaving_at_once():
        sys.exit(main())
