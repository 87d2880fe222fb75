"""The lab as a data source: rows of concepts put into words. A member of `xlt_core.data.source`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from xlt_core.kinds.classification import ClassificationExample
from xlt_core.kinds.example import Example
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.lab.reading import TEXTS, TRANSLATIONS, text_examples, text_languages
from xlt_core.lab.rows import SIZES, TARGET, LabRow, rows
from xlt_core.lab.tasks import lab_task
from xlt_core.lab.world import LANGUAGES, World
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint_rows
from xlt_core.vocabulary.refs import DataRef, SourceRef

Segments = list[tuple[str, ...]]


class LabSource:
    """Examples of the world that `ref.location` names, made on demand.

    Every task has train, dev and test in every language, the same rows in each; only the target
    `lab-nli` trains in English alone, as zero-shot transfer has it.
    """

    def __init__(self, ref: SourceRef) -> None:
        """Raises UserMistake where the location names no world."""
        self.ref = ref
        self.notes: tuple[str, ...] = ()
        self.world = World.parse(ref.location)

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        """Languages with data for `task` and `split`, sorted; empty where there is none."""
        if task in (TEXTS, TRANSLATIONS):
            return text_languages(task, split)
        lab_task(task)
        if split not in SIZES:
            return ()
        return ("en",) if task == TARGET and split == "train" else tuple(sorted(LANGUAGES))

    def load(self, task: str, language: str, split: str) -> Sequence[Example]:
        """All examples, in order.

        Raises:
            UserMistake: the lab has no such task, or not in this language and split.
        """
        found = self.languages(task, split)
        if language not in found:
            remedy = f"there is {', '.join(found)}" if found else f"splits: {', '.join(SIZES)}"
            what = f"no {split} data for {task} in {language!r}"
            raise UserMistake(Mistake("lab", what, remedy))
        if task in (TEXTS, TRANSLATIONS):
            return text_examples(self.world, task, language, split)
        return _examples(self.world, task, language, split)

    def refer(self, task: str, language: str, split: str) -> DataRef:
        """The split by content. Raises what `load` raises."""
        examples = self.load(task, language, split)
        digest = fingerprint_rows(example.content() for example in examples)
        return DataRef(task, language, split, digest, len(examples))


@lru_cache(maxsize=128)
def _examples(world: World, task: str, language: str, split: str) -> tuple[Example, ...]:
    words = world.lexicon[language]
    found = lab_task(task)
    return tuple(
        _example(found, f"{task}-{split}-{number}", row, words)
        for number, row in enumerate(rows(world, task, split))
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
