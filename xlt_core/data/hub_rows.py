"""Hub columns → raw fields → `shape`. One function a form; the forms are `xlt_core.tasks.layout`'s.

A table is a `datasets.Dataset`. A label is what its name says (`labels`): the repository's own name
of the class, or, where it has only numbers, the name our table has for the number there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xlt_core.data.hub_table import HubData, HubRow
from xlt_core.data.questions import unknown_question
from xlt_core.data.sentences import Sentence, put_right
from xlt_core.data.ud_rows import COLUMNS, with_fused_forms
from xlt_core.kinds.labels import number_names
from xlt_core.kinds.shaping import Shaper
from xlt_core.tasks.layout import (
    HubChoices,
    HubForm,
    HubParallel,
    HubSpans,
    HubTable,
    HubTags,
    HubTrees,
)


def add_rows(
    table: HubData, shaper: Shaper, form: HubForm, questions: dict[str, str], language: str = ""
) -> None:
    """Shape all rows of `table`. Faults go to `shaper.faults`, with `row N` counted from 0.

    Args:
        questions: XCOPA's cause or effect by id.
        language: of the rows, where its grammar matters (treebanks).
    """
    match form:
        case HubTable():
            _add_table(table, shaper, form)
        case HubTags():
            _add_tags(table, shaper, form)
        case HubTrees():
            _add_trees(table, shaper, language)
        case HubChoices():
            _add_choices(table, shaper, form, questions)
        case HubSpans():
            _add_spans(table, shaper, form)
        case HubParallel():
            _add_parallel(table, shaper, form)


def questions_by_id(table: HubData, form: HubChoices) -> dict[str, str]:
    """The `question` column by id, as text."""
    return {
        str(row[form.id]): row[form.question]
        for row in table.select_columns([form.id, form.question])
    }


def _require(table: HubData, shaper: Shaper, columns: Iterable[str]) -> None:
    """Give up, with a fault, where a column is missing."""
    missing = [name for name in columns if name and name not in table.column_names]
    if missing:
        raise shaper.faults.fatal(
            "",
            f"has no column {', '.join(missing)}",
            f"it has {', '.join(table.column_names)}: pin the revision the table was made for",
        )


def _add_table(table: HubData, shaper: Shaper, form: HubTable) -> None:
    _require(table, shaper, (*form.texts, form.label, form.id))
    names = _names_by_number(table.features[form.label], form.labels)
    for number, row in enumerate(table):
        value = row[form.label]
        if value in form.unlabelled or value is None:
            continue
        key = _key(row, form.id, shaper)
        texts = {name: "" if row[name] is None else row[name] for name in form.texts}
        shaper.add(f"row {number}", key, texts=texts, label=_name_of(value, names))


def _add_tags(table: HubData, shaper: Shaper, form: HubTags) -> None:
    column = next((name for name in form.tags if name in table.column_names), form.tags[0])
    _require(table, shaper, (form.words, column))
    feature = table.features[column]
    names = _names_by_number(getattr(feature, "feature", feature), dict(enumerate(form.names)))
    sentences = []
    for number, row in enumerate(table):
        words, tags = row[form.words] or (), row[column] or ()
        if len(words) != len(tags):
            _uneven(shaper, number, len(words), len(tags))
            continue
        named = [_name_of(tag, names) for tag in tags]
        if words:
            sentences.append(Sentence((f"row {number}",) * len(words), tuple(words), tuple(named)))
    for sentence in put_right(sentences, shaper.faults):
        key = str(len(shaper.examples))
        shaper.add(sentence.rows[0], key, words=sentence.words, tags=sentence.tags)


def _add_trees(table: HubData, shaper: Shaper, language: str) -> None:
    _require(table, shaper, COLUMNS)
    feature = table.features["upos"]
    names = _names_by_number(getattr(feature, "feature", feature), {})
    for number, row in enumerate(table.select_columns(list(COLUMNS))):
        tags = [_name_of(tag, names) for tag in row["upos"] or ()]
        words = row["tokens"] or ()
        if len(words) != len(tags):
            _uneven(shaper, number, len(words), len(tags))
            continue
        pairs = with_fused_forms(row, tags, language)
        key = str(len(shaper.examples))
        words, tags = [word for word, _ in pairs], [tag for _, tag in pairs]
        shaper.add(f"row {number}", key, words=words, tags=tags)


def _uneven(shaper: Shaper, number: int, words: int, tags: int) -> None:
    what = f"has {words} words and {tags} tags"
    shaper.faults.add(f"row {number}", what, "pin a revision where every word has its tag")


def _add_choices(
    table: HubData, shaper: Shaper, form: HubChoices, questions: dict[str, str]
) -> None:
    columns = [name.partition(".")[0] for name in form.choices]
    _require(table, shaper, (*columns, form.context, form.question, form.label, form.id))
    for number, row in enumerate(table):
        key = _key(row, form.id, shaper)
        question = row[form.question] if form.question else ""
        if questions and key not in questions:
            shaper.faults.add(f"row {number}", *unknown_question(key, (form.question_from,)))
            continue
        shaper.add(
            f"row {number}",
            key,
            context=row[form.context] if form.context else "",
            question=questions.get(key, question),
            choices=_choices(row, form),
            label=_choice_index(row, form),
        )


def _choices(row: HubRow, form: HubChoices) -> list[str]:
    if len(form.choices) > 1:
        return [row[name] for name in form.choices]
    outer, _, inner = form.choices[0].partition(".")
    return list((row[outer] or {}).get(inner) or () if inner else row[outer] or ())


def _choice_index(row: HubRow, form: HubChoices) -> int:
    """The choice's index; -1 (a fault, later) for what is no label."""
    label, first = str(row[form.label]).strip(), str(form.first_label)
    lettered = _letters(row, form)
    if lettered:
        return lettered.index(label) if label in lettered else -1
    if label.isdecimal() == first.isdecimal() and len(label) == 1:
        return ord(label) - ord(first)
    return -1


