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
def xlt():
    """A function that runs one command line."""
    from sweeps.cli.main import app

    def run(*arguments: str, input: str | None = None) -> Said:
        found = CliRunner().invoke(app, list(arguments), input=input, prog_name="xlt")
        return Said(found.exit_code, found.stdout, found.stderr)

    return run
