"""Readers of single values: what is written in a spec, shaped; or what is wrong with it.

Each raises `UserMistake` with `where` left empty: `messages` knows the place. Next: `schema`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from sweeps.spec.methods import METHODS
from sweeps.spec.names import did_you_mean, known_language, known_step, known_target
from sweeps.spec.sweep import Range
from xlt_core.lab.world import World
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plan import Plan, Step
from xlt_core.vocabulary.plugged import of_ones_own

# Beside the sweeps in `runs/` lie what they share; no sweep may take these names.
MOST_SEED = 2**63 - 1  # what programs and databases agree on
RESERVED = ("stages", "cache", "mlflow.db", "mlartifacts", "mlruns")


def _wrong(what: str, remedy: str = "") -> UserMistake:
    return UserMistake(Mistake("", what, remedy))


def _once(values: Sequence[object], noun: str) -> None:
    """Raise UserMistake where one of them stands twice: a slip, of which nothing would be seen."""
    twice = [str(value) for value in dict.fromkeys(values) if values.count(value) > 1]
    if twice:
        raise _wrong(f"names {noun} twice: {' '.join(twice)}", "name each once")


def _text(value: object, about: str) -> str:
    if not isinstance(value, str):
        raise _wrong(f"should be {about}, not {value!r}", f"write it in quotes: '{value}'")
    return value


def read_name(value: object) -> str:
    """A sweep's name: what a folder may be called everywhere, and none of `RESERVED`."""
    name = _text(value, "a name")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name) or name.endswith("."):
        remedy = "use letters, digits, - _ and . (at most 100); it names the sweep's folder"
        raise _wrong(f"{name!r} cannot be a sweep's name", remedy)
    if name in RESERVED:
        raise _wrong(f"{name!r} is the name of a folder that sweeps share", "take another name")
    return name


def read_counts(value: object) -> tuple[int, ...]:
    """Plan lengths from `0..3`, `[0, 3]` or `3`, ascending, 0 always among them."""
    remedy = "write 0..3, [0, 3] or 3"
    found: list[Any]
    if isinstance(value, str) and (
        match := re.fullmatch(r"\s*(\d{1,18})\s*\.\.\s*(\d{1,18})\s*", value)
    ):
        low, high = int(match[1]), int(match[2])
        if low > high:
            raise _wrong(f"{value} runs backwards", f"write {high}..{low}")
        found = list(range(low, high + 1)) if high < 1000 else [high]
    else:
        found = value if isinstance(value, list) else [value]
    if not found or any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in found):
        raise _wrong(f"{value!r} is not a count of tasks", remedy)
    _once(found, "a count")
    return tuple(sorted({0, *found}))


def read_seeds(value: object) -> tuple[int, ...]:
    """Seeds from a number (3: 0, 1, 2) or a list."""
    remedy = "write 3 for the seeds 0, 1, 2, or a list as [13, 42]"
    if isinstance(value, bool) or not isinstance(value, int | list):
        raise _wrong(f"{value!r} is not a number of seeds", remedy)
    if isinstance(value, int):
        if not 1 <= value <= 1000:
            raise _wrong(f"{value} seeds are {'too few' if value < 1 else 'too many'}", remedy)
        return tuple(range(value))
    if not value or any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in value):
        raise _wrong(f"{value!r} is not a list of seeds", remedy)
    if max(value) > MOST_SEED:
        raise _wrong("a seed is too large", f"write seeds up to {MOST_SEED}")
    _once(value, "a seed")
    return tuple(value)


def read_languages(value: object) -> tuple[str, ...] | None:
    """Language codes, sorted; None for `all`."""
    if value == "all":
        return None
    codes = value.split() if isinstance(value, str) else value
    if not isinstance(codes, list) or not codes:
        raise _wrong(f"{value!r} is not a list of languages", "write all, or [en, sw, ta]")
    mistakes: list[Mistake] = []
    for code in codes:
        try:
            known_language(_text(code, "a language's code"))
        except UserMistake as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise UserMistake(mistakes)
    _once(codes, "a language")
    return tuple(sorted(codes))


def read_step(value: object) -> Step:
    """One step: a task, a mixture `qqp+squad`, or a task in another language `panx[ru]`."""
    if isinstance(value, dict) and len(value) == 1:
        raise _as_a_target(*next(iter(value.items())))
    text = _text(value, "a task's name")
    step = known_step(text)
    if text.count("+") + 1 > len(step.members):
        _once([part.strip().removesuffix("[en]") for part in text.split("+")], "a member")
    return step


