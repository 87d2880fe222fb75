"""Odd terminals and machines: a command works, or ends with one screen, never with a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sweeps.cli.faults import MISTAKE, PIPE
from sweeps.spec.paths import runs_folder
from xlt_core.vocabulary.errors import first_line

XLT = str(Path(sys.executable).parent / "xlt")
LISTINGS = [("tasks",), ("languages",), ("models",), ("tasks", "--json"), ("--help",)]


def words_of(value: tuple[str, ...]) -> str:
    return " ".join(value)


@pytest.mark.parametrize("words", LISTINGS, ids=words_of)
class TestTerminals:
    def test_a_reader_that_has_enough(self, tmp_path: Path, words: tuple[str, ...]) -> None:
        """As `head` has: not 1, which means failed trials, and not a word on stderr."""
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run([XLT, *words], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        assert done.returncode in (0, PIPE)
        assert done.stderr == b""

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
    def test_any_encoding(self, tmp_path: Path, words: tuple[str, ...], encoding: str) -> None:
        """What a terminal cannot show, it shows as a number."""
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run([XLT, *words], cwd=tmp_path, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode(encoding)


def test_a_port_in_use_is_a_mistake(tmp_path: Path) -> None:
    """MLflow's own server ends with 0 there, as if all were well."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mlflow.db").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [XLT, "ui", "--port", port], cwd=tmp_path, capture_output=True, text=True
        )
    assert done.returncode == MISTAKE
    assert f"--port {port}" in done.stderr


def test_home_is_understood_in_the_runs_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """No shell has read a variable that a file of settings sets."""
    monkeypatch.setenv("XLT_RUNS", "~/somewhere")
    assert runs_folder() == Path.home() / "somewhere"


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_error_without_a_word_has_a_first_line(text: str) -> None:
    """Its class."""
    assert first_line(OSError(text)) == "OSError"
