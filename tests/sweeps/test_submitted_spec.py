"""The spec that travels to a cluster reads there, in another folder, as it reads here."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sweeps.interface.submitting import _flat
from sweeps.spec.read import read_spec

REST = """
name: one
intermediate: {tasks: [mnli], count: 0..1}
targets: [sib200]
"""


@pytest.mark.parametrize("data", ["data: data", "data: {folder: data}", "data: hub"])
@pytest.mark.parametrize("encoder", ["encoder: ./small", "encoder: {choice: [./small, ./other]}"])
def test_folders_are_the_same_ones_from_anywhere(tmp_path: Path, data: str, encoder: str) -> None:
    """Data and encoders, however they were written."""
    here, there = tmp_path / "here", tmp_path / "there"
    for name in ("data", "small", "other"):
        (here / name).mkdir(parents=True)
    there.mkdir()
    (here / "one.yaml").write_text(f"{data}\n{encoder}{REST}")
    sweep = read_spec(here / "one.yaml", [])
    (there / "spec.yaml").write_text(yaml.safe_dump(_flat(sweep)))
    again = read_spec(there / "spec.yaml", [])
    assert (again.data, again.encoder) == (sweep.data, sweep.encoder)
