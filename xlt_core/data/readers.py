"""Files → raw fields → `shape`: `read_examples` picks the reader of the task's form.

Neighbours: `table_reader` and `tag_reader` (tab-separated), `squad_reader`; lines of JSON are read
here. Files are UTF-8; a byte-order mark and CR LF line ends are accepted. Lines end at LF alone:
texts hold characters that `str.splitlines` would take for line ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from xlt_core.data.questions import Questions, unknown_question
from xlt_core.data.squad_reader import read_squad
from xlt_core.data.table_reader import read_table
from xlt_core.data.tag_reader import read_tags
from xlt_core.kinds import shaper_of
from xlt_core.kinds.example import Example
from xlt_core.kinds.faults import Faults, TooManyFaults
from xlt_core.kinds.shaping import Shaper
from xlt_core.tasks.layout import (
    ChoiceForm,
    CopaForm,
    ParallelForm,
    SquadForm,
    TableForm,
    TagForm,
    TextForm,
)
from xlt_core.tasks.task import Task


def read_examples(
    path: Path, shown: str, task: Task, questions: Questions, beside: Path | None = None
) -> list[Example]:
    """Read the file at `path`; mistakes call it `shown`.

    Args:
        beside: the file that holds the other half of every row, where the task's form has one.

    Raises:
        UserMistake: up to five faults of the file, each with its line and a remedy.
    """
    faults = Faults(shown)
    shaper = shaper_of(task, faults)
    try:
        text = read_text(path, faults)
        _reader(task, questions, beside)(text, shaper)
    except TooManyFaults:
        faults.raise_found()
    return shaper.finish()


def read_text(path: Path, faults: Faults) -> str:
    """The whole file as text. Raises TooManyFaults where it is no UTF-8 or holds NUL."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise faults.fatal(
            _line_at(data, error.start),
            "is not UTF-8",
            "convert it: iconv -f <its encoding> -t UTF-8",
        ) from None
    nul = data.find(b"\0")
    if nul >= 0:
        raise faults.fatal(
            _line_at(data, nul),
            "holds a NUL byte",
            "UTF-16 reads so (convert it: iconv -f UTF-16 -t UTF-8), and files damaged by a crash",
        )
    return text.replace("\r\n", "\n") if "\r\n" in text else text


def _line_at(data: bytes, place: int) -> str:
    return f"line {data.count(10, 0, place) + 1}"


def read_questions(path: Path, shown: str, task: Task) -> dict[str, str]:
    """XCOPA's idx → cause or effect; other fields are not looked at.

    Raises:
        UserMistake: up to five faults of the file.
    """
    faults = Faults(shown)
    found: dict[str, str] = {}
    try:
        for row, line in _rows(read_text(path, faults)):
            data = _object(faults, row, line, {"idx": int, "question": str})
            if data is None:
                continue
            question = data["question"].strip().casefold()
            if question not in task.questions:
                faults.add(row, f"question is {question!r}", f"write {' or '.join(task.questions)}")
            elif found.setdefault(str(data["idx"]), question) != question:
                faults.add(row, f"idx {data['idx']} stands twice, with both", "remove one of them")
    except TooManyFaults:
        pass
    faults.raise_found()
    return found


def _reader(task: Task, questions: Questions, beside: Path | None) -> Callable[[str, Shaper], None]:
    form = None if task.folder is None else task.folder.form
    match form:
        case TableForm():
            return lambda text, shaper: read_table(text, shaper, form)
        case TagForm():
            return read_tags
        case ChoiceForm():
            return lambda text, shaper: _read_choices(text, shaper, form)
        case CopaForm():
            return lambda text, shaper: _read_copa(text, shaper, form, questions)
        case SquadForm():
            return read_squad
        case ParallelForm() if beside is not None:
            return lambda text, shaper: _read_parallel(text, shaper, beside)
        case TextForm():
            return lambda text, shaper: _read_texts(text, shaper, form)
    raise TypeError(f"{task.name} has no form the folder source knows: {form!r}")


