"""`--help` is quick because nothing heavy is imported for it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from sweeps.cli.commands import COMMANDS

HEAVY = (
    "ray",
    "mlflow",
    "torch",
    "transformers",
    "optuna",
    "datasets",
    "pandas",
    "scipy",
    "sklearn",
)
# What reads a sweep's files must not wait for a library that it does not use.
HEAVY_FOR_READERS = ("ray", "mlflow", "torch", "transformers", "datasets", "pandas", "optuna")
PROGRAM = """
import sys
from sweeps.cli.main import main
try:
    main()
finally:
    print("LOADED", *sys.modules, file=sys.stderr)
"""


def run(arguments, heavy):
    """Run a command in a fresh process; return its end and which heavy modules it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )
    loaded = next(line for line in done.stderr.splitlines() if line.startswith("LOADED"))
    return done, sorted(set(heavy) & set(loaded.split()))


class TestHelp:
    def test_of_the_app_loads_nothing_heavy(self):
        """The table of commands is put together without any library that takes long."""
        done, loaded = run(["--help"], HEAVY)
        assert (done.returncode, loaded) == (0, [])
        assert all(name in done.stdout for name in COMMANDS)

    def test_of_a_command_loads_nothing_heavy(self):
        """Commands import what they need when they run."""
        done, loaded = run(["run", "--help"], HEAVY)
        assert (done.returncode, loaded) == (0, [])

    @pytest.mark.parametrize("command", [*COMMANDS, "store", "store ls", "store prune"])
    def test_every_command_explains_itself(self, xlt, command):
        """Each has a help with a usage line."""
        said = xlt(*command.split(), "--help")
        assert said.code == 0
        assert said.out.startswith(f"Usage: xlt {command}")

    @pytest.mark.parametrize("command", ["", *COMMANDS, "store", "store ls", "store prune"])
    def test_a_study_is_optunas(self, xlt, command):
        """What a user writes and runs is a sweep; Optuna's record of its trials is named so."""
        said = " ".join(xlt(*command.split(), "--help").out.split())
        assert not re.findall(r"(?<!Optuna's )\bstud(?:y|ies)\b", said)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_the_list_of_commands_cuts_no_sentence(self, xlt, command):
        """A command's first sentence fits its line."""
        (line,) = [one for one in xlt("--help").out.splitlines() if one.startswith(f"  {command} ")]
        assert not line.endswith("...")

    def test_without_a_command(self, xlt):
        """Just `xlt` shows the help."""
        assert xlt().out == xlt("--help").out


class TestReaders:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["tasks", "--json"],
            ["languages", "--json"],
            ["models", "--json"],
            ["status", "--json"],
            ["status", "made"],
            ["results", "made", "--json"],
            ["store", "ls"],
            ["logs", "made"],
        ],
        ids=" ".join,
    )
    def test_load_only_what_they_need(self, made, arguments):
        """Looking at a sweep waits for no library that only running it needs."""
        done, loaded = run(arguments, HEAVY_FOR_READERS)
        assert (done.returncode, loaded) == (0, []), done.stderr
