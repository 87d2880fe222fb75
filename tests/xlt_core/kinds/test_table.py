"""The table of kinds of task: every task's kind is in it, and what is not is an error."""

from __future__ import annotations

import pytest

from xlt_core.kinds import KINDS, get_kind
from xlt_core.tasks import all_tasks


def test_every_task_has_a_kind_of_the_table() -> None:
    """And every kind has a task, or nobody would notice that it does not work."""
    assert {task.kind for task in all_tasks()} == set(KINDS)


@pytest.mark.parametrize("name", ["", "Span", "spam", "CLASSIFICATION"])
def test_another_name_is_an_error(name: str) -> None:
    """Nothing falls back to a kind that happens to stand last."""
    with pytest.raises(ValueError, match="no kind of task"):
        get_kind(name)
