"""`xlt lab`: a generated world as a folder of data, which a spec plans on."""

from __future__ import annotations

from pathlib import Path


def test_a_spec_reads_what_it_writes(xlt, tmp_path: Path, monkeypatch):
    """By `data: {folder: …}`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLT_RUNS", str(tmp_path / "runs"))
    done = xlt("lab", "--out", "world", "--world", "seed=3,rows=20")
    assert done.code == 0, done.err
    assert "data: {folder: world}" in done.err
    spec = "encoder: lab-small\ndata: {folder: world}\ntargets: [lab-entail]\n"
    spec += "intermediate: {tasks: [lab-mood]}\n"
    (tmp_path / "one.yaml").write_text(spec)
    planned = xlt("plan", "one.yaml")
    assert planned.code == 0, planned.err
    assert "lab-mood" in planned.out + planned.err


def test_a_world_that_is_none_is_the_users_mistake(xlt, tmp_path: Path):
    """With the dials there are, and nothing is written."""
    done = xlt("lab", "--out", str(tmp_path / "world"), "--world", "sead=3")
    assert done.code == 2
    assert "write seed=3" in done.err
    assert not (tmp_path / "world").exists()
