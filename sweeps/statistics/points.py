"""Points as people read them."""

from __future__ import annotations


def signed(points: float) -> str:
    """With sign and two digits; what rounds to nothing is no loss: `+0.00`, never `-0.00`."""
    return f"{round(points, 2) + 0.0:+.2f}"
