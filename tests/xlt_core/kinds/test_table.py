"""The table of kinds of task: every task's kind is in it, and what is not is an error."""

from __future__ import annotations

import subprocess
import sys

import pytest

from xlt_core.kinds import KINDS, TaskKind, get_kind
from xlt_core.tasks import all_tasks

EACH = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def test_every_task_has_a_kind_of_the_table() -> None:
    """And every kind has a task, or nobody would notice that it does not work."""
    assert {task.kind for task in all_tasks()} == set(KINDS)


@pytest.mark.parametrize("name", ["", "Span", "spam", "CLASSIFICATION"])
def test_another_name_is_an_error(name: str) -> None:
    """Nothing falls back to a kind that happens to stand last."""
    with pytest.raises(ValueError, match="no kind of task"):
        get_kind(name)


@EACH
def test_a_kind_is_found_by_its_name(kind: TaskKind) -> None:
    """As caches and stages write it."""
    assert get_kind(kind.name) is kind
    assert kind.version >= 1


@EACH
def test_planning_needs_no_torch(kind: TaskKind) -> None:
    """All of a kind but its `learning` comes without."""
    code = f"import sys; from xlt_core.kinds import get_kind; get_kind({kind.name!r})"
    code += "; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
