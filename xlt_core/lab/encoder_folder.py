"""Folders of encoders in XLM-R's format: config, weights and tokenizer, written without torch.

Bits depend on what is asked for alone: plain uniform numbers and elementwise arithmetic, no
library's normal variates and no matrix product, whose last digits differ between machines.
Neighbours: `skeleton` and `small.encoder`, which write theirs by it.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xlt_core.vocabulary.fingerprint import derived_seed

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MASK = "<mask>"
PAD = 1

Floats = NDArray[np.float64]
Noise = Callable[..., Floats]


@dataclass(frozen=True)
class EncoderSize:
    """The size of an encoder; `scale` is the standard deviation of its layers' weights."""

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    scale: float


def noise(seeds: Sequence[str | int], *shape: int) -> Floats:
    """Uniform numbers of mean 0 and variance 1, a stream of its own for each list of `seeds`."""
    generator = np.random.Generator(np.random.PCG64(derived_seed(*seeds)))
    return (2.0 * generator.random(shape) - 1.0) * math.sqrt(3.0)


def write_folder(
    folder: Path,
    size: EncoderSize,
    tokens: Sequence[str],
    model: Mapping[str, object],
    weights: Mapping[str, NDArray[np.float32]],
) -> None:
    """Write an encoder into `folder`, over what is there.

    Args:
        tokens: by id, the special ones first and the mask last.
        model: the tokenizer's model but for its vocabulary, as `tokenizer.json` has it.
        weights: all tensors of an `XLMRobertaModel` by name.
    """
    from safetensors.numpy import save

    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "config.json", _json(_config(size, len(tokens))))
    _write(folder / "tokenizer_config.json", _json(_tokenizer_config(size)))
    _write(folder / "tokenizer.json", _json(_tokenizer(tokens, model)))
    _write(folder / "model.safetensors", save(dict(weights), metadata={"format": "pt"}))


def parts(size: EncoderSize, noise: Noise) -> dict[str, Floats]:
    """All tensors but the embeddings' tables; `noise` draws those of a purpose and size."""
    hidden = size.hidden
    found = _norm("embeddings.LayerNorm", hidden)
    found |= _linear(size, noise, "pooler.dense", hidden, hidden)
    for number in range(size.layers):
        found |= _layer(size, noise, f"encoder.layer.{number}")
    return found


def _layer(size: EncoderSize, noise: Noise, name: str) -> dict[str, Floats]:
    hidden, inner = size.hidden, size.inner
    found = {
        **_norm(f"{name}.attention.output.LayerNorm", hidden),
        **_norm(f"{name}.output.LayerNorm", hidden),
        **_linear(size, noise, f"{name}.intermediate.dense", inner, hidden),
        **_linear(size, noise, f"{name}.output.dense", hidden, inner),
    }
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        found |= _linear(size, noise, f"{name}.attention.{part}", hidden, hidden)
    return found


def _linear(
    size: EncoderSize, noise: Noise, name: str, outputs: int, inputs: int
) -> dict[str, Floats]:
    weight = size.scale * noise(name, outputs, inputs)
    return {f"{name}.weight": weight, f"{name}.bias": np.zeros(outputs)}


def _norm(name: str, hidden: int) -> dict[str, Floats]:
    return {f"{name}.weight": np.ones(hidden), f"{name}.bias": np.zeros(hidden)}


def _config(size: EncoderSize, tokens: int) -> dict[str, object]:
    return {
        "architectures": ["XLMRobertaModel"],
        "model_type": "xlm-roberta",
        "vocab_size": tokens,
        "hidden_size": size.hidden,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "intermediate_size": size.inner,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": size.positions,
        "type_vocab_size": 1,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-05,
        "bos_token_id": 0,
        "pad_token_id": PAD,
        "eos_token_id": 2,
        "dtype": "float32",
    }


def _tokenizer_config(size: EncoderSize) -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": size.positions - 2,
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": MASK,
    }


def _tokenizer(tokens: Sequence[str], model: Mapping[str, object]) -> dict[str, object]:
    """Words are parted at spaces; pairs are `<s> A </s> </s> B </s>`, as XLM-R's."""
    identity = {token: number for number, token in enumerate(tokens)}
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    start, end = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("<s>", "</s>"))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special(token, identity[token]) for token in (*SPECIAL, MASK)],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, first, end],
            "pair": [start, first, end, end, second, end],
            "special_tokens": {
                token: {"id": token, "ids": [identity[token]], "tokens": [token]}
                for token in ("</s>", "<s>")
            },
        },
        "decoder": None,
        "model": {"type": model["type"], "vocab": identity, **model},
    }


def _special(token: str, number: int) -> dict[str, object]:
    return {
        "id": number,
        "content": token,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }


def _json(value: Mapping[str, object]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all: another process may be reading."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
