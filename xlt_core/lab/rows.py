"""Rows of tasks, in meanings; `source` has them said in a language. `tasks` names the tasks.

A row is made once and said in every language, so that row n is the same everywhere. What makes
rows of a skill has a file of its own: `mood`, `structure`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from xlt_core.lab.meaning import Teller, Text
from xlt_core.lab.world import World


@dataclass(frozen=True)
class Row:
    """Texts and what is right about them.

    Attributes:
        texts: as many as the task's form has: a text, a pair, or a context and its choices.
        answer: classification and choice: an index; regression: a number; span: the event and
            the role that answer; tagging and retrieval: nothing, the words say it themselves.
    """

    texts: tuple[Text, ...]
    answer: int | float | tuple[int, str] | None = None


Make = Callable[[Teller, World, int], Row]
Coin = Callable[[random.Random, Row], int | float | tuple[int, str] | None]


@dataclass(frozen=True)
class Question:
    """What a task asks.

    Attributes:
        make: the row of a number; even and odd ones have different answers, so that both are
            equally frequent.
        coin: an answer that has nothing to do with the row: what a null world has.
        right: the dial that says how many answers are right, the rest being coins; empty for all.
    """

    make: Make
    coin: Coin
    right: str = ""


def two(rng: random.Random, row: Row) -> int:
    """One of two answers."""
    return rng.randrange(2)


def made(world: World, question: Question, task: str, split: str, planted: bool) -> list[Row]:
    """The rows of a split.

    Args:
        planted: whether answers are ever coins; a target's are not.
    """
    rng = world.random("rows", task, split)
    teller = Teller(world, rng)
    rows = []
    for number in range(world.sizes[split]):
        teller.begin()
        rows.append(question.make(teller, world, number))
    rng.shuffle(rows)
    if not planted:
        return rows
    coins = world.random("coins", task, split)
    right = getattr(world, question.right) if question.right else 1.0
    told = 0.0 if world.null else right
    found = []
    for row in rows:
        drawn, coin = coins.random(), question.coin(coins, row)
        found.append(row if drawn < told else Row(row.texts, coin))
    return found
