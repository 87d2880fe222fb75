"""Measured overlap: training rows of an intermediate task whose text a target is scored on.

`xlt_core.tasks.overlap` says what is known of the data sets by construction; this looks. Texts are
compared whole, after Unicode and white-space normalisation and in lower case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xlt_core.data.examples import ChoiceExample, ClassificationExample, Example, TaggingExample
from xlt_core.data.source import Source
from xlt_core.vocabulary.plan import Member

# Shorter texts ("yes", "I agree.") meet by chance and give nothing away. Counted in UTF-8 bytes,
# so that ten Chinese characters weigh as much as thirty Latin letters.
SHORTEST = 26


@dataclass(frozen=True)
class Overlap:
    """What was found.

    Attributes:
        rows: training rows with at least one text that stands in the target's dev or test.
        share: of all training rows, 0 to 1.
        example: one such text, empty where there is none.
    """

    rows: int
    share: float
    example: str = ""


def measured_overlap(
    source: Source, intermediate: Member, target: str, languages: Sequence[str]
) -> Overlap:
    """Count the training rows of `intermediate` that share a text with `target`'s dev or test.

    Languages and splits that the source lacks are passed over. Raises what `Source.load` raises.
    """
    scored: set[str] = set()
    for split in ("dev", "test"):
        there = source.languages(target, split)
        for language in languages:
            if language in there:
                for example in source.load(target, language, split):
                    scored.update(_normalised_texts(example))
    trained = source.load(intermediate.task, intermediate.language, "train")
    shared = [found for found in (_first_shared(row, scored) for row in trained) if found]
    return Overlap(len(shared), len(shared) / len(trained), shared[0] if shared else "")


def _first_shared(example: Example, scored: set[str]) -> str:
    return next((text for text in _normalised_texts(example) if text in scored), "")


def _normalised_texts(example: Example) -> Iterator[str]:
    for text in _texts(example):
        normalised = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        if len(normalised.encode()) >= SHORTEST:
            yield normalised


def _texts(example: Example) -> tuple[str, ...]:
    if isinstance(example, ClassificationExample):
        return (example.first, example.second or "")
    if isinstance(example, ChoiceExample):
        return (example.context, example.question, *example.choices)
    if isinstance(example, TaggingExample):
        return (" ".join(example.words),)
    return (example.context, example.question)
