"""docs/statistics.md is kept true: what it names exists, its example runs."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
MODULES = {
    path.stem for path in (ROOT / "sweeps" / "statistics").glob("*.py") if path.stem != "__init__"
}
NAMES = sorted(
    (module, name)
    for module, name in re.findall(r"`(\w+)\.(\w+)", PAGE.partition("## Which question")[2])
    if module != "sweeps"
)


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_function_of_the_table_exists(module, name):
    """In the module that it is said to be in."""
    assert hasattr(importlib.import_module(f"sweeps.statistics.{module}"), name)


def test_the_example_runs(capsys):
    """And prints the sentence that it is about."""
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], {})
    assert capsys.readouterr().out.startswith("With 95 % confidence, for languages like these,")


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_module_says_its_idea_and_imports_nothing_of_ours_above_it(module):
    """Methods name a source and when they are not to be used."""
    text = (ROOT / "sweeps" / "statistics" / f"{module}.py").read_text(encoding="utf-8")
    first = text.split('"""')[1]
    assert set(re.findall(r"^from (sweeps\.\w+)", text, re.MULTILINE)) <= {"sweeps.statistics"}
    if module not in {"cells", "limits", "points"}:
        assert re.search(r"\(\d{4}\)|, \d{4}|\b(1[89]|20)\d\d\b", first), "no source"
        assert re.search(r"\bNot (for|if|where|with|from|by)\b|not for|Neither|\bnever\b", first)