def _letters(row: HubRow, form: HubChoices) -> list[str]:
    """The names of the choices (A, B, …) where the row itself has them, beside `choices.text`."""
    outer, _, inner = form.choices[0].partition(".")
    return list((row[outer] or {}).get("label") or ()) if inner else []


def _add_spans(table: HubData, shaper: Shaper, form: HubSpans) -> None:
    _require(table, shaper, ("id", "context", "question", "answers"))
    for number, row in enumerate(table):
        context, answers = row["context"], row["answers"] or {"text": (), "answer_start": ()}
        found = list(zip(answers["text"], answers["answer_start"], strict=True))
        if form.stripped:
            found = [(text, _nearest(context or "", text, start)) for text, start in found]
        shaper.add(
            f"row {number}",
            row["id"],
            context=context,
            question=row["question"],
            answers=found,
        )


def _add_parallel(table: HubData, shaper: Shaper, form: HubParallel) -> None:
    _require(table, shaper, (form.sentence, form.english))
    for number, row in enumerate(table):
        shaper.add(
            f"row {number}", str(number), sentence=row[form.sentence], english=row[form.english]
        )


def _nearest(context: str, text: str, start: int) -> int:
    """Where `text` stands nearest to `start`; `start` itself where it stands nowhere.

    Of two as near it is the earlier: what was stripped stood before the answer.
    """
    found = [at for at in range(len(context)) if context.startswith(text, at)] if text else []
    return min(found, key=lambda at: abs(at - start), default=start)


def _class_names(feature: object) -> tuple[str, ...]:
    return tuple(getattr(feature, "names", None) or ())


def _names_by_number(feature: object, ours: Mapping[int, str]) -> dict[int, str]:
    """The name of each number of a label column: the repository's, or ours where it has none."""
    names = _class_names(feature)
    return dict(ours if number_names(names) else enumerate(names))


def _name_of(value: object, names: Mapping[int, str]) -> str:
    """A label as a name. A number that has none stays a number, which is no label of any task."""
    if isinstance(value, float) and value.is_integer():  # a column that had gaps once
        value = int(value)
    return names.get(value, str(value)) if type(value) is int else str(value)


def _key(row: HubRow, column: str, shaper: Shaper) -> str:
    return str(row[column]) if column else str(len(shaper.examples))
