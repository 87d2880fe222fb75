"""An encoded split: ragged flat arrays, memory-mapped, and batches cut out of them.

`xlt_core.data.encoding` makes and caches these; training and evaluation read them. Sequences lie
end to end in `ids`, sequence *s* at `starts[s]:starts[s + 1]`; a feature is one sequence, or as
many as a row has choices. `batch` is in the hot loop and fills whole arrays at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from xlt_core.kinds.example import Example
from xlt_core.kinds.gold import unpack
from xlt_core.kinds.kind import Ints, Layout, TaskKind


@dataclass(frozen=True)
class EncodedSplit:
    """One split of one task in one language as token ids.

    Attributes:
        kind: what a model has to do with it.
        pad: the tokenizer's pad id.
        width: sequences a feature has: the number of choices, 1 for other kinds.
        examples: number of examples; features are as many, or more where contexts are windowed.
        arrays: by name (S sequences, N tokens in all, F features, W words in all)
            `ids` [N], `starts` [S+1], `types` [N] where the tokenizer makes them,
            `example_of` [F] where examples have several features, what the kind's `encode`
            names, and `gold` [bytes]: the examples themselves, packed.
        words_cut: number of words beyond `max_length` where words are what is predicted: no model
            sees them, and they count as wrong.
        rows_cut: number of examples some of whose text no model sees; the kind says what is cut.
    """

    kind: TaskKind
    pad: int
    width: int
    examples: int
    arrays: Mapping[str, Ints]
    words_cut: int = 0
    rows_cut: int = 0

    def __len__(self) -> int:
        return (len(self.arrays["starts"]) - 1) // self.width

    @property
    def bytes(self) -> int:
        """What the arrays take."""
        return sum(array.nbytes for array in self.arrays.values())

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

    def batch(self, indices: Sequence[int], seed: int | None = None) -> dict[str, Ints]:
        """Return the features at `indices`, padded to the longest among them; B features.

        `input_ids` and `attention_mask` [B, T], or [B, C, T] where a row has choices;
        `token_type_ids` alike where the tokenizer makes them; and the kind's targets. All int64,
        targets perhaps float32.

        Args:
            seed: of what the kind draws at random, where the rows are trained on; see `Layout`.
        """
        rows = np.asarray(indices, dtype=np.int64)
        sequences = (rows[:, None] * self.width + np.arange(self.width)).reshape(-1)
        starts = self.arrays["starts"][sequences]
        lengths = self.arrays["starts"][sequences + 1] - starts
        mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
        taken = (starts[:, None] + np.arange(mask.shape[1]))[mask]
        layout = Layout(mask, taken, seed)
        made = {
            "input_ids": layout.filled(self.arrays["ids"], self.pad),
            "attention_mask": mask.astype(np.int64),
        }
        if "types" in self.arrays:
            made["token_type_ids"] = layout.filled(self.arrays["types"], 0)
        if self.kind.has_choices:
            shape = (len(rows), self.width, mask.shape[1])
            made = {name: array.reshape(shape) for name, array in made.items()}
        return made | self.kind.targets(self, rows, layout)

    def gold(self) -> tuple[Example, ...]:
        """The examples this was encoded from, in order, gold answers included."""
        return unpack(self.kind, self.arrays["gold"])

    def example_of_feature(self) -> Ints:
        """Index of the example each feature comes from [F]; rising, in order of windows."""
        if "example_of" in self.arrays:
            return self.arrays["example_of"]
        return np.arange(len(self))


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
