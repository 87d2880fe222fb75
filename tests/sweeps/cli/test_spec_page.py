"""docs/spec.md is what the schema says, and what it shows works."""

from __future__ import annotations

import re

import pytest

from sweeps.cli.commands import COMMANDS
from sweeps.spec.fields import every_field
from sweeps.spec.schema import spec_schema
from sweeps.spec.source_map import parse_value
from tests.repository import ROOT
from xlt_core.tasks import all_tasks

PAGE = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
HEAD, _, FIELDS = PAGE.partition("<!-- xlt fields --markdown -->\n")


def test_the_fields_are_current(xlt) -> None:
    """`make docs` writes them anew."""
    assert xlt("fields", "--markdown").out == FIELDS


@pytest.mark.parametrize("field", every_field(), ids=lambda one: one.path)
def test_every_field_stands_there(field) -> None:
    """Under its section, or under the one that its section is as."""
    section, _, name = field.path.rpartition(".")
    title = f"### `{section}`" if section else "### At the top"
    (text,) = re.findall(rf"^{re.escape(title)}\n\n(.*?)(?=\n\n###|\Z)", FIELDS, re.M | re.S)
    if like := re.match(r"As `(.*?)`", text):
        (text,) = re.findall(rf"### `{re.escape(like[1])}`\n\n(.*?)(?=\n\n###|\Z)", FIELDS, re.S)
    assert f"| `{name}` | " in text


def test_rows_of_a_section_alone(xlt) -> None:
    """As the list, for a part of it."""
    said = xlt("fields", "search", "--markdown").out
    assert "| `trials` |" in said and "| `targets` |" not in said


def test_the_schema_is_printed_whole(xlt) -> None:
    """As JSON, which is YAML; with the tasks there are."""
    said = xlt("fields", "--schema")
    assert parse_value(said.out) == spec_schema()
    assert all(task.name in said.out for task in all_tasks())


def test_the_commands_it_names_are_there() -> None:
    """And it names some."""
    named = set(re.findall(r"(?:`|^)xlt ([a-z]+)", HEAD, re.M))
    assert {"init", "plan", "run", "fields"} <= named <= set(COMMANDS)
