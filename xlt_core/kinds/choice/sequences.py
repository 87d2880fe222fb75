"""Multiple choice → a sequence a choice: (context and question, choice).

As in XTREME-R's `run_xcopa.py`, whose words for COPA's question, "What was the cause?" and "What
was the effect?", are used in every language. What is too long loses the end of its context, so that
question and choice are there whole; only where these alone are too long do they lose their ends,
the longer one first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xlt_core.kinds.choice.example import ChoiceExample
from xlt_core.kinds.tokenizer import Alignment, Tokenizer

_COPA_QUESTIONS = {"cause": "What was the cause?", "effect": "What was the effect?"}
_CONTEXT, _QUESTION, _CHOICE, _SPECIAL = range(4)

Encoded = tuple[list[int], list[int] | None, bool]


def put_question(example: ChoiceExample) -> tuple[str, int]:
    """The text that every choice is paired with, and where in it the question begins."""
    question = _COPA_QUESTIONS.get(example.question, example.question)
    text = f"{example.context} {question}".strip()
    return text, len(text) - len(question.strip())


def encode_choices(
    examples: Sequence[ChoiceExample], tokenizer: Tokenizer, max_length: int
) -> Iterator[Encoded]:
    """Ids, token types, and whether something was cut, for each choice of each example."""
    asked = [put_question(example) for example in examples]
    widths = [len(example.choices) for example in examples]
    begins = [begin for (_, begin), width in zip(asked, widths, strict=True) for _ in range(width)]
    made = tokenizer(
        [text for (text, _), width in zip(asked, widths, strict=True) for _ in range(width)],
        [choice for example in examples for choice in example.choices],
        verbose=False,  # of sequences that are too long, which are cut below
    )
    for number, begin in enumerate(begins):
        ids: list[int] = made["input_ids"][number]
        types = made["token_type_ids"][number] if "token_type_ids" in made else None
        if len(ids) <= max_length:
            yield ids, types, False
            continue
        kept = np.flatnonzero(_kept(_parts(made.encodings[number], begin), max_length))
        yield [ids[n] for n in kept], None if types is None else [types[n] for n in kept], True


def _parts(encoding: Alignment, begin: int) -> NDArray[np.int8]:
    """What each token belongs to; one that reaches into the question is the question's."""
    parts = np.full(len(encoding.ids), _SPECIAL, dtype=np.int8)
    for place, (number, (_, end)) in enumerate(
        zip(encoding.sequence_ids, encoding.offsets, strict=True)
    ):
        if number == 1:
            parts[place] = _CHOICE
        elif number == 0:
            parts[place] = _QUESTION if end > begin else _CONTEXT
    return parts


def _kept(parts: NDArray[np.int8], max_length: int) -> NDArray[np.bool_]:
    """Which tokens stay, `max_length` of them, each part cut at its end."""
    places = [np.flatnonzero(parts == part) for part in (_CONTEXT, _QUESTION, _CHOICE)]
    room = max_length - int((parts == _SPECIAL).sum())
    question, choice = _shares(len(places[_QUESTION]), len(places[_CHOICE]), room)
    kept: NDArray[np.bool_] = parts == _SPECIAL
    for found, count in zip(places, (room - question - choice, question, choice), strict=True):
        kept[found[:count]] = True
    return kept


def _shares(question: int, choice: int, room: int) -> tuple[int, int]:
    """Tokens of question and choice that stay, at least one of each there is."""
    over = max(0, question + choice - room)
    longer = min(over, abs(question - choice))
    if question > choice:
        question -= longer
    else:
        choice -= longer
    rest = over - longer
    return question - (rest + 1) // 2, choice - rest // 2
