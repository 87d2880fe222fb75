"""Results written to a file: the whole of them, where the user said, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


class TestOutput:
    def test_output_file(self, made, xlt, tmp_path):
        """To a file what would have been printed."""
        file = tmp_path / "file"
        for arguments in ([], ["--json"]):
            printed = xlt("results", "made", *arguments).out.splitlines()
            said = xlt("results", "made", *arguments, "--output", str(file))
            assert (said.code, said.out) == (0, "")
            assert file.read_text().splitlines() == [line.rstrip() for line in printed]

    @pytest.mark.parametrize("options", [[], ["--json"]])
    def test_output_into_a_folder_that_is_not_there(self, made, xlt, tmp_path, options):
        """A mistyped path makes no folder."""
        for short in ("--output", "-o"):
            said = xlt("results", "made", *options, short, str(tmp_path / "nope" / "deep" / "x"))
            assert (said.code, said.out) == (2, "")
            assert f"there is no folder {tmp_path / 'nope' / 'deep'}" in said.err
        assert not list(tmp_path.iterdir())

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_output_is_whole_or_not_there(self, made, xlt, tmp_path, monkeypatch):
        """A disk that fills up leaves what stood there; nothing else is left beside it."""
        file = tmp_path / "found.txt"
        file.write_text("before")
        file.chmod(0o640)
        half = tmp_path / f".found.txt.{os.getpid()}"
        half.symlink_to("/dev/full")
        said = xlt("results", "made", "-o", str(file))
        assert said.code == 2 and "No space left" in said.err
        assert (file.read_text(), list(tmp_path.iterdir())) == ("before", [file])
        assert xlt("results", "made", "-o", str(file)).code == 0
        assert "Best plans" in file.read_text()
        assert (file.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o640, [file])

    def test_output_through_a_link_or_a_device(self, made, xlt, tmp_path):
        """Neither is replaced by a file."""
        file, link = tmp_path / "file", tmp_path / "link"
        link.symlink_to(file)
        assert xlt("results", "made", "-o", str(link)).code == 0
        assert link.is_symlink() and "Best plans" in file.read_text()
        assert xlt("results", "made", "-o", os.devnull).code == 0
        assert not Path(os.devnull).is_file()

    def test_output_that_cannot_be_written(self, made, xlt, tmp_path):
        """A folder is no file."""
        said = xlt("results", "made", "--output", str(tmp_path))
        assert said.code == 2
        assert "--output" in said.err
