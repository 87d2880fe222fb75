"""Encoders that run through transformers drop by our masks, whatever of torch they call."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from xlt_core.models.dropout_source import DropoutSource
from xlt_core.models.model import Model
from xlt_core.models.own_dropout import SharedDraws

SMALL = {
    "vocab_size": 30, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16,
    "intermediate_size": 32, "pad_token_id": 1,
}  # fmt: skip
OTHERS: dict[str, dict[str, Any]] = {
    "electra": SMALL | {"embedding_size": 16},
    "modernbert": SMALL | {"attention_dropout": 0.2, "mlp_dropout": 0.1, "local_attention": 4},
    "deberta-v2": SMALL | {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "distilbert": {
        "vocab_size": 30, "n_layers": 2, "n_heads": 2, "dim": 16, "hidden_dim": 32,
        "attention_dropout": 0.2,
    },
    "ernie": SMALL,
}  # fmt: skip


def model_of(kind: str, attention: str) -> Model:
    from transformers import AutoConfig, AutoModel

    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, attn_implementation=attention, **OTHERS[kind])
    model = Model(AutoModel.from_config(config))
    assert not model.is_swift
    return model.train()


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("kind", OTHERS)
class TestOthers:
    def test_masks_are_those_of_the_whole_batch(self, kind: str, attention: str) -> None:
        """Neither the micro-batch nor the global generator changes what a row gives."""
        if (kind, attention) == ("deberta-v2", "sdpa"):
            pytest.skip("transformers has no such attention for it")
        model = model_of(kind, attention)
        ids = torch.randint(3, 30, (6, 9))
        mask = torch.ones_like(ids)
        mask[0, 5:] = mask[4, 3:] = 0

        def states(first: int, last: int, seed: int = 5) -> Tensor:
            model.noise.begin(seed, first, last - first, 6)
            found: Tensor = model.hidden(ids[first:last], mask[first:last], None, first=True)
            return found

        whole = states(0, 6)
        torch.manual_seed(9)
        assert torch.equal(states(0, 6), whole)
        assert torch.allclose(torch.cat([states(0, 4), states(4, 6)]), whole, atol=1e-5)
        assert not torch.allclose(states(0, 6, seed=6), whole, atol=1e-5)
        model.noise.silence()
        model.eval()
        assert not torch.allclose(model.hidden(ids, mask, None, first=True), whole, atol=1e-5)


@pytest.mark.parametrize("heads", [4, 2], ids=["all heads", "shared keys"])
@pytest.mark.parametrize("mask", ["none", "causal", "bool", "float"])
def test_attention_is_torchs_but_for_the_masks(heads: int, mask: str) -> None:
    """With next to nothing dropped, the same values and gradients as without."""
    query, key, value = (torch.randn(3, n, 5, 8, requires_grad=True) for n in (4, heads, heads))
    seen = torch.rand(3, 1, 5, 5) > 0.4
    seen[..., 0] = True
    given: dict[str, Any] = {"enable_gqa": heads != 4, "is_causal": mask == "causal"}
    if mask in ("bool", "float"):
        unseen = torch.zeros(seen.shape).masked_fill(~seen, float("-inf"))
        given["attn_mask"] = seen if mask == "bool" else unseen
    found = []
    noise = DropoutSource()
    noise.begin(1, 0, 3, 3)
    for probability in (0.0, 1e-9):
        with SharedDraws(noise):
            mixed = F.scaled_dot_product_attention(
                query, key, value, dropout_p=probability, **given
            )
        found.append([mixed, *torch.autograd.grad(mixed.sin().sum(), (query, key, value))])
    for theirs, ours in zip(*found, strict=True):
        assert torch.allclose(theirs, ours, atol=1e-5)
