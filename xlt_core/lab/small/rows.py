"""What the lab's tasks ask, in concepts, before `source` puts it into a language's words.

Two tasks share a skill, telling warm concepts from cold: the target `lab-nli` (is a pair warm on
balance, even, or cold?) and `lab-pairs` (warm or cold?). `lab-topic` asks for the domain, which
goes along with warmth now and then; `lab-tags` for word classes, which have nothing to do with it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from xlt_core.lab.small.world import CLASSES, DOMAINS, SmallConcept, SmallWorld

TARGET = "lab-nli"
SIZES = {"train": 500, "dev": 150, "test": 200}

# Warm and cold concepts of a pair, by warmth on balance: few or many, so that neither the number
# of warm concepts nor of cold ones gives the label away.
_BALANCES = {1: ((2, 0), (3, 1)), 0: ((1, 1), (2, 2)), -1: ((0, 2), (1, 3))}
_PAIR_LENGTHS = (8, 9, 10)
_TOPIC_LENGTH, _ON_TOPIC = 8, 4
_TAG_LENGTHS = (6, 7, 8, 9)


@dataclass(frozen=True)
class LabRow:
    """Concepts by index: one segment or two. One label, or one for each concept (tagging)."""

    segments: tuple[tuple[int, ...], ...]
    labels: tuple[int, ...]


@lru_cache(maxsize=64)
def rows(world: SmallWorld, task: str, split: str) -> tuple[LabRow, ...]:
    """Make the rows of a split; row n is the same in every language.

    In a null world the labels of every task but the target are drawn anew, each as likely as any
    other. Raises KeyError for an unknown task or split.
    """
    make, outcomes = _MAKERS[task]
    rng = world.random(task, split)
    made = [make(world.concepts, rng, number) for number in range(SIZES[split])]
    rng.shuffle(made)
    if world.null and task != TARGET:
        coin = world.random(task, split, "coin")
        made = [
            LabRow(row.segments, tuple(coin.randrange(outcomes) for _ in row.labels))
            for row in made
        ]
    return tuple(made)


def _nli(concepts: Sequence[SmallConcept], rng: random.Random, number: int) -> LabRow:
    label = number % 3
    return LabRow(_pair(concepts, rng, 1 - label), (label,))


def _pairs(concepts: Sequence[SmallConcept], rng: random.Random, number: int) -> LabRow:
    label = number % 2
    return LabRow(_pair(concepts, rng, 1 - 2 * label), (label,))


def _topic(concepts: Sequence[SmallConcept], rng: random.Random, number: int) -> LabRow:
    label = number % DOMAINS
    fitting = [concept for concept in concepts if concept.domain == label]
    chosen = rng.choices(fitting, k=_ON_TOPIC) + rng.choices(concepts, k=_TOPIC_LENGTH - _ON_TOPIC)
    rng.shuffle(chosen)
    return LabRow((_indices(chosen),), (label,))


def _tags(concepts: Sequence[SmallConcept], rng: random.Random, number: int) -> LabRow:
    chosen = rng.choices(concepts, k=rng.choice(_TAG_LENGTHS))
    return LabRow((_indices(chosen),), tuple(concept.word_class for concept in chosen))


def _pair(
    concepts: Sequence[SmallConcept], rng: random.Random, balance: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Draw two segments whose warm concepts outnumber the cold, or not, as `balance` says."""
    warm, cold = rng.choice(_BALANCES[balance])
    length = rng.choice(_PAIR_LENGTHS)
    counts = {1: warm, -1: cold, 0: length - warm - cold}
    chosen = [
        concept
        for warmth, count in counts.items()
        for concept in rng.choices([c for c in concepts if c.warmth == warmth], k=count)
    ]
    rng.shuffle(chosen)
    return _indices(chosen[: length // 2]), _indices(chosen[length // 2 :])


def _indices(chosen: Sequence[SmallConcept]) -> tuple[int, ...]:
    return tuple(concept.index for concept in chosen)


_Maker = Callable[[Sequence[SmallConcept], random.Random, int], LabRow]
_MAKERS: dict[str, tuple[_Maker, int]] = {
    "lab-nli": (_nli, 3),
    "lab-pairs": (_pairs, 2),
    "lab-topic": (_topic, DOMAINS),
    "lab-tags": (_tags, CLASSES),
}
