"""Rates, clipping, and what is decayed."""

from __future__ import annotations

import pytest
import torch

from xlt_core.training.optimizer import clip, learning_rate, undecayed_names
from xlt_core.vocabulary.recipe import Recipe


class TestLearningRate:
    def test_it_rises_to_the_peak_and_falls(self) -> None:
        """Linear up over the warm-up, the peak once, linear down, above 0 to the end."""
        recipe = Recipe(steps=100, learning_rate=1.0, warmup=0.1)
        rates = [learning_rate(recipe, step, 100) for step in range(100)]
        assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)
        assert max(rates) == rates[10] == 1.0
        assert rates[0] == pytest.approx(1 / 11) and rates[-1] == pytest.approx(1 / 90)

    @pytest.mark.parametrize("warmup", [0.0, 1.0])
    def test_the_extremes_are_rates_too(self, warmup: float) -> None:
        """No warm-up starts at the peak; nothing but warm-up stays below it."""
        recipe = Recipe(steps=4, learning_rate=1.0, warmup=warmup)
        rates = [learning_rate(recipe, step, 4) for step in range(4)]
        assert all(0.0 < rate <= 1.0 for rate in rates)


class TestClip:
    @pytest.mark.parametrize(("limit", "norm"), [(1.0, 1.0), (100.0, 5.0)])
    def test_the_norm_is_bounded(self, limit: float, norm: float) -> None:
        """Gradients beyond the limit are scaled to it together; those within are untouched."""
        weights = [torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)]
        weights[0].grad, weights[1].grad = torch.tensor([3.0]), torch.tensor([4.0])
        clip(weights, limit)
        assert torch.cat([weight.grad for weight in weights]).norm().item() == pytest.approx(norm)


class TestDecay:
    """Biases and norms are not decayed, whatever an encoder calls them."""

    @pytest.mark.parametrize(
        "family",
        ["bert", "xlm-roberta", "deberta-v2", "t5", "mt5", "modernbert", "eurobert", "electra"],
    )
    def test_what_is_a_list_of_numbers_is_spared_and_no_matrix_is(self, family: str) -> None:
        """In these encoders only biases and norms are one-dimensional."""
        from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding

        sizes = {
            "vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 2, "intermediate_size": 32, "d_model": 16, "d_kv": 8,
            "d_ff": 32, "num_layers": 2, "num_heads": 2, "pad_token_id": 0,
            "norm_bias": True, "attention_bias": True,
        }  # fmt: skip
        config = AutoConfig.for_model(family, **sizes)
        kind = AutoModelForTextEncoding if family in ("t5", "mt5") else AutoModel
        model = kind.from_config(config)
        lists = {name for name, value in model.named_parameters() if value.dim() == 1}
        assert lists and undecayed_names(model) & dict(model.named_parameters()).keys() == lists
