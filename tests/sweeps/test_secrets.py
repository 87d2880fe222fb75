"""Passwords in a spec's addresses work, and stand nowhere afterwards; nor does an odd folder hurt.

Nor do files of a user's own called like modules, or a temporary folder too deep for sockets.

The study on a real PostgreSQL server, MLflow's server out of reach: so that whatever waits, logs or
refuses has a password to show. Searched: every file made, both databases, the output, and the
titles of all processes while the sweep runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

STORAGE, TRACKING = "canaryOfTheStudy", "canaryOfTheRuns"
FOLDER = "q?mark #1 100%25 it's"
SPEC = """\
name: hidden
encoder: lab-small
data: lab
intermediate: {{tasks: [lab-pairs], count: 0..1}}
targets: [lab-nli]
languages: [en]
seeds: 1
recipe:
  train: {{steps: {steps}, batch_size: 16}}
  target: {{steps: 5, batch_size: 16}}
search: {{method: grid}}
execution: {{workers: 1, concurrency: 1}}
storage: {storage}
tracking: http://me:{tracking}@127.0.0.1:9/
"""


# Files of a user's own, called as modules that helpers and workers import.
MODULES = ("queue", "random", "datasets", "tokenizers", "mlflow", "statistics")


def environment(home: Path) -> dict[str, str]:
    """This process's, without the variables asked for, and with a temporary folder far down."""
    names = {"XLT_STORAGE_PASSWORD", "XLT_TRACKING_PASSWORD"}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    deep = home.parent / ("deep" * 30)
    deep.mkdir(exist_ok=True)
    return {**kept, "TMPDIR": str(deep)}


def xlt(home: Path, *words: str, **secrets: str) -> tuple[int, str]:
    """Exit code and output of a command; fails where a process shows a password meanwhile."""
    command = [str(Path(sys.executable).parent / "xlt"), *words]
    with subprocess.Popen(
        command,
        cwd=home,
        env={**environment(home), **secrets},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        said = ""
        for line in running.stdout:  # processes come and go with what is said
            said += line
            assert not shown_by_processes()
    return running.returncode, said


def shown_by_processes() -> list[str]:
    titles = [" ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"])]
    return [title for title in titles if STORAGE in title or TRACKING in title]


def files_that_show(folder: Path) -> list[Path]:
    canaries = STORAGE.encode(), TRACKING.encode()
    found = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if any(each in path.read_bytes() for each in canaries)]


@pytest.mark.slow
@pytest.mark.fault
def test_passwords_stand_nowhere(tmp_path: Path, postgresql: str) -> None:
    """A sweep runs with them; without, it says which variable it wants; another is no change."""
    home = tmp_path / FOLDER
    home.mkdir()
    for name in MODULES:
        (home / f"{name}.py").write_text("raise SystemExit('a file of the user was imported')")
    spec = tmp_path / "hidden.yaml"
    storage = postgresql.replace("xlt@", f"xlt:{STORAGE}@")
    spec.write_text(SPEC.format(steps=5, storage=storage, tracking=TRACKING))
    code, said = xlt(home, "run", str(spec))
    assert code == 0, said
    assert "records wait for the tracking server" in said
    told = [said]

    code, answer = xlt(home, "resume", "hidden")
    told.append(answer)
    assert code == 2
    assert "XLT_STORAGE_PASSWORD" in answer

    known = {"XLT_STORAGE_PASSWORD": "another", "XLT_TRACKING_PASSWORD": "another"}
    code, answer = xlt(home, "status", **known)
    told.append(answer)
    assert code == 0, answer

    spec.write_text(SPEC.format(steps=6, storage=storage, tracking=TRACKING))
    code, answer = xlt(home, "run", str(spec))
    told.append(answer)
    assert code == 2, answer
    assert "another spec" in answer

    assert not files_that_show(home)
    assert not any(STORAGE in text or TRACKING in text for text in told)
    assert (home / "runs" / "hidden" / "spec.yaml").is_file()
    assert not (tmp_path / "q").exists()  # where an address cuts a name at its question mark
