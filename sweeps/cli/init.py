"""`xlt init`: a spec to start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweeps.cli.faults import say
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.spec.starter import Wish

SCHEMA_FILE = "xlt.schema.json"


def init(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The sweep's name; its spec is NAME.yaml.")
    ],
    targets: Annotated[
        str, typer.Option("--targets", metavar="A,B", help="Target tasks, as xnli,udpos.")
    ],
    tasks: Annotated[
        str,
        typer.Option(
            "--tasks",
            metavar="A,B",
            help="Intermediate tasks to choose from, as mnli,qqp+squad,panx[ru].",
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option("--data", help="hub, lab, or a folder; default hub, or lab for its tasks."),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", help="A hub id or a folder; default the spec's, see xlt fields."),
    ] = None,
) -> None:
    """Write a commented spec to start from.

    It holds a line for each thing that a sweep is made of, with what it is for, and further fields
    at their defaults, commented out. `xlt tasks` lists the names. Where xlt.schema.json lies beside
    it (`xlt fields --schema > xlt.schema.json`), editors are told of it.
    """
    from sweeps.spec.defaults import LAB_ENCODER, SMALL_LAB_ENCODER
    from sweeps.spec.starter import Wish, starter
    from xlt_core.lab.small.tasks import TASKS as SMALL

    schema = SCHEMA_FILE if Path(SCHEMA_FILE).is_file() else ""
    wish = Wish(name.removesuffix(".yaml"), listed(targets), listed(tasks), data, encoder, schema)
    mistakes = list(mistakes_of(wish))
    if mistakes:
        raise UserMistake(mistakes)
    wish = with_data(wish)
    if wish.encoder is None and wish.data == "lab":
        is_small = {*wish.targets, *wish.tasks} & {task.name for task in SMALL}
        wish = replace(wish, encoder=SMALL_LAB_ENCODER if is_small else LAB_ENCODER)
    path = Path(f"{wish.name}.yaml")
    write_new(path, starter(wish))
    say(f"wrote {path}; `xlt plan {path}` says what it would do")


def listed(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises UserMistake where it is."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        remedy = "take another name, or move it away first"
        raise UserMistake(Mistake(str(path), "is there already", remedy)) from None


def with_data(wish: Wish) -> Wish:
    """The wish with a source that has all its tasks.

    Raises:
        UserMistake: it names one that has not, or none has, or only a folder, which nobody knows.
    """
    from sweeps.spec.parsers import read_folder_or_word
    from sweeps.spec.sources import common, kind_of, lacking, needed
    from xlt_core.vocabulary.plan import Step

    members = [member.task for text in wish.tasks for member in Step.parse(text).members]
    tasks = needed(wish.targets, members)
    if wish.data is not None:
        source = kind_of(read_folder_or_word(wish.data))
        wrong = [Mistake("--data", what, remedy) for _, what, remedy in lacking(source, tasks)]
        if wrong:
            raise UserMistake(wrong)
        return wish
    there = common(tasks)
    if "hub" in there or "lab" in there:
        return wish if "hub" in there else replace(wish, data="lab")
    without = list(lacking("hub", tasks))
    if there:
        names = ", ".join(task for task, _, _ in without)
        remedy = "give --data FOLDER, with a folder a task (`xlt tasks --json` has the files)"
        raise UserMistake(Mistake("--data", f"only a folder may have {names}", remedy))
    raise UserMistake(
        [Mistake("--data", f"no one source has all tasks: {what}", how) for _, what, how in without]
    )


def mistakes_of(wish: Wish) -> Iterator[Mistake]:
    """What a spec that said so would be told, each with the argument it is about."""
    from sweeps.spec.parsers import (
        read_encoder,
        read_folder_or_word,
        read_name,
        read_step,
        read_target,
    )

    told: tuple[tuple[str, Callable[[object], object], Sequence[str | None]], ...] = (
        ("NAME", read_name, [wish.name]),
        ("--targets", read_target, wish.targets or [""]),
        ("--tasks", read_step, wish.tasks or [""]),
        ("--data", read_folder_or_word, [wish.data]),
        ("--encoder", read_encoder, [wish.encoder]),
    )
    for where, read, values in told:
        found: list[object] = []
        for value in values:
            try:
                if value is not None:
                    found.append(read(value))
            except UserMistake as error:
                yield from (replace(mistake, where=where) for mistake in error.mistakes)
        if any(one in found[:at] for at, one in enumerate(found)):  # `a+b` and `b+a` are one
            yield Mistake(where, "names one twice", "name each once")
