"""`xlt tasks`: every task that a spec may name."""

from __future__ import annotations

from rich.table import Table

from sweeps.cli.options import AsJson
from sweeps.cli.output import print_json, stdout
from xlt_core.tasks.task import Task


def tasks(as_json: AsJson = False) -> None:
    """List the tasks that a spec may name."""
    from xlt_core.lab.tasks import lab_tasks
    from xlt_core.tasks import all_tasks

    found = (*all_tasks(), *lab_tasks())
    if as_json:
        print_json([as_data(task) for task in found])
        return
    table = Table()
    for name in ("task", "kind", "role", "metric", "languages", "what it is"):
        table.add_column(name, overflow="fold")
    for task in found:
        roles = ", ".join(task.roles)
        table.add_row(task.name, task.kind, roles, task.metric, few(task.languages), task.title)
    stdout().print(table)


def as_data(task: Task) -> dict[str, object]:
    """A task as `xlt tasks --json` prints it."""
    return {
        "name": task.name,
        "kind": task.kind,
        "title": task.title,
        "languages": list(task.languages),
        "roles": list(task.roles),
        "metric": task.metric,
        "trains_on": list(task.training) if task.is_target else [],
        "shares_text_with": dict(task.shares_text_with),
        "source": task.source,
        "defaults": dict(task.defaults),
        "files": None if task.folder is None else dict(task.folder.files),
    }


def few(codes: tuple[str, ...], most: int = 6) -> str:
    """Language codes, or how many there are where they are many."""
    return " ".join(codes) if len(codes) <= most else f"{len(codes)} languages"
