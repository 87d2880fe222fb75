"""Processes end at once, and as they would have ended."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from sweeps.processes import leaving_at_once, uncollected

PROGRAM = """
import atexit, sys, threading
from sweeps.processes import leaving_at_once

class Module:
    def __del__(self):
        print("taken apart")

kept = Module()
with leaving_at_once():
    atexit.register(print, "heard of the end")
    main = threading.main_thread()
    threading.Thread(target=lambda: (main.join(), print("a thread's last word"))).start()
    {end}
"""


def ended(end: str) -> tuple[int, str, str]:
    command = [sys.executable, "-c", PROGRAM.format(end=end)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


class TestLeavingAtOnce:
    @pytest.mark.parametrize(("given", "code"), [("", 0), ("0", 0), ("1", 1), ("130", 130)])
    def test_in_order_but_no_module_is_taken_apart(self, given: str, code: int) -> None:
        """Threads and handlers have had their say, and all of it came through the pipe."""
        found, said, _ = ended(f"sys.exit({given})")
        assert (found, said) == (code, "a thread's last word\nheard of the end\n")

    @pytest.mark.parametrize(
        ("end", "word"), [("raise ValueError('x')", "ValueError"), ("sys.exit('no')", "no")]
    )
    def test_an_error_ends_it_as_ever(self, end: str, word: str) -> None:
        code, said, error = ended(end)
        assert code == 1 and word in error
        assert "heard of the end" in said

    def test_what_is_raised_goes_on(self) -> None:
        with pytest.raises(KeyError), leaving_at_once():
            raise KeyError


class TestUncollected:
    def test_garbage_is_left_alone_meanwhile(self) -> None:
        with uncollected(), uncollected():
            assert not gc.isenabled()
        assert gc.isenabled()

    def test_and_looked_for_again_after_an_error(self) -> None:
        with pytest.raises(KeyError), uncollected():
            raise KeyError
        assert gc.isenabled()
