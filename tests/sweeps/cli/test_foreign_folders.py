"""A folder that something else lies in is not written in: it is refused before anything is made."""

from __future__ import annotations

import uuid

import fsspec
import pytest

from sweeps.spec.paths import OWN, PREPARED, SPEC

# Whatever a driver may leave that was killed as it began; more there is where a sweep is.
LEFT = [name for name in OWN if name not in (SPEC, PREPARED)]
COMMANDS = ("plan", "run")
DATABASES = ("--set", "tracking=http://127.0.0.1:1", "--set", "storage=sqlite:///study.db")


def place(kind, folder):
    """A folder here or at a URL, and what names it on a command line."""
    if kind == "local":
        return f"{folder}/taken", ["--folder", f"{folder}/taken"]
    url = f"memory://{uuid.uuid4().hex}/taken"
    return url, ["--folder", url, *DATABASES]


def put(url, name, text="mine"):
    system, root = fsspec.core.url_to_fs(url)
    system.makedirs(root, exist_ok=True)
    system.pipe_file(f"{root}/{name}", text.encode())


class TestForeignFolders:
    @pytest.mark.parametrize("kind", ["local", "memory"])
    @pytest.mark.parametrize("command", COMMANDS)
    def test_what_is_there_is_said_and_stays_alone(self, make, xlt, tmp_path, kind, command):
        """One screen, exit code 2; nothing of ours beside it."""
        made = make()
        url, words = place(kind, tmp_path)
        put(url, "thesis.tex")
        said = xlt(command, str(made.spec), *words)
        assert (said.code, said.out) == (2, "")
        assert "it holds thesis.tex" in said.err
        assert f"new or empty folder, as --folder {url}/made" in said.err
        assert len(said.err.splitlines()) == 2
        system, root = fsspec.core.url_to_fs(url)
        assert [name.rpartition("/")[2] for name in system.ls(root, detail=False)] == ["thesis.tex"]

    @pytest.mark.parametrize("command", COMMANDS)
    def test_its_usual_folder_is_no_exception(self, make, xlt, command):
        """A sweep may be called as something under the runs folder is."""
        made = make()
        (made.folder.runs / "papers").mkdir()
        (made.folder.runs / "papers" / "one.pdf").touch()
        said = xlt(command, str(made.spec), "--set", "name=papers")
        assert said.code == 2 and "it holds one.pdf" in said.err

    @pytest.mark.parametrize("kind", ["local", "memory"])
    @pytest.mark.parametrize("name", [None, ".gitkeep", *LEFT])
    def test_empty_or_left_by_a_start_is_fine(self, make, xlt, tmp_path, kind, name):
        """Or missing."""
        made = make()
        url, words = place(kind, tmp_path)
        if name:
            put(url, name, "")
        said = xlt("plan", str(made.spec), *words, "--set", f"storage=sqlite:///{tmp_path}/s.db")
        assert (said.code, said.err) == (0, "")

    def test_a_sweep_with_a_friend_goes_on(self, make, xlt):
        """What somebody put beside a sweep's own files is none of our business."""
        made = make()
        made.begin()
        (made.folder.path / "notes.txt").touch()
        said = xlt("plan", str(made.spec))
        assert said.code == 0 and "made has begun" in said.out

    def test_many_names_stay_on_one_screen(self, make, xlt, tmp_path):
        """The first ones, and how many more."""
        made = make()
        url, words = place("local", tmp_path)
        for number in range(300):
            put(url, f"page-{number:03}")
        said = xlt("run", str(made.spec), *words)
        assert "page-007 and 292 more" in said.err and len(said.err.splitlines()) <= 24
