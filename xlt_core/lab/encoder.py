"""`lab-tiny`: an encoder in XLM-R's format that "was pretrained" on the lab's languages.

Nothing is trained. The vector of a word is built from its concept: a direction for each property,
something of the concept's own, and noise that grows with the language's distance from English and
is half shared within a family. So what is learnt of English words holds for their translations,
less so the farther the language. The layers above are random.

Bits depend on the seed alone: plain uniform numbers and elementwise arithmetic, no library's
normal variates and no matrix product, whose last digits differ between machines. Torch is not
needed to write the folder. Neighbour: `world`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xlt_core.lab.world import CLASSES, CONCEPTS, DISTANCE, DOMAINS, LANGUAGES, World
from xlt_core.vocabulary.fingerprint import derived_seed

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 48, 2, 4, 96, 130
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MASK = "<mask>"
PAD = 1

# Strength of a property in a concept's vector, against 1 for what is the concept's own: large
# enough to be found in 60 steps, small enough that finding it beforehand pays.
WARMTH, DOMAIN, CLASS = 0.8, 0.5, 0.3
# Standard deviations. Words stand far apart so that fine-tuning moves the layers rather than the
# English words, which would leave their translations behind.
WORD_SCALE, POSITION_SCALE, WEIGHT_SCALE = 0.5, 0.05, 0.1

Floats = NDArray[np.float64]


def make_encoder(folder: Path, world: World) -> None:
    """Write config, weights and tokenizer into `folder`, over what is there.

    `AutoTokenizer` and `AutoModel` load it. A null world has the encoder of its planted twin.
    """
    from safetensors.numpy import save

    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "config.json", _json(_config()))
    _write(folder / "tokenizer_config.json", _json(_tokenizer_config()))
    _write(folder / "tokenizer.json", _json(_tokenizer(world)))
    _write(folder / "model.safetensors", save(_weights(world), metadata={"format": "pt"}))


def word_vectors(world: World) -> dict[str, Floats]:
    """Language → vectors of its words [CONCEPTS, HIDDEN], mean near 0, variance near 1."""
    meaning = _meanings(world)
    family = _noise(world, "family Lab-A", CONCEPTS, HIDDEN)
    vectors = {}
    for language in LANGUAGES:
        noise = _noise(world, f"language {language}", CONCEPTS, HIDDEN)
        if language in ("qla", "qlb"):
            noise = (family + noise) / math.sqrt(2.0)
        distance = DISTANCE[language]
        vectors[language] = (meaning + distance * noise) / math.sqrt(1.0 + distance * distance)
    return vectors


def _meanings(world: World) -> Floats:
    """Vectors of the concepts [CONCEPTS, HIDDEN]."""
    warmth = _noise(world, "warmth", HIDDEN)
    domains = _noise(world, "domains", DOMAINS, HIDDEN)
    classes = _noise(world, "classes", CLASSES, HIDDEN)
    found = _noise(world, "concepts", CONCEPTS, HIDDEN)
    for concept in world.concepts:
        found[concept.index] += WARMTH * concept.warmth * warmth
        found[concept.index] += DOMAIN * domains[concept.domain]
        found[concept.index] += CLASS * classes[concept.word_class]
    # Warmth is absent from a third of the concepts, hence the two thirds.
    variance = 1.0 + WARMTH**2 * 2.0 / 3.0 + DOMAIN**2 + CLASS**2
    return found / math.sqrt(variance)


def _weights(world: World) -> dict[str, NDArray[np.float32]]:
    """All tensors of an `XLMRobertaModel` by name."""
    special = _noise(world, "special tokens", len(SPECIAL) + 1, HIDDEN)
    special[PAD] = 0.0
    by_language = word_vectors(world)
    words = [by_language[language] for language in LANGUAGES]
    found = {
        "embeddings.word_embeddings.weight": WORD_SCALE
        * np.concatenate([special[:-1], *words, special[-1:]]),
        "embeddings.position_embeddings.weight": POSITION_SCALE
        * _noise(world, "positions", POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": np.zeros((1, HIDDEN)),
        **_norm("embeddings.LayerNorm"),
        **_linear(world, "pooler.dense", HIDDEN, HIDDEN),
    }
    found["embeddings.position_embeddings.weight"][PAD] = 0.0
    for number in range(LAYERS):
        found |= _layer(world, f"encoder.layer.{number}")
    return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}


def _layer(world: World, name: str) -> dict[str, Floats]:
    found = {
        **_norm(f"{name}.attention.output.LayerNorm"),
        **_norm(f"{name}.output.LayerNorm"),
        **_linear(world, f"{name}.intermediate.dense", INNER, HIDDEN),
        **_linear(world, f"{name}.output.dense", HIDDEN, INNER),
    }
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        found |= _linear(world, f"{name}.attention.{part}", HIDDEN, HIDDEN)
    return found


def _linear(world: World, name: str, outputs: int, inputs: int) -> dict[str, Floats]:
    weight = WEIGHT_SCALE * _noise(world, name, outputs, inputs)
    return {f"{name}.weight": weight, f"{name}.bias": np.zeros(outputs)}


def _norm(name: str) -> dict[str, Floats]:
    return {f"{name}.weight": np.ones(HIDDEN), f"{name}.bias": np.zeros(HIDDEN)}


def _noise(world: World, purpose: str, *shape: int) -> Floats:
    """Uniform numbers of mean 0 and variance 1, a stream of its own for each purpose."""
    generator = np.random.Generator(np.random.PCG64(derived_seed("lab-tiny", world.seed, purpose)))
    return (2.0 * generator.random(shape) - 1.0) * math.sqrt(3.0)


def _vocabulary(world: World) -> list[str]:
    """All tokens in the order of their ids: XLM-R's special ones, words by language, the mask."""
    words = (word for language in LANGUAGES for word in world.lexicon[language])
    return [*SPECIAL, *words, MASK]


def _config() -> dict[str, object]:
    return {
        "architectures": ["XLMRobertaModel"],
        "model_type": "xlm-roberta",
        "vocab_size": len(SPECIAL) + len(LANGUAGES) * CONCEPTS + 1,
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 1,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-05,
        "bos_token_id": 0,
        "pad_token_id": PAD,
        "eos_token_id": 2,
        "dtype": "float32",
    }


def _tokenizer_config() -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": POSITIONS - 2,
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": MASK,
    }


def _tokenizer(world: World) -> dict[str, object]:
    """A tokenizer of whole words; pairs are `<s> A </s> </s> B </s>`, as XLM-R's."""
    tokens = _vocabulary(world)
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
        "model": {"type": "WordLevel", "vocab": identity, "unk_token": "<unk>"},
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
