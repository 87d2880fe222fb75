"""SQuAD JSON → raw fields → `shape`. The nesting is data → paragraphs → qas → answers.

A fault names its place as a path, `data[0].paragraphs[2].qas[1]`, and the question's id: files of
this form are often a single line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from xlt_core.kinds.faults import Faults
from xlt_core.kinds.shaping import Shaper

_EXPECTED = (
    "expected SQuAD JSON: {data: [{paragraphs: [{context, qas: [{id, question, "
    "answers: [{text, answer_start}]}]}]}]}"
)


def read_squad(text: str, shaper: Shaper) -> None:
    """Read all questions, in order. Faults go to `shaper.faults`."""
    faults = shaper.faults
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise faults.fatal(f"line {line}", f"is not JSON ({error})", _EXPECTED) from None
    for place, article in _each(faults, "", content, "data"):
        for below, paragraph in _each(faults, place, article, "paragraphs"):
            context = paragraph.get("context")
            if not isinstance(context, str):
                faults.add(below, "has no context", _EXPECTED)
                continue
            for row, question in _each(faults, below, paragraph, "qas"):
                _add(shaper, row, context, question)


def _add(shaper: Shaper, row: str, context: str, qa: dict[str, object]) -> None:
    key, question = qa.get("id"), qa.get("question")
    if not isinstance(key, str) or not isinstance(question, str):
        missing = "id" if not isinstance(key, str) else "question"
        shaper.faults.add(row, f"has no {missing}", _EXPECTED)
        return
    row = f"{row} (id {key})"
    answers: list[tuple[str, int]] = []
    impossible = shaper.task.unanswerable and qa.get("is_impossible") is True
    for place, answer in [] if impossible else _each(shaper.faults, row, qa, "answers"):
        text, start = answer.get("text"), answer.get("answer_start")
        if not isinstance(text, str) or type(start) is not int:
            shaper.faults.add(place, "has no text or no whole-number answer_start", _EXPECTED)
            return
        answers.append((text, start))
    shaper.add(row, key, context=context, question=question, answers=answers)


def _each(
    faults: Faults, place: str, holder: object, name: str
) -> Iterator[tuple[str, dict[str, object]]]:
    """The objects in the list `name` of `holder`, each with its path."""
    path = f"{place}.{name}" if place else name
    values = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(values, list):
        faults.add(place, f"has no list {name}", _EXPECTED)
        return
    for number, value in enumerate(values):
        if isinstance(value, dict):
            yield f"{path}[{number}]", value
        else:
            faults.add(f"{path}[{number}]", "is not a JSON object", _EXPECTED)
