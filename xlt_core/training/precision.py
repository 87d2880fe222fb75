"""What a stage is computed in: what its recipe says, or it is not computed.

bfloat16 is torch's autocast: weights and moments stay float32, products are bfloat16. CPUs compute
it too, slowly where they have no instructions for it: another precision would be another result
under the same key. Next: `loop`.
"""

from __future__ import annotations

import warnings

import torch

from xlt_core.vocabulary.errors import Mistake, UserMistake


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context in which a forward pass is computed in `precision` on `device`."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def check_precision(precision: str, device: torch.device) -> None:
    """Raise UserMistake where `device` does not compute in `precision` when asked to."""
    wanted = torch.bfloat16 if precision == "bfloat16" else torch.float32
    if _computed_in(precision, device) is not wanted:
        what = f"{device} does not compute in {precision}"
        remedy = "write float32, or train on a device that has it"
        raise UserMistake(Mistake("recipe.precision", what, remedy))


def _computed_in(precision: str, device: torch.device) -> torch.dtype | None:
    """The type of a product as it comes out on `device`; None where it cannot be had.

    Torch refuses what some devices lack and, with a warning, leaves it out on others.
    """
    one = torch.ones(1, 1, device=device)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with autocast(precision, device):
                return (one @ one).dtype
    except RuntimeError:
        return None
