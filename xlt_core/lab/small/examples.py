"""Examples of the small world: rows of concepts put into words. `xlt_core.lab.source` has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from xlt_core.kinds.classification import ClassificationExample
from xlt_core.kinds.example import Example
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.lab.small.rows import SIZES, TARGET, LabRow, rows
from xlt_core.lab.small.world import LANGUAGES, SmallWorld
from xlt_core.tasks.task import Task

Segments = list[tuple[str, ...]]


def languages(task: Task, split: str) -> tuple[str, ...]:
    """Languages with data, sorted: of every split all, but the target trains in English alone."""
    if split not in SIZES:
        return ()
    return ("en",) if task.name == TARGET and split == "train" else tuple(sorted(LANGUAGES))


@lru_cache(maxsize=128)
def examples(world: SmallWorld, task: Task, language: str, split: str) -> tuple[Example, ...]:
    """All examples of a split, in order."""
    words = world.lexicon[language]
    return tuple(
        _example(task, f"{task.name}-{split}-{number}", row, words)
        for number, row in enumerate(rows(world, task.name, split))
    )


def _example(task: Task, name: str, row: LabRow, words: Sequence[str]) -> Example:
    segments = [tuple(words[index] for index in segment) for segment in row.segments]
    return _FORMS[task.kind](name, segments, row.labels)


def _sentence(name: str, segments: Segments, labels: tuple[int, ...]) -> TaggingExample:
    return TaggingExample(name, segments[0], labels)


def _texts(name: str, segments: Segments, labels: tuple[int, ...]) -> ClassificationExample:
    second = " ".join(segments[1]) if len(segments) > 1 else None
    return ClassificationExample(name, " ".join(segments[0]), second, labels[0])


_FORMS: dict[str, Callable[[str, Segments, tuple[int, ...]], Example]] = {
    "classification": _texts,
    "tagging": _sentence,
}
