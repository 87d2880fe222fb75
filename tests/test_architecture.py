"""ARCHITECTURE.md is kept true: what it names exists, and its layers are the import contracts'."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"\b(?:xlt_core|sweeps)(?:\.\w+)+", PAGE)))


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
