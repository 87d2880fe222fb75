"""`xlt store ls|verify|prune`: upkeep of the finished stages."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from sweeps.cli.faults import FAILED_TRIALS, say
from sweeps.cli.options import AsJson, StoreUrl
from sweeps.cli.output import print_json, stderr, stdout
from sweeps.spec.paths import runs_place, within
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from xlt_core.store import Store

_SIZE = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]?i?b?)\s*", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}

app = typer.Typer(help="List, verify or prune finished stages.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """List, verify or prune finished stages."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command("ls")
def ls(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """List the stages, oldest first."""
    found = open_store(store).list()
    if as_json:
        print_json([asdict(stage) for stage in found])
        return
    table = Table("key", "kind", "title")
    for name in ("size", "seconds"):
        table.add_column(name, justify="right")
    table.add_column("finished")
    table.add_column("pinned by")
    for stage in found:
        when = time.strftime("%F %R", time.localtime(stage.finished)) if stage.finished else ""
        table.add_row(
            stage.key[:12],
            stage.kind,
            stage.title,
            size_text(stage.bytes),
            f"{stage.seconds:.1f}",
            when,
            " ".join(stage.sweeps),
        )
    stdout().print(table)
    total = sum(stage.bytes for stage in found)
    say(f"{len(found)} stages, {size_text(total)}")


@app.command("verify")
def verify(
    store: StoreUrl = None,
    repair: Annotated[
        bool, typer.Option("--yes", help="Set damaged stages aside and clear leftovers.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read every byte of every stage. Exit code 1 where some are damaged."""
    from rich.progress import Progress

    with Progress(console=stderr(), transient=True) as bar:
        task = bar.add_task("stages", total=None)
        report = open_store(store).verify(
            repair=repair,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        print_json({**asdict(report), "repaired": repair})
    else:
        for entry in report.damaged:
            print(f"{entry.key}  {entry.reason}")
        print(
            f"{report.checked} stages checked, {len(report.damaged)} damaged, "
            f"{len(report.leftovers)} leftovers of dead processes"
        )
        if (report.damaged or report.leftovers) and not repair:
            say("nothing was changed; --yes sets these aside")
    if report.damaged:
        raise typer.Exit(FAILED_TRIALS)


@app.command("prune")
def prune(
    budget: Annotated[
        str, typer.Option("--budget", metavar="SIZE", help="What may stay, as 10GB or 500MB.")
    ],
    store: StoreUrl = None,
    delete: Annotated[bool, typer.Option("--yes", help="Really delete; else only show.")] = False,
    include_pinned: Annotated[
        bool, typer.Option("--include-pinned", help="Also stages that a sweep still wants.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the store within a budget: least computing time per byte goes first."""
    most = parse_size(budget)
    done = open_store(store).prune(most, include_pinned=include_pinned, dry_run=not delete)
    if as_json:
        print_json({**asdict(done), "deleted": delete})
        return
    for stage in done.stages:
        print(f"{stage.key[:12]}  {size_text(stage.bytes):>9}  {stage.title}")
    verb = "deleted" if delete else "would delete"
    print(
        f"{verb} {len(done.stages)} stages, {size_text(done.freed_bytes)}; "
        f"{size_text(done.kept_bytes)} stay"
    )
    if done.kept_bytes > most:
        why = "in use" if include_pinned else "pinned by a sweep or in use (--include-pinned)"
        say(f"that is over the budget: the rest is {why}")
    if not delete and done.stages:
        say("nothing was deleted; --yes does it")


def open_store(url: str | None) -> Store:
    """The store at `url`, by default the one that sweeps here share. Raises UserMistake."""
    from sweeps.spec.addresses import lent, without_passwords
    from xlt_core.store import Store
    from xlt_core.store.place import is_remote

    if url is None:
        return Store(within(runs_place(), "stages"))
    kept, passwords = without_passwords({"store": url})
    lent(passwords, over=True)
    found = Store(str(kept["store"]))
    if not is_remote(found.url) and not _is_folder(found.url):
        raise UserMistake(
            Mistake(f"--store {url}", "there is no such folder", "name a store that is there")
        )
    return found


def _is_folder(path: str) -> bool:
    from pathlib import Path

    return Path(path).is_dir()


def parse_size(text: str) -> int:
    """Bytes of `10GB`, `1.5 GiB`, `500m`. Powers of 1,000, or of 1,024 with an `i`.

    Raises:
        UserMistake: it is not a size.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise UserMistake(
            Mistake(f"--budget {text}", "is not a size", "write a number and a unit, as 10GB")
        )
    unit = match["unit"].lower()
    base = 1024 if "i" in unit else 1000
    return int(float(match["number"]) * base ** _POWERS[unit.rstrip("b").rstrip("i")])


def size_text(size: int) -> str:
    """Bytes for people, as `1.5 GB` (powers of 1,000)."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
