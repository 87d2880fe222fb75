"""Hub columns → raw fields → `shape`. One function a form; the forms are `xlt_core.tasks.layout`'s.

A table is a `datasets.Dataset`; where its features name the classes, the names count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xlt_core.data.shape import Shaper
from xlt_core.tasks.layout import HubChoices, HubForm, HubSpans, HubTable, HubTags


def add_rows(table: Any, shaper: Shaper, form: HubForm, questions: dict[str, str]) -> None:
    """Shape all rows of `table`. Faults go to `shaper.faults`, with `row N` counted from 0."""
    match form:
        case HubTable():
            _add_table(table, shaper, form)
        case HubTags():
            _add_tags(table, shaper, form)
        case HubChoices():
            _add_choices(table, shaper, form, questions)
        case HubSpans():
            _add_spans(table, shaper, form)


def questions_by_id(table: Any, form: HubChoices) -> dict[str, str]:
    """The `question` column by id, as text."""
    return {
        str(row[form.id]): row[form.question]
        for row in table.select_columns([form.id, form.question])
    }


def _require(table: Any, shaper: Shaper, columns: Iterable[str]) -> None:
    """Give up, with a fault, where a column is missing."""
    missing = [name for name in columns if name and name not in table.column_names]
    if missing:
        raise shaper.faults.fatal(
            "",
            f"has no column {', '.join(missing)}",
            f"it has {', '.join(table.column_names)}: pin the revision the table was made for",
        )


def _add_table(table: Any, shaper: Shaper, form: HubTable) -> None:
    _require(table, shaper, (*form.texts, form.label, form.id))
    labels: dict[Any, str] = dict(form.labels)
    for index, name in enumerate(_class_names(table.features[form.label])):
        if name in shaper.task.labels:
            labels[index] = name
    for number, row in enumerate(table):
        value = row[form.label]
        if value in form.unlabelled or value is None:
            continue
        key = _key(row, form.id, shaper)
        texts = {name: row[name] or "" for name in form.texts}
        shaper.classification(f"row {number}", key, texts, labels.get(value, str(value)))


def _add_tags(table: Any, shaper: Shaper, form: HubTags) -> None:
    column = next((name for name in form.tags if name in table.column_names), form.tags[0])
    _require(table, shaper, (form.words, column))
    feature = table.features[column]
    names = _class_names(getattr(feature, "feature", feature)) or form.names
    for number, row in enumerate(table):
        pairs = [
            (word, tag if isinstance(tag, str) else names[tag])
            for word, tag in zip(row[form.words], row[column], strict=True)
        ]
        kept = [(word, tag) for word, tag in pairs if tag not in form.dropped]
        key = str(len(shaper.examples))
        shaper.tags(f"row {number}", key, [word for word, _ in kept], [tag for _, tag in kept])


def _add_choices(table: Any, shaper: Shaper, form: HubChoices, questions: dict[str, str]) -> None:
    columns = [name.partition(".")[0] for name in form.choices]
    _require(table, shaper, (*columns, form.context, form.question, form.label, form.id))
    for number, row in enumerate(table):
        key = _key(row, form.id, shaper)
        question = questions.get(key, row[form.question]) if form.question else ""
        shaper.choice(
            f"row {number}",
            key,
            row[form.context] if form.context else "",
            question,
            _choices(row, form),
            _choice_index(row[form.label], form.first_label),
        )


def _choices(row: dict[str, Any], form: HubChoices) -> list[str]:
    if len(form.choices) > 1:
        return [row[name] for name in form.choices]
    outer, _, inner = form.choices[0].partition(".")
    return list(row[outer][inner] if inner else row[outer])


def _choice_index(label: int | str, first: int | str) -> int:
    """The choice's index; -1 (a fault, later) for what is no label."""
    if isinstance(first, int):
        return int(label) - first
    text = str(label).strip()
    return ord(text) - ord(first) if len(text) == 1 else -1


def _add_spans(table: Any, shaper: Shaper, form: HubSpans) -> None:
    _require(table, shaper, ("id", "context", "question", "answers"))
    for number, row in enumerate(table):
        answers = row["answers"]
        shaper.span(
            f"row {number}",
            row["id"],
            row["context"],
            row["question"],
            list(zip(answers["text"], answers["answer_start"], strict=True)),
            unanswerable=form.unanswerable,
        )


def _class_names(feature: Any) -> tuple[str, ...]:
    return tuple(getattr(feature, "names", None) or ())


def _key(row: dict[str, Any], column: str, shaper: Shaper) -> str:
    return str(row[column]) if column else str(len(shaper.examples))
