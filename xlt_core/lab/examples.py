"""Examples of the grown world: rows of meanings, said in a language. `source` has them.

Names of rows are those that the folder source gives, so that a world written as a folder reads
back as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from xlt_core.kinds.choice.example import ChoiceExample
from xlt_core.kinds.classification import ClassificationExample
from xlt_core.kinds.example import Example
from xlt_core.kinds.regression import RegressionExample
from xlt_core.kinds.retrieval import RetrievalExample
from xlt_core.kinds.span.example import SpanExample
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.lab.grammar import Speaker, Word
from xlt_core.lab.rows import Row, made
from xlt_core.lab.tasks import GROWN
from xlt_core.lab.world import World
from xlt_core.tasks.task import Task


def languages(world: World, task: Task, split: str) -> tuple[str, ...]:
    """Languages with data, sorted. Targets train in English alone; retrieval has a test alone."""
    if split not in world.sizes or (task.kind == "retrieval" and split != "test"):
        return ()
    return ("en",) if task.is_target and split == "train" else task.languages


@lru_cache(maxsize=256)
def examples(world: World, task: Task, language: str, split: str) -> tuple[Example, ...]:
    """All examples of a split, in order."""
    return tuple(_FORMS[task.kind](world, task, language, split))


@lru_cache(maxsize=64)
def _rows(world: World, task: Task, split: str) -> Sequence[Row]:
    return made(world, GROWN[task.name].question, task.name, split, not task.is_target)


@lru_cache(maxsize=64)
def _speaker(world: World, language: str) -> Speaker:
    return Speaker(world, language)


def _texts(world: World, task: Task, language: str, split: str) -> list[Example]:
    speaker, found = _speaker(world, language), list[Example]()
    for number, row in enumerate(_rows(world, task, split)):
        first, *rest = map(speaker.say, row.texts)
        second = rest[0] if rest else None
        name = f"{split}-{number}"
        if isinstance(row.answer, float):
            found.append(RegressionExample(name, first, second, row.answer))
        elif isinstance(row.answer, int):
            found.append(ClassificationExample(name, first, second, row.answer))
    return found


def _choices(world: World, task: Task, language: str, split: str) -> list[Example]:
    speaker, found = _speaker(world, language), list[Example]()
    for number, row in enumerate(_rows(world, task, split)):
        context, *choices = map(speaker.say, row.texts)
        assert isinstance(row.answer, int)
        found.append(ChoiceExample(f"{split}-{number}", context, "", tuple(choices), row.answer))
    return found


def _tags(world: World, task: Task, language: str, split: str) -> list[Example]:
    speaker, found = _speaker(world, language), list[Example]()
    coins = world.random("coins", task.name, split, language)
    coined = world.null and not task.is_target
    for number, row in enumerate(_rows(world, task, split)):
        words = speaker.words(row.texts[0])
        tags = [task.labels.index(_TAG[task.name](word).upper()) for word in words]
        if coined:
            tags = [coins.randrange(len(task.labels)) for _ in words]
        found.append(TaggingExample(str(number), tuple(word.text for word in words), tuple(tags)))
    return found


_TAG: dict[str, Callable[[Word], str]] = {
    "lab-words": lambda word: word.word_class,
    "lab-role": lambda word: word.role,
}


def _spans(world: World, task: Task, language: str, split: str) -> list[Example]:
    speaker, found = _speaker(world, language), list[Example]()
    for number, row in enumerate(_rows(world, task, split)):
        context, question = row.texts
        words = speaker.words(context)
        places = [at for at, word in enumerate(words) if (word.event, word.role) == row.answer]
        before = " ".join(word.text for word in words[: places[0]])
        answer = " ".join(words[at].text for at in places)
        start = len(before) + 1 if before else 0
        key = f"{task.name}-{split}-{language}-{number}"
        said = " ".join(word.text for word in words)
        found.append(SpanExample(key, said, speaker.say(question), ((answer, start),)))
    return found


def _pairs(world: World, task: Task, language: str, split: str) -> list[Example]:
    own, english = _speaker(world, language), _speaker(world, "en")
    return [
        RetrievalExample(str(number), own.say(row.texts[0]), english.say(row.texts[0]))
        for number, row in enumerate(_rows(world, task, split), 1)
    ]


_FORMS: dict[str, Callable[[World, Task, str, str], list[Example]]] = {
    "classification": _texts,
    "regression": _texts,
    "multiple_choice": _choices,
    "tagging": _tags,
    "span": _spans,
    "retrieval": _pairs,
}
