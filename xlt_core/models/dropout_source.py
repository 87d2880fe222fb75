"""Dropout noise that depends on a seed and on nothing else: no global generator, no device.

One `DropoutSource` belongs to one model. Before each forward pass it is told the seed of the step
and which rows of the whole batch are passing; a mask's values are addressed within the whole batch,
so that neither the micro-batch nor the device changes them. Next: `fast_bert`, which calls it
directly, and
`model`, which puts `SharedDropout` in all other encoders, and `own_dropout` for the rest of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

_VALUES = 1 << 16  # distinct noise values; a probability is rounded to a multiple of 1 / 65536
_WIDTH = 1 << 14  # values in a row of the table; they and their neighbours stay in a core's cache


class Toeplitz:
    """An endless table of uniform 16-bit integers, [k, j] = across[j] + along[k + j].

    Any three of its values are independent (Mansour, Nisan and Tiwari 1990, "The computational
    complexity of universal hashing", section 3: Toeplitz matrices). Only two short lists are drawn,
    on the host; the rest is one addition a value, exact and the same on every device.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self._source = np.random.SFC64(seed)
        self._device = device
        self._across = self._draw(_WIDTH)
        self._along = self._draw(2 * _WIDTH)

    def values(self, row: int, first: int, count: int) -> Tensor:
        """`count` values [count] from the `first` one after the beginning of row `row`."""
        rows, column = divmod(first, _WIDTH)
        row += rows
        last = column + count
        if last <= _WIDTH:
            along = self._until(row + last)
            return self._across[column:last] + along[row + column : row + last]
        height = -(-last // _WIDTH)
        along = self._until(row + height + _WIDTH).as_strided((height, _WIDTH), (1, 1), row)
        values = torch.empty_like(along, memory_format=torch.contiguous_format)
        torch.add(self._across, along, out=values)
        return values.view(-1)[column:last]

    def _until(self, length: int) -> Tensor:
        """`along`, drawn further where it is shorter than `length`; it comes of one stream."""
        while len(self._along) < length:
            self._along = torch.cat([self._along, self._draw(len(self._along))])
        return self._along

    def _draw(self, count: int) -> Tensor:
        words = self._source.random_raw(count // 4)
        return torch.from_numpy(words.view(np.int16)).to(self._device)


class DropoutSource:
    """The source of one model's dropout masks; silent until `begin`."""

    def __init__(self) -> None:
        self.active = False
        self._start, self._rows, self._total = 0, 1, 1
        self._seed, self._row = 0, 0
        self._table: Toeplitz | None = None

    def begin(self, seed: int, start: int, rows: int, total: int) -> None:
        """Make the coming forward pass that of rows `start … start + rows` of `total` rows."""
        self.active = True
        self._seed, self._start, self._rows, self._total = seed, start, rows, total
        self._table, self._row = None, 0

    def silence(self) -> None:
        """Drop nothing until the next `begin`."""
        self.active = False

    def mask(
        self, shape: Sequence[int], probability: float, like: Tensor, by_rows: bool = True
    ) -> Tensor | None:
        """Factors to multiply by: 0 where dropped, 1 / (1 - p) elsewhere; None for no dropout.

        Args:
            shape: starts with the batch's rows, or a multiple of them (choices, attention heads).
            by_rows: False where it does not: all rows share what is dropped.
        """
        threshold = round(probability * _VALUES)
        if not self.active or threshold == 0:
            return None
        noise = self._draw(shape, like.device, by_rows)
        factors = torch.empty(tuple(shape), dtype=like.dtype, device=like.device)
        torch.ge(noise, threshold - _VALUES // 2, out=factors)
        return factors.mul_(_VALUES / (_VALUES - threshold))

    def _draw(self, shape: Sequence[int], device: torch.device, by_rows: bool) -> Tensor:
        """Uniform 16-bit integers of `shape`: the rows that pass, of the whole batch's."""
        if self._table is None:
            self._table = Toeplitz(self._seed, device)
        count = whole = prod(shape)
        skipped = 0
        each, rest = divmod(shape[0], self._rows)
        if by_rows and not rest:  # the whole batch has more of them
            one = each * prod(shape[1:])
            whole, skipped = one * self._total, one * self._start
        row, self._row = self._row, self._row - (-whole // _WIDTH)
        return self._table.values(row, skipped, count).view(*shape)


def is_by_rows(values: Tensor) -> bool:
    """Whether what an encoder drops belongs to rows: two dimensions are a table of embeddings."""
    return values.dim() > 2


class SharedDropout(nn.Module):
    """Dropout from a shared `DropoutSource`; stands in for `nn.Dropout` in encoders and heads."""

    def __init__(self, probability: float, noise: DropoutSource, in_encoder: bool = False) -> None:
        super().__init__()
        self.probability = probability
        self.noise = noise
        self.in_encoder = in_encoder

    @property
    def p(self) -> float:
        """The probability, by the name under which transformers' attention asks for it."""
        return self.probability

    def forward(self, values: Tensor) -> Tensor:
        """Drop and rescale; the identity while the noise is silent. Any shape, rows first."""
        by_rows = not self.in_encoder or is_by_rows(values)
        mask = self.noise.mask(values.shape, self.probability, values, by_rows)
        return values if mask is None else values * mask


def share_noise(module: nn.Module, noise: DropoutSource) -> None:
    """Replace every `nn.Dropout` below an encoder's `module` by one that draws from `noise`."""
    for name, child in module.named_children():
        if isinstance(child, nn.Dropout):
            setattr(module, name, SharedDropout(child.p, noise, in_encoder=True))
        else:
            share_noise(child, noise)
