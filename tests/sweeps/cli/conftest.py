"""Running `xlt` as a user does, in this process."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from typer.testing import CliRunner


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def xlt(monkeypatch):
    """A function that runs one command line, as wide as where there is no terminal."""
    from sweeps.cli.main import app

    monkeypatch.delenv("COLUMNS", raising=False)  # test runners set it

    def run(*arguments: str, input: str | None = None) -> Said:
        found = CliRunner().invoke(app, list(arguments), input=input, prog_name="xlt")
        return Said(found.exit_code, found.stdout, found.stderr)

    return run
