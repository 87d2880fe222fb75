"""A world as a data folder, which the folder source reads back as it is: `xlt lab --out`.

Each task's files are named and built as its `FolderLayout` says. Rows read back equal, so that
fingerprints and scores are the lab's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from xlt_core.lab.source import LabSource
from xlt_core.lab.tasks import GROWN
from xlt_core.lab.world import DIALS, World
from xlt_core.tasks.layout import (
    ChoiceForm,
    FolderLayout,
    ParallelForm,
    SquadForm,
    TableForm,
    TagForm,
)
from xlt_core.tasks.task import SPLITS, Task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.refs import SourceRef

README = "README.md"


def write_world(world: World, folder: Path) -> tuple[int, int]:
    """Write every task of the grown world, and a README, into a new or empty folder.

    Returns:
        How many files of data, and how many rows in all.

    Raises:
        UserMistake: there is something else in the folder, or it cannot be written.
    """
    source = LabSource(SourceRef("lab", world.location))
    files = rows = 0
    try:
        _make_room(folder)
        for name, one in GROWN.items():
            for split in SPLITS:
                for language in source.languages(name, split):
                    examples = source.load(name, language, split)
                    for path, text in _files(one.task, language, split, examples):
                        (folder / name).mkdir(exist_ok=True)
                        (folder / name / path).write_text(text, encoding="utf-8", newline="\n")
                        files += 1
                    rows += len(examples)
        (folder / README).write_text(_readme(world), encoding="utf-8")
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise UserMistake(Mistake(str(folder), what, "name another folder")) from None
    return files, rows


def _make_room(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        what = "holds something already"
        raise UserMistake(Mistake(str(folder), what, "name a new folder, or empty this one"))
    folder.mkdir(parents=True, exist_ok=True)


def _files(
    task: Task, language: str, split: str, examples: Sequence[Any]
) -> Iterable[tuple[str, str]]:
    """Name and content of the files that hold a split."""
    layout = task.folder
    assert isinstance(layout, FolderLayout)  # every task of the grown world has one
    name = layout.files[split].replace("{language}", language)
    if isinstance(layout.form, ParallelForm):
        beside = layout.form.english.replace("{language}", language)
        yield beside, _lines(example.english for example in examples)
        yield name, _lines(example.sentence for example in examples)
        return
    yield name, _WRITERS[type(layout.form)](task, layout.form, examples)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _table(task: Task, form: TableForm, examples: Sequence[Any]) -> str:
    def label(example: Any) -> str:
        return task.labels[example.label] if task.labels else repr(example.value)

    def row(example: Any) -> list[str]:
        texts = [example.first, example.second][: len(form.texts)]
        return [example.id, *texts, label(example)]

    rows = (row(example) for example in examples)
    return _lines("\t".join(row) for row in (list(form.columns), *rows))


def _tags(task: Task, form: TagForm, examples: Sequence[Any]) -> str:
    sentences = (
        _lines(
            f"{word}\t{task.labels[tag]}"
            for word, tag in zip(example.words, example.tags, strict=True)
        )
        for example in examples
    )
    return "\n".join(sentences)


def _choices(task: Task, form: ChoiceForm, examples: Sequence[Any]) -> str:
    return _lines(
        _json(
            {
                "id": example.id,
                "context": example.context,
                "question": example.question,
                "choices": list(example.choices),
                "label": example.label,
            }
        )
        for example in examples
    )


def _squad(task: Task, form: SquadForm, examples: Sequence[Any]) -> str:
    paragraphs = [
        {
            "context": example.context,
            "qas": [
                {
                    "id": example.id,
                    "question": example.question,
                    "answers": [
                        {"text": text, "answer_start": start} for text, start in example.answers
                    ],
                }
            ],
        }
        for example in examples
    ]
    return _json({"data": [{"paragraphs": paragraphs}]}) + "\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_WRITERS: dict[type, Callable[[Task, Any, Sequence[Any]], str]] = {
    TableForm: _table,
    TagForm: _tags,
    ChoiceForm: _choices,
    SquadForm: _squad,
}


def _readme(world: World) -> str:
    tasks = "\n".join(f"* `{name}`: {one.task.title}" for name, one in GROWN.items())
    dials = "\n".join(
        f"* `{name}` {getattr(world, name.replace('-', '_'))}: {meaning}"
        for name, meaning in DIALS.items()
    )
    planted = "Nothing is planted in it: it is a null world.\n\n" if world.null else ""
    return f"""# A generated world

Written by `xlt lab`, seed {world.seed}, {world.rows} rows of a train split. No text in it means
anything outside it; it is there to be measured against, because what is planted in it is known.

{planted}A spec reads it by `data: {{folder: <this folder>}}`, and gets the rows of `data: lab`.
The same world again: `xlt lab --out FOLDER --world "{world.location}"`.

## Tasks

{tasks}

## Dials

{dials}
"""
