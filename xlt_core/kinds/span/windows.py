"""Span QA → windows: the question first, then a piece of the context with its characters' places.

All places are character offsets into the context, as code points, so that languages without spaces
need nothing of their own; `offsets` makes them. A question keeps its first 64 tokens (the
reference's limit).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from xlt_core.kinds.kind import Ints
from xlt_core.kinds.span.example import SpanExample
from xlt_core.kinds.span.offsets import trimmed, whole_characters
from xlt_core.kinds.tokenizer import Tokenizer, Tokens

MOST_QUESTION_TOKENS = 64
_CHUNK = 500


def encode_spans(
    examples: Sequence[SpanExample], tokenizer: Tokenizer, max_length: int, stride: int
) -> tuple[dict[str, Ints], int]:
    """Return the arrays of an `EncodedSplit` of kind span, and how many questions were cut.

    One feature a window. `stride` is how many tokens neighbouring windows share; where that is
    more than half of the room a window has for the context, half of the room is shared.
    """
    cut = 0
    windows: list[list[_Window]] = [[] for _ in examples]
    for shared, numbers in _by_stride(examples, tokenizer, max_length, stride).items():
        for start in range(0, len(numbers), _CHUNK):
            part = numbers[start : start + _CHUNK]
            asked = [(examples[n], question) for n, question in part]
            cut += sum(question != example.question for example, question in asked)
            made = _windows(asked, tokenizer, max_length, shared)
            for (number, _), own in zip(part, made, strict=True):
                windows[number] = own
    return _arrays(windows), cut


_Window = tuple[list[int], list[int] | None, Ints, tuple[int, int]]


def _by_stride(
    examples: Sequence[SpanExample], tokenizer: Tokenizer, max_length: int, stride: int
) -> dict[int, list[tuple[int, str]]]:
    """Examples (number and question, cut to its limit) by the stride there is room for."""
    special = tokenizer.num_special_tokens_to_add(pair=True)
    most = min(MOST_QUESTION_TOKENS, (max_length - special) // 2)
    made = tokenizer(
        [example.question for example in examples],
        add_special_tokens=False,
        return_offsets_mapping=True,
    )
    groups: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, example in enumerate(examples):
        question = example.question
        length = len(made["input_ids"][number])
        if length > most:
            question = question[: made["offset_mapping"][number][most - 1][1]]
            length = most
        room = max_length - special - length
        groups[min(stride, room // 2)].append((number, question))
    return groups


def _windows(
    asked: Sequence[tuple[SpanExample, str]], tokenizer: Tokenizer, max_length: int, shared: int
) -> Iterator[list[_Window]]:
    """The windows of each example in `asked`, in order."""
    made = tokenizer(
        [question for _, question in asked],
        [example.context for example, _ in asked],
        truncation="only_second",
        max_length=max_length,
        stride=shared,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    owned: list[list[int]] = [[] for _ in asked]
    for window, place in enumerate(made["overflow_to_sample_mapping"]):
        owned[place].append(window)
    for (example, _), own in zip(asked, owned, strict=True):
        places = _places(made, own, example.context)
        yield [
            (
                made["input_ids"][window],
                made["token_type_ids"][window] if "token_type_ids" in made else None,
                offsets,
                answer_tokens(
                    offsets, example, is_first=window == own[0], is_last=window == own[-1]
                ),
            )
            for window, offsets in zip(own, places, strict=True)
        ]


def _places(made: Tokens, windows: Sequence[int], context: str) -> list[Ints]:
    """The characters of the context that each token of these windows stands for."""
    found = []
    for window in windows:
        is_context = np.array([part == 1 for part in made.sequence_ids(window)])
        raw = np.array(made["offset_mapping"][window], dtype=np.int32)
        found.append(trimmed(raw, is_context, context))
    return whole_characters(found, context)


def answer_tokens(
    offsets: Ints, example: SpanExample, *, is_first: bool, is_last: bool
) -> tuple[int, int]:
    """First and last token of the example's first answer, (0, 0) if not whole in the window.

    `is_first` and `is_last`: whether the window reaches the context's beginning and end.
    """
    if not example.answers:
        return 0, 0
    text, start = example.answers[0]
    begin = start + len(text) - len(text.lstrip())
    end = start + len(text.rstrip())
    inside = np.flatnonzero(offsets[:, 0] >= 0)
    if not len(inside):
        return 0, 0
    reaches_back = is_first or offsets[inside[0], 0] <= begin
    reaches_on = is_last or offsets[inside[-1], 1] >= end
    covering = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > begin))
    if not (reaches_back and reaches_on and len(covering)):
        return 0, 0
    return int(covering[0]), int(covering[-1])


def _arrays(windows: Sequence[Sequence[_Window]]) -> dict[str, Ints]:
    flat = [window for own in windows for window in own]
    starts = np.zeros(len(flat) + 1, dtype=np.int64)
    np.cumsum([len(ids) for ids, *_ in flat], out=starts[1:])
    arrays: dict[str, Ints] = {
        "ids": np.concatenate([np.asarray(ids, dtype=np.int32) for ids, *_ in flat]),
        "starts": starts,
        "offsets": np.concatenate([offsets for _, _, offsets, _ in flat]),
        "labels": np.array([answer for *_, answer in flat], dtype=np.int32),
        "example_of": np.repeat(
            np.arange(len(windows), dtype=np.int32), [len(own) for own in windows]
        ),
    }
    if flat[0][1] is not None:
        arrays["types"] = np.concatenate(
            [np.asarray(types, dtype=np.int8) for _, types, *_ in flat]
        )
    return arrays
