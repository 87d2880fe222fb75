"""Files → raw fields → `shape`. One function a form: table, tags, choices, XCOPA, SQuAD.

Files are UTF-8; a byte-order mark and CR LF line ends are accepted; there is no quoting. Lines end
at LF alone: texts hold characters that `str.splitlines` would take for line ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from xlt_core.data.examples import Example
from xlt_core.data.faults import Faults, TooManyFaults
from xlt_core.data.shape import Shaper
from xlt_core.data.squad_reader import read_squad
from xlt_core.tasks.layout import ChoiceForm, CopaForm, SquadForm, TableForm, TagForm
from xlt_core.tasks.task import Task


def read_examples(path: Path, shown: str, task: Task, questions: dict[int, str]) -> list[Example]:
    """Read the file at `path`; mistakes call it `shown`.

    `questions` is XCOPA's idx → cause or effect, from a language where it is right.

    Raises:
        UserMistake: up to five faults of the file, each with its line and a remedy.
    """
    faults = Faults(shown)
    shaper = Shaper(task, faults)
    try:
        text = read_text(path, faults)
        _reader(task, questions)(text, shaper)
    except TooManyFaults:
        faults.raise_found()
    return shaper.finish()


def read_text(path: Path, faults: Faults) -> str:
    """The whole file as text. Raises TooManyFaults where it is no UTF-8."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise faults.fatal(
            f"line {line}", "is not UTF-8", "convert it: iconv -f <its encoding> -t UTF-8"
        ) from None
    return text.replace("\r\n", "\n") if "\r\n" in text else text


def read_questions(path: Path) -> dict[int, str]:
    """XCOPA's idx → cause or effect. A file at fault gives nothing here: it is read elsewhere."""
    found: dict[int, str] = {}
    try:
        for line in path.read_bytes().decode("utf-8-sig").split("\n"):
            if line.strip():
                row = json.loads(line)
                found[int(row["idx"])] = str(row["question"])
    except (ValueError, KeyError, TypeError):
        return {}
    return found


def _reader(task: Task, questions: dict[int, str]) -> Callable[[str, Shaper], None]:
    form = task.folder.form
    match form:
        case TableForm():
            return lambda text, shaper: _read_table(text, shaper, form)
        case TagForm():
            return _read_tags
        case ChoiceForm():
            return lambda text, shaper: _read_choices(text, shaper, form)
        case CopaForm():
            return lambda text, shaper: _read_copa(text, shaper, questions)
        case SquadForm():
            return lambda text, shaper: read_squad(text, shaper, form)
    raise TypeError(f"{task.name} has no form the folder source knows: {form!r}")


def _rows(text: str) -> Iterator[tuple[str, str]]:
    """Non-blank lines with their place."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number}", line


def _read_table(text: str, shaper: Shaper, form: TableForm) -> None:
    lines = _rows(text)
    columns = form.columns
    width = len(columns)
    if form.header:
        _check_header(next(lines, ("line 1", "")), shaper, columns)
    label_at = columns.index("label")
    key_at = columns.index("id") if "id" in columns else None
    texts_at = [(name, columns.index(name)) for name in form.texts]
    for row, line in lines:
        fields = line.split("\t")
        if len(fields) != width:
            _wrong_width(shaper, row, len(fields), columns)
            continue
        key = row.removeprefix("line ") if key_at is None else fields[key_at]
        label = fields[label_at]
        texts = {name: fields[at] for name, at in texts_at}
        shaper.classification(row, key, texts, form.aliases.get(label, label))


def _check_header(first: tuple[str, str], shaper: Shaper, columns: tuple[str, ...]) -> None:
    row, line = first
    if line and tuple(line.split("\t")) != columns:
        raise shaper.faults.fatal(
            row,
            f"the header is {line[:80]!r}",
            f"expected the columns {' '.join(columns)}, tab-separated",
        )


def _wrong_width(shaper: Shaper, row: str, width: int, columns: tuple[str, ...]) -> None:
    remedy = f"expected {' '.join(columns)}, tab-separated, without quoting"
    if width == len(columns) - 1:
        remedy += "; XTREME's download strips the labels of its test files: put them back"
    shaper.faults.add(row, f"has {width} columns instead of {len(columns)}", remedy)


def _read_tags(text: str, shaper: Shaper) -> None:
    words: list[str] = []
    tags: list[str] = []
    start = 1
    for number, line in enumerate(text.split("\n"), 1):
        if line:
            word, tab, tag = line.partition("\t")
            if not tab or not word or not tag or "\t" in tag:
                shaper.faults.add(
                    f"line {number}",
                    f"is {line[:60]!r}",
                    "expected token<TAB>tag, and an empty line between sentences",
                )
                continue
            if not words:
                start = number
            words.append(word)
            tags.append(tag)
        elif words:
            _add_sentence(shaper, start, words, tags)
            words, tags = [], []
    if words:
        _add_sentence(shaper, start, words, tags)


def _add_sentence(shaper: Shaper, start: int, words: list[str], tags: list[str]) -> None:
    known = shaper.task.labels
    wrong = next((n for n, tag in enumerate(tags) if tag not in known), 0)
    shaper.tags(f"line {start + wrong}", str(len(shaper.examples)), words, tags)


def _read_choices(text: str, shaper: Shaper, form: ChoiceForm) -> None:
    for row, line in _rows(text):
        data = _object(
            shaper, row, line, {"context": str, "question": str, "choices": list, "label": int}
        )
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
        shaper.choice(row, key, data["context"], data["question"], choices, data["label"])


_COPA_FIELDS = {
    "premise": str,
    "choice1": str,
    "choice2": str,
    "question": str,
    "label": int,
    "idx": int,
}


def _read_copa(text: str, shaper: Shaper, questions: dict[int, str]) -> None:
    for row, line in _rows(text):
        data = _object(shaper, row, line, _COPA_FIELDS)
        if data is None:
            continue
        question = questions.get(data["idx"], data["question"])
        if question not in ("cause", "effect"):
            shaper.faults.add(row, f"question is {question!r}", "write cause or effect")
            continue
        choices = (data["choice1"], data["choice2"])
        shaper.choice(row, str(data["idx"]), data["premise"], question, choices, data["label"])


def _object(shaper: Shaper, row: str, line: str, fields: dict[str, type]) -> dict[str, Any] | None:
    """The JSON object on a line if it has all fields, else None after a fault is noted."""
    expected = f"expected one JSON object a line with {', '.join(fields)}"
    try:
        data = json.loads(line)
    except ValueError as error:
        shaper.faults.add(row, f"is not JSON ({error})", expected)
        return None
    if not isinstance(data, dict):
        shaper.faults.add(row, "is not a JSON object", expected)
        return None
    for name, kind in fields.items():
        if name not in data:
            shaper.faults.add(row, f"has no field {name}", expected)
            return None
        if type(data[name]) is not kind:
            shown = f"{name} is {json.dumps(data[name], ensure_ascii=False)[:40]}"
            shaper.faults.add(row, shown, f"{name} is {_named(kind)}")
            return None
    return data


def _named(kind: type) -> str:
    return {str: "a text", int: "a whole number", list: "a list of texts"}[kind]
