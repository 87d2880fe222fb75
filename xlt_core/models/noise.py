"""Dropout noise that depends on a seed and on nothing else: no global generator is touched.

One `Noise` belongs to one model. Before each forward pass it is told the seed of the step and which
rows of the whole batch are passing; masks are drawn for the whole batch and cut to those rows, so
that the micro-batch does not change them. Drawing 16 bits a value from a small counter-free
generator is also several times cheaper than torch's Bernoulli sampling on a CPU. Next: `swift`,
which calls it directly, and `model`, which puts `SharedDropout` in all other encoders.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

_VALUES = 1 << 16  # distinct noise values; a probability is rounded to a multiple of 1 / 65536


class Noise:
    """The source of one model's dropout masks; silent until `begin`."""

    def __init__(self) -> None:
        self.active = False
        self._start, self._rows, self._total = 0, 1, 1
        self._seed = 0
        self._host: np.random.SFC64 | None = None
        self._device: torch.Generator | None = None

    def begin(self, seed: int, start: int, rows: int, total: int) -> None:
        """Make the coming forward pass that of rows `start … start + rows` of `total` rows."""
        self.active = True
        self._seed, self._start, self._rows, self._total = seed, start, rows, total
        self._host = self._device = None

    def silence(self) -> None:
        """Drop nothing until the next `begin`."""
        self.active = False

    def mask(self, shape: Sequence[int], probability: float, like: Tensor) -> Tensor | None:
        """Factors to multiply by: 0 where dropped, 1 / (1 - p) elsewhere; None for no dropout.

        `shape` starts with the batch's rows, or a multiple of them (choices).
        """
        threshold = round(probability * _VALUES)
        if not self.active or threshold == 0:
            return None
        noise = self._draw(shape, like.device)
        factors = torch.empty(tuple(shape), dtype=like.dtype, device=like.device)
        torch.ge(noise, threshold - _VALUES // 2, out=factors)
        return factors.mul_(_VALUES / (_VALUES - threshold))

    def _draw(self, shape: Sequence[int], device: torch.device) -> Tensor:
        """Uniform 16-bit integers of `shape`: the rows that pass, cut from the whole batch's."""
        each, rest = divmod(shape[0], self._rows)
        if rest or self._rows == self._total:  # not by rows, or nothing to cut
            return self._bits(prod(shape), device).view(*shape)
        whole = self._bits(each * self._total * prod(shape[1:]), device)
        first = each * self._start
        return whole.view(-1, *shape[1:])[first : first + shape[0]]

    def _bits(self, count: int, device: torch.device) -> Tensor:
        words = -(-count // 4)
        if device.type == "cpu":
            if self._host is None:
                self._host = np.random.SFC64(self._seed)
            drawn = torch.from_numpy(self._host.random_raw(words).view(np.int16))
        else:
            if self._device is None:
                self._device = torch.Generator(device).manual_seed(self._seed)
            full = torch.empty(words, dtype=torch.int64, device=device)
            drawn = full.random_(-(2**63), None, generator=self._device).view(torch.int16)
        return drawn[:count]


class SharedDropout(nn.Module):
    """Dropout from a shared `Noise`; stands in for `nn.Dropout` in encoders and heads."""

    def __init__(self, probability: float, noise: Noise) -> None:
        super().__init__()
        self.probability = probability
        self.noise = noise

    @property
    def p(self) -> float:
        """The probability, by the name under which transformers' attention asks for it."""
        return self.probability

    def forward(self, values: Tensor) -> Tensor:
        """Drop and rescale; the identity while the noise is silent. Any shape, rows first."""
        mask = self.noise.mask(values.shape, self.probability, values)
        return values if mask is None else values * mask


def share_noise(module: nn.Module, noise: Noise) -> None:
    """Replace every `nn.Dropout` below `module` by one that draws from `noise`."""
    for name, child in module.named_children():
        if isinstance(child, nn.Dropout):
            setattr(module, name, SharedDropout(child.p, noise))
        else:
            share_noise(child, noise)
