"""Where dropout's masks come from: an endless table, the same wherever one begins to read."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from xlt_core.models.dropout_source import DropoutSource, Toeplitz

CPU = torch.device("cpu")
ROWS = st.integers(0, 40)
PLACES = st.integers(0, 100_000)


@given(row=ROWS, first=PLACES, skipped=PLACES, count=st.integers(1, 50_000))
def test_any_part_is_read_alike(row: int, first: int, skipped: int, count: int) -> None:
    """Neither where reading begins nor what was read before changes a value."""
    whole = Toeplitz(5, CPU).values(row, first, skipped + count)
    table = Toeplitz(5, CPU)
    table.values(0, 0, 7)
    assert torch.equal(table.values(row, first + skipped, count), whole[skipped:])


def test_values_are_uniform_and_masks_independent() -> None:
    """Sixteen fair bits; within a mask and between masks, neighbours or far apart, no relation."""
    values = Toeplitz(11, CPU).values(3, 0, 1_000_000).to(torch.int32) & 0xFFFF
    for bit in range(16):
        assert abs((values >> bit & 1).double().mean().item() - 0.5) < 0.003
    noise = DropoutSource()
    noise.begin(11, 0, 1000, 1000)
    first, second = (noise.mask((1000, 300), 0.5, torch.zeros(1)) for _ in range(2))
    assert first is not None
    assert second is not None
    drawn = torch.stack([first.flatten(), second.flatten()]).double() - 1
    for apart in (1, 2, 300, (1 << 14) - 1, 1 << 14, (1 << 14) + 1):
        for one in (0, 1):
            for other in (0, 1):
                related = (drawn[one, :-apart] * drawn[other, apart:]).mean().item()
                assert abs(related) < 0.01, (apart, one, other)