def _rows(text: str) -> Iterator[tuple[str, str]]:
    """Non-blank lines with their place."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number}", line


def _read_choices(text: str, shaper: Shaper, form: ChoiceForm) -> None:
    fields = {"context": str, "question": str, "choices": list, "label": int}
    for row, line in _rows(text):
        data = _object(shaper.faults, row, line, fields)
        if data is None:
            continue
        choices = data["choices"]
        if len(choices) != form.choices or not all(isinstance(c, str) for c in choices):
            shaper.faults.add(
                row,
                f"has {len(choices)} choices instead of {form.choices}",
                f"choices is a list of {form.choices} texts",
            )
            continue
        key = str(data.get("id", row.removeprefix("line ")))
        asked = {"context": data["context"], "question": data["question"]}
        shaper.add(row, key, **asked, choices=choices, label=data["label"])


def _read_beside(path: Path) -> str:
    """The other file of a pair, whose faults are its own."""
    faults = Faults(str(path))
    try:
        return read_text(path, faults)
    except TooManyFaults:
        faults.raise_found()
        raise


def _read_parallel(text: str, shaper: Shaper, beside: Path) -> None:
    """Line by line with the English file; a blank line is a row that lacks its sentence."""
    sentences = text.removesuffix("\n").split("\n")
    english = _read_beside(beside).removesuffix("\n").split("\n")
    if len(sentences) != len(english):
        what = f"has {len(sentences)} lines, and {beside.name} has {len(english)}"
        raise shaper.faults.fatal("", what, "line n of both is a pair: copy both files anew")
    for number, (sentence, translation) in enumerate(zip(sentences, english, strict=True), 1):
        shaper.add(f"line {number}", str(number), sentence=sentence, english=translation)


def _read_texts(text: str, shaper: Shaper, form: TextForm) -> None:
    names = ("English", "translation") if form.translated else ("text",)
    for row, line in _rows(text):
        texts = line.split("\t") if form.translated else [line]
        if len(texts) != len(names):
            what = f"has {len(texts) - 1} tabs instead of one"
            shaper.faults.add(row, what, "write an English text, a tab, and its translation")
            continue
        named = dict(zip(names, texts, strict=True))
        shaper.add(row, row.removeprefix("line "), texts=named)


_COPA_FIELDS = {
    "premise": str,
    "choice1": str,
    "choice2": str,
    "question": str,
    "label": int,
    "idx": int,
}


def _read_copa(text: str, shaper: Shaper, form: CopaForm, questions: Questions) -> None:
    for row, line in _rows(text):
        data = _object(shaper.faults, row, line, _COPA_FIELDS)
        if data is None:
            continue
        key = str(data["idx"])
        question = questions.of(key, data["question"])
        if question is None:
            shaper.faults.add(row, *unknown_question(key, form.question_from))
            continue
        choices = (data["choice1"], data["choice2"])
        asked = {"context": data["premise"], "question": question}
        shaper.add(row, key, **asked, choices=choices, label=data["label"])


def _object(faults: Faults, row: str, line: str, fields: dict[str, type]) -> dict[str, Any] | None:
    """The JSON object on a line if it has all fields, else None after a fault is noted."""
    expected = f"expected one JSON object a line with {', '.join(fields)}"
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        faults.add(row, f"is not JSON ({error})", expected)
        return None
    if not isinstance(data, dict):
        faults.add(row, "is not a JSON object", expected)
        return None
    for name, kind in fields.items():
        if name not in data:
            faults.add(row, f"has no field {name}", expected)
            return None
        if type(data[name]) is not kind:
            shown = f"{name} is {json.dumps(data[name], ensure_ascii=False)[:40]}"
            faults.add(row, shown, f"{name} is {_named(kind)}")
            return None
    return data


def _named(kind: type) -> str:
    return {str: "a text", int: "a whole number", list: "a list of texts"}[kind]
