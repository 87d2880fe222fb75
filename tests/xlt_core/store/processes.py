"""Other processes for the tests of races and kills: they say where they are, and wait to be told.

A line on their output is the event that a test waits for; nothing sleeps.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from types import TracebackType

PROLOGUE = """
import json, os, sys
from pathlib import Path
from xlt_core.store import Store

def say(word):
    print(word, flush=True)

def wait():
    sys.stdin.readline()

def wait_forever(*_, **__):
    say("here")
    while sys.stdin.readline():
        pass
    os._exit(3)  # the test is gone

store, key = Store(sys.argv[1]), sys.argv[2]
"""


@dataclass
class Other:
    """A process that runs `PROLOGUE` and then some code of a test."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, code: str, *arguments: str) -> Other:
        """Start it; `arguments` are the store's URL, a key, and what the code wants."""
        command = [sys.executable, "-c", PROLOGUE + code, *arguments]
        pipe = subprocess.PIPE
        return cls(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))

    def said(self) -> str:
        """The next line it says; waits for it."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        """Let it go on from `wait`."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self, *, reap: bool = True) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        if reap:
            self.process.wait()

    def __enter__(self) -> Other:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