def _as_a_target(name: object, languages: object) -> UserMistake:
    """What to say of a step that is written as a target is, if it could be one."""
    codes = languages if isinstance(languages, list) else str(languages).split()
    steps = [str(known_step(f"{name}[{code}]")) for code in codes] or [str(known_step(str(name)))]
    what = "the language of an intermediate task stands in its name, a task for each"
    return _wrong(what, f"write {', '.join(repr(step) for step in steps)}")


def read_plan(value: object) -> str:
    """An explicit plan as its canonical text; every step known, none twice."""
    text = _text(value, "a plan as mnli > qqp")
    if not text.strip() or text.strip() == str(Plan()):
        return str(Plan())
    steps = tuple(read_step(part) for part in text.split(">"))
    if len(set(steps)) < len(steps):
        raise _wrong(f"`{text}` repeats a step", "name each step once")
    return str(Plan(steps))


def read_target(value: object) -> dict[str, object]:
    """One target: `xnli`, `{udpos: [en, de]}`, `{udpos: all}` or `{xnli: {languages: [en]}}`."""
    if isinstance(value, str):
        return {"task": known_target(value).name}
    if not isinstance(value, dict) or len(value) != 1:
        raise _wrong(f"{value!r} is not a target", "write xnli, or udpos: [en, de]")
    ((name, wish),) = value.items()
    task = known_target(name)
    if isinstance(wish, dict):
        unknown = [key for key in wish if key != "languages"]
        if unknown:
            raise _wrong(f"{unknown[0]!r} is not a field of a target", "did you mean languages?")
        wish = wish.get("languages", "all")
    languages = read_languages(wish)
    mistakes: list[Mistake] = []
    for code in languages or ():
        try:
            known_language(code, task)
        except UserMistake as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise UserMistake(mistakes)
    return {"task": task.name, "languages": languages}


def read_targets(value: object) -> object:
    """The list of targets; one name, or a mapping of names to languages, will do."""
    if isinstance(value, dict):
        return [{name: wish} for name, wish in value.items()]
    return [value] if isinstance(value, str) else value


def read_encoder(value: object) -> str | Range:
    """An encoder's name, or a choice of several, which is searched."""
    if isinstance(value, dict):
        names = value.get("choice") if set(value) == {"choice"} else None
        if not isinstance(names, list) or len(names) < 2:
            remedy = "write {choice: [xlm-roberta-base, google-bert/bert-base-multilingual-cased]}"
            raise _wrong(f"{value!r} is no choice of encoders", remedy)
        choices = tuple(_encoder_name(name) for name in names)
        if len(set(choices)) < len(choices):
            raise _wrong("an encoder stands twice", "name each once")
        return Range("choice", choices=choices)
    return _encoder_name(value)


def _encoder_name(value: object) -> str:
    if not _text(value, "an encoder"):
        raise _wrong("an encoder needs a name", "write xlm-roberta-base, or a folder")
    return str(value)


def read_folder_or_word(value: object) -> str:
    """`hub`, `lab`, a folder's path, `{folder: path}`, or `{lab: world}`."""
    if isinstance(value, dict) and set(value) == {"lab"}:
        return _world(_text(value["lab"], "a world"))
    if isinstance(value, dict) and set(value) == {"folder"}:
        return f"folder:{_text(value['folder'], 'a path')}"
    if not isinstance(value, str) or not value.strip():
        raise _wrong(
            f"{value!r} is not a source of data", "write hub, lab, {folder: path} or {lab: world}"
        )
    return value if value in ("hub", "lab") else f"folder:{value}"


def _world(text: str) -> str:
    try:
        location = World.parse(text).location
    except UserMistake as error:
        found = error.mistakes[0]
        raise _wrong(found.what, found.remedy) from None
    return f"lab:{location}" if location else "lab"


def read_method(value: object) -> str:
    """The name of a search method."""
    if not isinstance(value, str) or value not in METHODS:
        remedy = f"{did_you_mean(str(value), METHODS)}; {of_ones_own()}"
        raise _wrong(f"{value!r} is not a search method", remedy)
    return str(value)


def read_split(value: object) -> str:
    """The split that selects: dev, for honest selection."""
    if value == "test":
        remedy = "write dev; where a task has none, half of its test split serves"
        raise _wrong("test is only reported: what selects must never be what is shown", remedy)
    if value != "dev":
        raise _wrong(f"{value!r} cannot select", "write dev")
    return "dev"


def default_name(path: PurePath) -> str:
    """The name of a sweep whose spec gives none: the file's, where it can be one."""
    return read_name(path.stem)
