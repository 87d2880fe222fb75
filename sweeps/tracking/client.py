"""The driver's end of tracking: put a record, go on. Nothing here waits for MLflow or raises.

Records go to the `spool`; `process`, started and if need be restarted here, sends them on.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

from sweeps.tracking.location import EXPERIMENT, impatient_environment, tracking_uri
from sweeps.tracking.open_runs import Ledger
from sweeps.tracking.records import RunRecord
from sweeps.tracking.spool import Spool

WRITER_LOCK = "writer.lock"
LOG = "tracking.log"
URI_VARIABLE = "XLT_TRACKING_ADDRESS"
REMAINING = 3  # exit code of the process: the records left stay in the spool

_log = logging.getLogger(__name__)
_RESTARTS = 20
_LAST_TRIES = 3  # of a process that dies while it should finish
_AT_WORK = 0.5  # core seconds in a minute; asking again and again takes less
_RESTART_PAUSE = 2.0  # seconds; a process that dies at once is not started in a loop


class TrackerClient:
    """Tracks one sweep. `start`, `put` from any thread, `finish`.

    Args:
        folder: the sweep's spool folder.
        uri: what the user wrote under `tracking`; see `location.tracking_uri`.
    """

    def __init__(self, folder: Path, uri: str, experiment: str = EXPERIMENT) -> None:
        self.uri = tracking_uri(uri)
        self._folder = folder
        self._experiment = experiment
        self._spool = Spool(folder)
        self._ledger = Ledger(folder)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._restarts = 0
        self.lost = 0

    def ready(self) -> None:
        """What was refused before is to be sent first."""
        with self._lock:
            self._spool.take_back()
            self._spool.namesake = ""  # an earlier driver has said it

    def start(self) -> None:
        """Start the tracking process, unless it was; returns at once. MLflow is opened there."""
        with self._lock:
            if self._process is None:
                self._launch()

    def put(self, record: RunRecord) -> None:
        """Hand a record on. One the disk does not take is counted in `lost`; sync repairs it."""
        with self._lock:
            self._put(record)

    def close_open(self) -> int:
        """Say KILLED of every run that was begun and not ended; return how many."""
        with self._lock:
            closing = self._ledger.closing()
            for record in closing:
                self._put(record)
            return len(closing)

    def finish(self, grace_seconds: float = 10.0) -> int:
        """Close what is open, send everything, end the process.

        Args:
            grace_seconds: how long a server that is away is waited for.

        Returns:
            The number of records that remain in the spool.
        """
        self.close_open()
        with self._lock:
            for _ in range(_LAST_TRIES):
                if len(self._spool) and not self._alive():
                    self._launch()
                process, self._process = self._process, None
                if process is None or self._ended_well(process, grace_seconds):
                    break
        return len(self._spool)

    def _ended_well(self, process: subprocess.Popen[bytes], grace_seconds: float) -> bool:
        _say(process, f"finish {grace_seconds}\n")
        if process.stdin is not None:
            process.stdin.close()
        waiting, worked = len(self._spool) + 1, 0.0
        # One that takes records is given all of them, and one that is at work the time for it: on a
        # machine with other work MLflow and a new database take minutes.
        while len(self._spool) < waiting or _core_seconds(process) > worked + _AT_WORK:
            waiting, worked = len(self._spool), _core_seconds(process)
            try:
                # It starts MLflow (seconds) and may be inside a request when the grace is over.
                return process.wait(grace_seconds + 60.0) in (0, REMAINING)
            except subprocess.TimeoutExpired:
                continue
        process.kill()
        process.wait()
        return True

    def _put(self, record: RunRecord) -> None:
        try:
            self._spool.put(record)
            self._ledger.note(record, time.time())
        except OSError as error:
            self.lost += 1
            _log.warning("not tracked: %s %s: %s", record.level, record.tag_value, error)
            return
        self._wake()

    def _wake(self) -> None:
        if self._process is None:
            return
        long_ago = time.monotonic() - self._started_at > _RESTART_PAUSE
        if not self._alive() and long_ago and self._restarts < _RESTARTS:
            self._restarts += 1
            _log.warning("the tracking process ended; starting it again (see %s)", LOG)
            self._launch()
        _say(self._process, ".\n")

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _launch(self) -> None:
        command = [
            *(sys.executable, "-P", "-m", "sweeps.tracking.process"),
            *("--spool", str(self._folder.absolute())),
            *("--experiment", self._experiment, "--parent-pid", str(os.getpid())),
        ]
        with (self._folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**impatient_environment(), URI_VARIABLE: self.uri},  # read by no one else
                start_new_session=True,  # Ctrl-C ends the driver, which then says finish
            )
        self._started_at = time.monotonic()
        if self._process.stdin is not None:
            # A process that is stuck must not stop the driver at a full pipe.
            os.set_blocking(self._process.stdin.fileno(), False)


def _say(process: subprocess.Popen[bytes], text: str) -> None:
    if process.stdin is None:
        return
    try:
        os.write(process.stdin.fileno(), text.encode())
    except (BlockingIOError, BrokenPipeError):
        return  # it has enough to read, or is gone and restarted at the next record


def _core_seconds(process: subprocess.Popen[bytes]) -> float:
    try:
        spent = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(spent.user + spent.system)
