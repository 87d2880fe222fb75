"""Ctrl-C and SIGTERM are answered at once, in whatever the program is deep."""

from __future__ import annotations

import array
import fcntl
import os
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from sweeps.cli.interrupts import ONE_PRESS_SECONDS
from tests.sweeps.endless import SPEC

DEEP = """
import ctypes, signal
from sweeps.cli.interrupts import acknowledge, answering
acknowledge()
# The main thread hears of nothing, as in a long import or a query.
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *given: None)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
with answering("stopping this"):
    print("deep", flush=True)
    ctypes.CDLL(None).sleep(20)
"""
IN_ORDER = """
import threading
from sweeps.cli.interrupts import acknowledge
acknowledge()
try:
    print("deep", flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    threading.Event().wait(0.2)
    print("ended in order", flush=True)
"""
HEARING = 1 << (signal.SIGTERM - 1)  # Python of its own takes SIGINT alone
both = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def hears(process: subprocess.Popen[str]) -> bool:
    """Whether the process has a handler of its own for SIGTERM."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) & HEARING)


@both
def test_the_first_is_answered_and_the_second_leaves(number):
    """Although the main thread hears of neither."""
    with started("-c", DEEP) as process:
        assert process.stdout.readline() == "deep\n"
        process.send_signal(number)
        assert process.stderr.readline() == "stopping this\n"
        assert process.poll() is None
        threading.Event().wait(ONE_PRESS_SECONDS)
        process.send_signal(number)
        assert process.stderr.readline() == "left at once\n"
        assert process.wait() == 130


def test_what_a_wrapper_passes_on_as_well_is_one_wish():
    """SIGINT of the terminal and SIGTERM of the wrapper: it ends in order."""
    with started("-c", IN_ORDER) as process:
        assert process.stdout.readline() == "deep\n"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        said, error = process.communicate()
    assert (process.returncode, said) == (0, "ended in order\n"), error


@both
@pytest.mark.parametrize("command", ["plan", "run"])
def test_in_the_imports_of_a_command(tmp_path, number, command):
    """As soon as anything of ours runs."""
    (tmp_path / "s.yaml").write_text("encoder: lab-small\ndata: lab\ntargets: [lab-nli]\n")
    program = "import sys; from sweeps.cli.main import main; main()"
    with started("-c", program, command, str(tmp_path / "s.yaml")) as process:
        while not hears(process):
            assert process.poll() is None
        process.send_signal(number)
        _, error = process.communicate()
    assert process.returncode == 130, error
    assert "once more to leave at once" in error and "Traceback" not in error


def test_what_ends_a_whole_group_is_for_the_driver(tmp_path):
    """`timeout`, a batch system: Ray is there until the sweep has ended in order."""
    (tmp_path / "endless.yaml").write_text(SPEC)
    xlt = str(Path(sys.executable).parent / "xlt")
    with subprocess.Popen(
        [xlt, "run", "endless.yaml"],
        cwd=tmp_path,
        env={**os.environ, "XLT_RUNS": str(tmp_path / "runs")},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        while " start " not in (line := process.stderr.readline()):
            assert line, "it ended before a stage began"
        os.killpg(process.pid, signal.SIGTERM)
        _, said = process.communicate()
    assert process.returncode == 130, said
    assert "sweep endless: interrupted" in said and "GCS" not in said


STALLED = """
import sys
from sweeps.cli.interrupts import acknowledge
acknowledge()
while True:
    print("x" * 1000, file=sys.stderr, flush=True)
"""


@both
def test_a_reader_that_has_stalled_holds_up_no_leaving(number):
    """A pager, a frozen connection: what is to be said waits for it, who says it does not."""
    with started("-c", STALLED) as process:
        while waiting(process.stderr) < 60_000:
            assert process.poll() is None
        process.send_signal(number)
        threading.Event().wait(2 * ONE_PRESS_SECONDS)
        if process.poll() is None:
            process.send_signal(number)
        process.wait()
    assert process.returncode != 0


def waiting(pipe: IO[str]) -> int:
    """Bytes that stand in a pipe."""
    found = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, found)
    return found[0]


def test_before_anything_listens():
    """Ctrl-C at the very first step of ours."""
    program = """
import signal
from sweeps.cli import main
main.hold_out = lambda: signal.raise_signal(signal.SIGINT)
main.main()
"""
    with started("-c", program) as process:
        _, error = process.communicate()
    assert (process.returncode, error) == (130, "")
