"""The wheel stands alone: what the command needs is in it, and no clone has to be about.

It is installed as a user's is, into an environment of its own that has the libraries and nothing
else of ours, and asked from an empty folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from sweeps.spec.shipped import shipped_specs
from tests.repository import ROOT

PACKAGES = ("xlt_core", "sweeps")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built from a copy: building leaves folders behind."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for file in filter(Path.is_file, ROOT.iterdir()):
        shutil.copy(file, source)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    done("pip", "wheel", "--no-build-isolation", "--no-deps", "-w", str(made), str(source))
    (found,) = made.glob("xlt-*.whl")
    return found


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, and our libraries: an editable xlt among them is not seen."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, symlinks=True)
    python = str(place / "bin" / "python")
    done("pip", "--python", python, "install", "--no-deps", "--no-index", str(wheel))
    (folder,) = place.glob("lib/python*/site-packages")
    libraries = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (folder / "libraries.pth").write_text("\n".join(libraries))
    return place


def done(*words: str) -> None:
    """Run pip, which would take what an editable install leaves in the clone for the wheel."""
    command = [sys.executable, "-m", *words, "--quiet", "--disable-pip-version-check"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, check=True, env=environment)


def ask(home: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    kept.pop("XLT_RUNS", None)
    words = [str(home / "bin" / command[0]), *command[1:]]
    return subprocess.run(words, cwd=folder, env=kept, capture_output=True, text=True)


def test_it_holds_every_file(wheel: Path) -> None:
    """What lies in the packages, texts and tables as well as modules."""
    held = set(zipfile.ZipFile(wheel).namelist())
    there = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there - held == set()


def test_it_says_whose_it_is(wheel: Path) -> None:
    """Licence and readme are in its metadata."""
    files = zipfile.ZipFile(wheel)
    (about,) = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
    text = files.read(about).decode()
    assert "License-Expression: Apache-2.0" in text and "# xlt" in text
    assert any(name.endswith("licenses/LICENSE") for name in files.namelist())


@pytest.mark.parametrize("words", ["--help", "--version", "tasks", "languages", "models", "fields"])
def test_commands_need_no_clone(home: Path, tmp_path: Path, words: str) -> None:
    """Each answers, by the command and by the module, and leaves nothing in the folder."""
    by_name = ask(home, tmp_path, "xlt", *words.split())
    by_module = ask(home, tmp_path, "python", "-P", "-m", "sweeps", *words.split())
    assert (by_name.returncode, by_name.stdout) == (0, by_module.stdout), by_name.stderr
    assert not list(tmp_path.iterdir())


def test_it_is_the_wheels_own(home: Path, tmp_path: Path) -> None:
    """Neither package is found anywhere else."""
    where = "import sweeps, xlt_core; print(sweeps.__file__, xlt_core.__file__)"
    said = ask(home, tmp_path, "python", "-P", "-c", where)
    assert all(Path(path).is_relative_to(home) for path in said.stdout.split())
    assert len(said.stdout.split()) == 2


@pytest.mark.parametrize("name", shipped_specs())
def test_every_shipped_spec_has_a_name(home: Path, tmp_path: Path, name: str) -> None:
    """It is read wherever one is; which data it lacks there is said with the shipped file."""
    said = ask(home, tmp_path, "python", "-P", "-m", "sweeps", "plan", name)
    assert f"there is no file {name} here: taking {home}" in said.stderr
    assert "there is no such file" not in said.stderr
    if name == "quickstart":
        assert said.returncode == 0 and "trials" in said.stdout, said.stderr


def test_a_shipped_spec_runs(home: Path, tmp_path: Path) -> None:
    """Ray's workers and the one that writes to MLflow are the wheel's too."""
    few = ["intermediate.count=0", "recipe.target.steps=2", "seeds=1", "languages=[en, qaa]"]
    few += ["encoder=lab-skeleton", "execution.workers=1"]
    said = ask(home, tmp_path, "xlt", "run", "quickstart", *(w for f in few for w in ("--set", f)))
    assert said.returncode == 0, said.stderr
    rows = json.loads(ask(home, tmp_path, "xlt", "results", "quickstart", "--json").stdout)
    assert {row["target"] for row in rows} == {"lab-entail"}
    assert (tmp_path / "runs" / "mlflow.db").is_file()
    assert said.stderr.splitlines()[-1] == "report: runs/quickstart/report/report.html"
    page = (tmp_path / "runs" / "quickstart" / "report" / "report.html").read_text()
    assert "no intermediate task; no plan did better." in page
