"""`xlt watch`: one picture where there is no screen, a live one where there is."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress

import filelock
import pytest

from xlt_core.vocabulary.events import SweepStarted


@pytest.mark.parametrize("words", [[], ["--once"]])
def test_without_a_screen_it_is_one_picture(made, xlt, words):
    """And no end is waited for."""
    with filelock.FileLock(made.folder.lock):
        said = xlt("watch", "made", *words)
    assert said.code == 0 and said.err == ""
    assert said.out.startswith("made  running  trials 4 of 5 finished")


def test_programs_read_json(made, xlt):
    """One document."""
    found = json.loads(xlt("watch", "made", "--json").out)
    assert found["state"] == "finished" and found["trials"]["finished"] == 4
    assert found["left"]["seconds"] is None and found["errors"] == []


def test_a_sweep_that_is_none(made, xlt):
    """As every command says it."""
    said = xlt("watch", "maid")
    assert said.code == 2 and "did you mean made" in said.err


def test_on_a_screen_it_goes_on_until_it_is_left(make):
    """Ctrl-C ends it, without a word and without touching anything."""
    made = make()
    made.begin()
    made.journal(SweepStarted("made"))
    before = {path: path.stat().st_mtime_ns for path in made.folder.path.iterdir()}
    ours, theirs = pty.openpty()
    with filelock.FileLock(made.folder.lock):
        process = subprocess.Popen(
            [sys.executable, "-m", "sweeps", "watch", "made"],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        os.close(theirs)
        try:
            seen = b""
            while seen.count(b"made  ") < 2:  # the second is of a second look
                seen += os.read(ours, 4096)
            process.send_signal(signal.SIGINT)
            with suppress(OSError):  # the screen's other end is gone
                while more := os.read(ours, 4096):
                    seen += more
            assert process.stderr is not None
            said = process.stderr.read().decode()
        finally:
            process.kill()
            process.wait()
            os.close(ours)
    assert process.returncode == 0 and said == ""
    assert b"Traceback" not in seen and b"interrupted" not in seen
    after = {path: path.stat().st_mtime_ns for path in made.folder.path.iterdir()}
    assert {path: at for path, at in after.items() if path != made.folder.lock} == before
