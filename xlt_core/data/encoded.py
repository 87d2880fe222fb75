"""An encoded split: ragged flat arrays, memory-mapped, and batches cut out of them.

`encoding` makes and caches these; training and evaluation read them. Sequences lie end to end in
`ids`, sequence *s* at `starts[s]:starts[s + 1]`; a feature is one sequence, or `width` of them for
multiple choice. `batch` is in the hot loop and fills whole arrays at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlt_core.data.examples import Example
from xlt_core.data.gold import unpack
from xlt_core.tasks.task import Kind

Ints = NDArray[np.integer[Any]]
IGNORED = -100


@dataclass(frozen=True)
class EncodedSplit:
    """One split of one task in one language as token ids.

    Attributes:
        kind: what a model has to do with it.
        pad: the tokenizer's pad id.
        width: sequences a feature has: the number of choices, 1 for other kinds.
        examples: number of examples; features are as many, or more where contexts are windowed.
        arrays: by name (shapes; S sequences, N tokens in all, F features, W words in all)
            `ids` [N], `starts` [S+1], `types` [N] where the tokenizer makes them,
            `labels` [F] (classification, choice), [N] (tagging), [F, 2] (span),
            `words` [W] and `word_starts` [F+1] (tagging), `offsets` [N, 2] and `example_of` [F]
            (span), and `gold` [bytes]: the examples themselves, packed.
        words_cut: number of words beyond `max_length` (tagging): no model sees them, and they
            count as wrong.
        rows_cut: number of examples some of whose text no model sees; `encoders` says what is cut.
    """

    kind: Kind
    pad: int
    width: int
    examples: int
    arrays: Mapping[str, Ints]
    words_cut: int = 0
    rows_cut: int = 0

    def __len__(self) -> int:
        return (len(self.arrays["starts"]) - 1) // self.width

    @cached_property
    def _sequence_lengths(self) -> Ints:
        starts = self.arrays["starts"]
        return (starts[1:] - starts[:-1]).reshape(-1, self.width)

    def lengths(self) -> Ints:
        """Tokens of each feature without padding [F]; of the longest choice where there are."""
        longest: Ints = self._sequence_lengths.max(axis=1)
        return longest

    def tokens(self) -> Ints:
        """Real tokens of each feature [F], over all its choices."""
        total: Ints = self._sequence_lengths.sum(axis=1)
        return total

    def batch(self, indices: Sequence[int]) -> dict[str, Ints]:
        """Return the features at `indices`, padded to the longest among them; B features.

        Multiple choice: `input_ids`, `attention_mask` [B, C, T] and `labels` [B]; others:
        [B, T] and `labels` [B] (classification), [B, T] with -100 but on a word's first piece
        (tagging), or `start` and `end` [B] (span; token indices, 0 where this window holds no
        answer). `token_type_ids` as `input_ids` where the tokenizer makes them. All int64.
        """
        rows = np.asarray(indices, dtype=np.int64)
        sequences = (rows[:, None] * self.width + np.arange(self.width)).reshape(-1)
        starts = self.arrays["starts"][sequences]
        lengths = self.arrays["starts"][sequences + 1] - starts
        mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
        taken = (starts[:, None] + np.arange(mask.shape[1]))[mask]
        made = {"input_ids": self._filled("ids", mask, taken, self.pad)}
        made["attention_mask"] = mask.astype(np.int64)
        if "types" in self.arrays:
            made["token_type_ids"] = self._filled("types", mask, taken, 0)
        if self.kind is Kind.MULTIPLE_CHOICE:
            shape = (len(rows), self.width, mask.shape[1])
            made = {name: array.reshape(shape) for name, array in made.items()}
        return made | self._targets(rows, mask, taken)

    def _targets(self, rows: Ints, mask: NDArray[np.bool_], taken: Ints) -> dict[str, Ints]:
        if self.kind is Kind.TAGGING:
            return {"labels": self._filled("labels", mask, taken, IGNORED)}
        labels = self.arrays["labels"][rows].astype(np.int64)
        if self.kind is Kind.SPAN:
            return {"start": labels[:, 0], "end": labels[:, 1]}
        return {"labels": labels}

    def _filled(self, name: str, mask: NDArray[np.bool_], taken: Ints, empty: int) -> Ints:
        filled = np.full(mask.shape, empty, dtype=np.int64)
        filled[mask] = self.arrays[name][taken]
        return filled

    def gold(self) -> tuple[Example, ...]:
        """The examples this was encoded from, in order, gold answers included."""
        return unpack(self.kind, self.arrays["gold"])

    def example_of_feature(self) -> Ints:
        """Index of the example each feature comes from [F]; rising, in order of windows."""
        if "example_of" in self.arrays:
            return self.arrays["example_of"]
        return np.arange(len(self))

    def offsets(self, feature: int) -> Ints:
        """Span QA: first and last-plus-one character in the context of each token [T, 2].

        (-1, -1) for tokens that are not the context's.
        """
        starts = self.arrays["starts"]
        return self.arrays["offsets"][starts[feature] : starts[feature + 1]]

    def word_positions(self, feature: int) -> Ints:
        """Tagging: token index of each word's first piece [words]; -1 if cut by `max_length`."""
        starts = self.arrays["word_starts"]
        return self.arrays["words"][starts[feature] : starts[feature + 1]]


def write_arrays(folder: Path, arrays: Mapping[str, Ints]) -> None:
    """Write each array as `<name>.npy`; a missing array was not made for this kind."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def map_arrays(folder: Path, digests: Mapping[str, str]) -> dict[str, Ints]:
    """Memory-map what `write_arrays` wrote, by name; `digests` has the `digest` of each.

    What is checked is what is returned: the mapped bytes, not the file a name stands for.

    Raises:
        OSError, ValueError: a file is missing, damaged or another.
    """
    found = {name: _mapped(folder / f"{name}.npy") for name in digests}
    for name, array in found.items():
        if digest(array) != digests[name]:
            raise ValueError(f"{folder / name}.npy does not hold what was written")
    return found


def digest(array: Ints) -> str:
    """SHA-256 of an array: type, shape and bytes."""
    made = hashlib.sha256(f"{array.dtype.str} {array.shape}\n".encode())
    made.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return made.hexdigest()


def _mapped(path: Path) -> Ints:
    # The plain view: indexing an np.memmap makes a subclass each time, at several times the cost.
    mapped: Ints = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    return mapped
