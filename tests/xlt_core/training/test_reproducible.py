"""What is computed reproducibly is so, or fails: nothing is let pass with a warning."""

from __future__ import annotations

import os

import pytest
import torch

from xlt_core.training.reproducible import reproducible

CPU = torch.device("cpu")


def test_an_operation_that_adds_up_in_any_order_fails_by_its_name() -> None:
    """A warning would leave attention's kernels on a GPU as they are."""
    with reproducible(CPU), pytest.raises(RuntimeError, match=r"put_.*deterministic"):
        torch.zeros(3).put_(torch.tensor([0, 0]), torch.ones(2), accumulate=False)


def test_products_on_a_gpu_are_given_a_workspace_of_a_fixed_size() -> None:
    """Torch refuses them without, and asks only when the first is computed."""
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] in (":4096:8", ":16:8")


@pytest.mark.parametrize(("strict", "warns"), [(False, False), (True, True), (True, False)])
def test_the_callers_flags_and_generators_are_left_as_they_were(strict: bool, warns: bool) -> None:
    """Also where what is computed fails."""
    torch.use_deterministic_algorithms(strict, warn_only=warns)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    try:
        with pytest.raises(ZeroDivisionError), reproducible(CPU):
            torch.rand(7)
            raise ZeroDivisionError
        assert torch.are_deterministic_algorithms_enabled() is strict
        assert torch.is_deterministic_algorithms_warn_only_enabled() is warns
        assert torch.equal(torch.rand(3), expected)
    finally:
        torch.use_deterministic_algorithms(False)
