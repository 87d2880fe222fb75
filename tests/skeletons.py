"""A skeleton for the lab: its tokenizer, and an encoder in XLM-R's format with random weights."""

from __future__ import annotations

from pathlib import Path

from xlt_core.lab.small.encoder import make_encoder
from xlt_core.lab.small.world import SmallWorld
from xlt_core.models.pretrainings import Pretraining
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import SourceRef

SMALL = Recipe(steps=4, batch_size=16, learning_rate=1e-3, max_length=32)


def lab_skeleton(folder: Path, hidden: int = 16, layers: int = 1, seed: int = 0) -> Path:
    """Its folder. `hidden` is a multiple of 4; as wide inside as twice that."""
    import torch
    from transformers import AutoConfig, XLMRobertaModel

    make_encoder(folder, SmallWorld())
    config = AutoConfig.from_pretrained(folder)
    config.hidden_size, config.num_hidden_layers = hidden, layers
    config.intermediate_size = 2 * hidden
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    config.initializer_range = 0.05
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def lab_pretraining(skeleton: Path, recipe: Recipe = SMALL, **more: object) -> Pretraining:
    """On the texts of the lab's four languages."""
    languages = ("en", "qla", "qlb", "qlc")
    return Pretraining(str(skeleton), SourceRef("lab"), languages, recipe, **more)  # type: ignore[arg-type]
