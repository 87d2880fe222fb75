"""What the README shows works."""

from __future__ import annotations

import re
from pathlib import Path

from sweeps.cli.commands import COMMANDS
from sweeps.spec.read import read_spec

README = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")


def test_the_sweep_reads(tmp_path):
    """Ten lines of YAML are a whole sweep."""
    (block,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    assert len(block.splitlines()) <= 11
    (tmp_path / "first.yaml").write_text(block)
    sweep = read_spec(tmp_path / "first.yaml")
    assert [target.task for target in sweep.targets] == ["xnli", "udpos"]


def test_its_python_runs(made):
    """On a sweep that is there: running one is another test's."""
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names = {}
    exec(block.replace('sweeps.run("first.yaml")', 'sweeps.load("made")'), names)
    assert names["first"].status()["state"] == "finished"
    assert set(names["scores"].split) == {"test"}


def test_every_command_it_names_is_there():
    """No command is promised that is missing."""
    named = set(re.findall(r"(?:`|/bin/)xlt ([a-z]+)", README))
    assert "report" in named and named <= set(COMMANDS)


def test_what_a_user_writes_and_runs_is_a_sweep():
    """A study is Optuna's record of it, and said to be; or one of the five that are planned."""
    assert set(re.findall(r"(\S+) \W*stud(?:y|ies)\b", README)) == {"Optuna's", "planned"}


def test_it_is_read_in_under_five_minutes():
    """About two hundred words a minute."""
    assert len(README.split()) < 1000
