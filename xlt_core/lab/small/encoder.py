"""`lab-small`: an encoder in XLM-R's format that "was pretrained" on the lab's languages.

Nothing is trained. The vector of a word is built from its concept: a direction for each property,
something of the concept's own, and noise that grows with the language's distance from English and
is half shared within a family. So what is learnt of English words holds for their translations,
less so the farther the language. The layers above are random.

Bits depend on the seed alone: plain uniform numbers and elementwise arithmetic, no library's
normal variates and no matrix product, whose last digits differ between machines. Torch is not
needed to write the folder. Neighbour: `world`.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xlt_core.lab.encoder_folder import (
    MASK,
    PAD,
    SPECIAL,
    EncoderSize,
    Floats,
    noise,
    parts,
    write_folder,
)
from xlt_core.lab.small.world import CLASSES, CONCEPTS, DISTANCE, DOMAINS, LANGUAGES, SmallWorld

SIZE = EncoderSize(hidden=48, layers=2, heads=4, inner=96, positions=130, scale=0.1)
HIDDEN = SIZE.hidden

# Strength of a property in a concept's vector, against 1 for what is the concept's own: large
# enough to be found in 60 steps, small enough that finding it beforehand pays.
WARMTH, DOMAIN, CLASS = 0.8, 0.5, 0.3
# Standard deviations. Words stand far apart so that fine-tuning moves the layers rather than the
# English words, which would leave their translations behind.
WORD_SCALE, POSITION_SCALE = 0.5, 0.05


def make_encoder(folder: Path, world: SmallWorld) -> None:
    """Write config, weights and tokenizer into `folder`, over what is there.

    `AutoTokenizer` and `AutoModel` load it. A null world has the encoder of its planted twin.
    """
    model = {"type": "WordLevel", "unk_token": "<unk>"}
    write_folder(folder, SIZE, _vocabulary(world), model, _weights(world))


def word_vectors(world: SmallWorld) -> dict[str, Floats]:
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


def _meanings(world: SmallWorld) -> Floats:
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


def _weights(world: SmallWorld) -> dict[str, NDArray[np.float32]]:
    """All tensors of an `XLMRobertaModel` by name."""
    special = _noise(world, "special tokens", len(SPECIAL) + 1, HIDDEN)
    special[PAD] = 0.0
    by_language = word_vectors(world)
    words = [by_language[language] for language in LANGUAGES]
    found = {
        "embeddings.word_embeddings.weight": WORD_SCALE
        * np.concatenate([special[:-1], *words, special[-1:]]),
        "embeddings.position_embeddings.weight": POSITION_SCALE
        * _noise(world, "positions", SIZE.positions, HIDDEN),
        "embeddings.token_type_embeddings.weight": np.zeros((1, HIDDEN)),
        **parts(SIZE, lambda purpose, *shape: _noise(world, purpose, *shape)),
    }
    found["embeddings.position_embeddings.weight"][PAD] = 0.0
    return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}


def _noise(world: SmallWorld, purpose: str, *shape: int) -> Floats:
    return noise(("lab-tiny", world.seed, purpose), *shape)


def _vocabulary(world: SmallWorld) -> list[str]:
    """All tokens in the order of their ids: XLM-R's special ones, words by language, the mask."""
    words = (word for language in LANGUAGES for word in world.lexicon[language])
    return [*SPECIAL, *words, MASK]
