"""A device computes in what it is asked for, or says that it does not."""

from __future__ import annotations

import pytest
import torch

from xlt_core.training.precision import autocast, check_precision
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.recipe import PRECISIONS, Recipe

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_is_asked_for_is_computed(name: str, precision: str) -> None:
    """Products come out in the precision's own type."""
    device = torch.device(name)
    check_precision(precision, device)
    with autocast(precision, device):
        product = torch.ones(2, 2, device=device) @ torch.ones(2, 2, device=device)
    assert product.dtype is getattr(torch, precision)


def test_a_device_that_does_not_refuses() -> None:
    """It is the user's mistake, with a remedy: nothing is computed otherwise under the key."""
    with pytest.raises(UserMistake, match=r"recipe\.precision.*meta.*\n.*float32"):
        check_precision("bfloat16", torch.device("meta"))


@pytest.mark.parametrize("field", ["precision", "head"])
def test_a_recipe_holds_no_word_that_is_not_honoured(field: str) -> None:
    """`float16` would have been computed as float32, under a key of its own."""
    with pytest.raises(ValueError, match="one of"):
        Recipe(steps=1, **{field: "float16"})
