"""Where Ray's files lie on machines with long, missing or forbidden temporary folders."""

from __future__ import annotations

import os
import shutil

import pytest

from sweeps.execution import scratch
from xlt_core.vocabulary.errors import UserMistake


@pytest.fixture(autouse=True)
def without_variables(monkeypatch):
    for name in ("RAY_TMPDIR", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)


class TestRayFolder:
    @pytest.mark.parametrize("given", ["", "/tmp", "/tmp/not-there-yet"])
    def test_its_own_choice_where_that_will_do(self, monkeypatch, given):
        """Nothing is told to Ray that it would not do anyway."""
        if given:
            monkeypatch.setenv("TMPDIR", given)
        assert scratch.ray_folder() is None

    @pytest.mark.parametrize("variable", ["TMPDIR", "RAY_TMPDIR"])
    @pytest.mark.parametrize("name", ["x" * 45, "x" * 140, "x" * 1000, "日" * 30])
    def test_another_where_sockets_have_no_room(self, monkeypatch, variable, name):
        """Bytes are counted, not signs."""
        monkeypatch.setenv(variable, f"/tmp/{name}")
        found = scratch.ray_folder()
        assert found is not None
        assert len(os.fsencode(found)) <= scratch.LONGEST_FOLDER

    def test_another_where_the_own_is_a_file(self, tmp_path, monkeypatch):
        (tmp_path / "file").touch()
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TMPDIR", str(tmp_path / "file"))
        monkeypatch.setattr(scratch, "LONGEST_FOLDER", 1000)
        assert scratch.ray_folder() is not None

    def test_a_path_from_here_is_made_whole(self, tmp_path, monkeypatch):
        """Ray's processes have folders of their own."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TMPDIR", "t")
        monkeypatch.setattr(scratch, "LONGEST_FOLDER", 1000)
        assert scratch.ray_folder() == str(tmp_path / "t" / "ray")

    def test_another_where_the_own_is_full(self, tmp_path, monkeypatch):
        """What Ray says of it comes late, and is a traceback."""
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr(scratch, "LONGEST_FOLDER", 1000)
        monkeypatch.setattr(scratch, "OTHERS", ("/tmp",))
        assert scratch.ray_folder() is None
        left = shutil.disk_usage("/tmp").free
        monkeypatch.setattr(scratch, "ROOM_BYTES", left * 2)
        with pytest.raises(UserMistake, match="it is full"):
            scratch.ray_folder()

    def test_nowhere_is_a_mistake(self, monkeypatch):
        """Said with what to set."""
        monkeypatch.setenv("TMPDIR", "/tmp/" + "x" * 200)
        monkeypatch.setattr(scratch, "OTHERS", ("/dev/null",))
        with pytest.raises(UserMistake, match="set TMPDIR"):
            scratch.ray_folder()


class TestObjectFolder:
    def test_shared_memory_where_there_is_any(self, tmp_path, monkeypatch):
        monkeypatch.setattr(scratch, "SHARED_MEMORY", str(tmp_path))
        assert scratch.object_folder() is None

    def test_the_temporary_folder_where_there_is_none(self, tmp_path, monkeypatch):
        monkeypatch.setattr(scratch, "SHARED_MEMORY", str(tmp_path / "none"))
        assert scratch.object_folder() == "/tmp"
