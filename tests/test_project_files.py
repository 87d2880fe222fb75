"""The files that every project has agree with each other and with what there is."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml

from sweeps.cli.commands import COMMANDS
from tests.repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def test_one_version() -> None:
    """The newest of the changelog is the one that is built and cited."""
    newest = re.findall(r"^## (\d\S*)", CHANGELOG, re.M)[0]
    assert {newest, CITATION["version"]} == {PROJECT["version"]}


def test_one_licence() -> None:
    """The file's, the package's and the citation's."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "Version 2.0" in text
    assert {PROJECT["license"], CITATION["license"]} == {"Apache-2.0"}


def test_the_citation_is_as_its_form_wants() -> None:
    """What Citation File Format 1.2.0 requires."""
    assert CITATION.keys() >= {"cff-version", "message", "title", "authors"}
    assert CITATION["cff-version"] == "1.2.0" and CITATION["authors"]


def test_the_changelog_names_every_command() -> None:
    """A new one is a thing that users notice."""
    assert {*COMMANDS, "store"} <= set(re.findall(r"`(?:xlt )?([a-z]+)\b", CHANGELOG))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page) -> None:
    """Those to files of this repository, and to headings in them."""
    for path, heading in re.findall(r"\]\(((?!http)[^)#]*)(?:#([^)]*))?\)", page.read_text()):
        there = page.parent / path
        assert there.exists(), path
        if heading:
            titles = re.findall(r"^#+ (.*)", there.read_text(), re.M)
            assert heading in {title.lower().replace(" ", "-") for title in titles}


def test_make_has_what_pages_name() -> None:
    """Every target that a page tells of."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    named = {name for page in PAGES for name in re.findall(r"^make (\w+)", page.read_text(), re.M)}
    assert named and named <= targets
