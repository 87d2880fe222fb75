"""ARCHITECTURE.md and docs/extending.md are kept true: what they name exists, and the layers are
the import contracts'."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
EXTENDING = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
NAMES = sorted(
    {*re.findall(r"\b(?:xlt_core|sweeps)(?:\.\w+)+", PAGE)}
    | {*re.findall(r"`((?:xlt_core|sweeps)(?:\.\w+)+)`", EXTENDING)}
)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_stands_for_something(name: str) -> None:
    """A package, a module, or what one holds."""
    home, _, last = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        assert hasattr(importlib.import_module(home), last)


def test_the_drawing_is_the_contracts() -> None:
    """Layers in the order, and side by side, as import-linter checks them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = [
        set(re.findall(r"(?:xlt_core|sweeps)\.\w+", line))
        for line in PAGE.split("```")[1].splitlines()
    ]
    for contract in settings["tool"]["importlinter"]["contracts"]:
        if contract["type"] != "layers" or contract["name"].startswith("arrows"):
            continue
        wanted = [
            {re.match(r"\w+\.\w+", part.strip())[0] for part in layer.split("|")}  # type: ignore[index]
            for layer in contract["layers"]
        ]
        assert [layer for layer in layers if layer in wanted] == wanted


def test_every_package_is_drawn() -> None:
    """Nothing of the house is left out of the drawing."""
    for package in ("xlt_core", "sweeps"):
        for path in (ROOT / package).iterdir():
            if (path / "__init__.py").is_file():
                assert f"{package}.{path.name}" in PAGE.split("```")[1], path.name


def test_no_module_needs_itself() -> None:
    """Nothing is imported in a circle, within a package neither; types alone do not count."""
    graph = grimp.build_graph("xlt_core", "sweeps", exclude_type_checking_imports=True)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    order = TopologicalSorter(imported)
    try:
        order.prepare()
    except CycleError as error:
        raise AssertionError(" → ".join(error.args[1])) from None


def test_a_class_has_a_name_of_its_own() -> None:
    """One that stands twice in the tree has to be told apart by everybody who reads it."""
    found = Counter(
        name
        for package in ("xlt_core", "sweeps")
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if not name.startswith("_")
    )
    assert [name for name, count in found.items() if count > 1] == []
