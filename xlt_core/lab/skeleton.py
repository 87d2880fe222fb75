"""An encoder that has seen nothing yet: XLM-R's format, the lab's words as pieces, random weights.

To be pretrained on `texts`. A word is its stem and its endings, a piece each; where two languages
share script and stem they share the piece. A null world has its twin's. Neighbour:
`encoder_folder`.
"""

from __future__ import annotations

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
from xlt_core.lab.grammar import END
from xlt_core.lab.lexicon import lexicons
from xlt_core.lab.world import World

SIZE = EncoderSize(hidden=64, layers=2, heads=4, inner=128, positions=130, scale=0.05)
EMBEDDING_SCALE = 0.05  # standard deviation
_INSIDE = "##"


def write_skeleton(folder: Path, world: World) -> None:
    """Write config, weights and tokenizer into `folder`, over what is there.

    `AutoTokenizer`, `AutoModel` and `AutoModelForMaskedLM` (whose head they make anew) load it.
    """
    model = {
        "type": "WordPiece",
        "unk_token": "<unk>",
        "continuing_subword_prefix": _INSIDE,
        "max_input_chars_per_word": 100,
    }
    pieces = vocabulary(world)
    write_folder(folder, SIZE, pieces, model, _weights(world, len(pieces)))


def vocabulary(world: World) -> list[str]:
    """All pieces in the order of their ids: XLM-R's special ones, stems, endings, the mask."""
    words = lexicons(world).values()
    whole = [stem for one in words for stem in (*one.stems, *one.particles.values())]
    inside = [_INSIDE + ending for one in words for ending in one.endings.values()]
    return [*SPECIAL, *dict.fromkeys([END, *whole, *inside]), MASK]


def _weights(world: World, pieces: int) -> dict[str, NDArray[np.float32]]:
    """All tensors of an `XLMRobertaModel` by name."""

    def draw(purpose: str, *shape: int) -> Floats:
        return noise(("lab skeleton", world.seed, purpose), *shape)

    tables = {
        "embeddings.word_embeddings.weight": draw("words", pieces, SIZE.hidden),
        "embeddings.position_embeddings.weight": draw("positions", SIZE.positions, SIZE.hidden),
    }
    found = {name: EMBEDDING_SCALE * table for name, table in tables.items()}
    for table in found.values():
        table[PAD] = 0.0
    found["embeddings.token_type_embeddings.weight"] = np.zeros((1, SIZE.hidden))
    found |= parts(SIZE, draw)
    return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}
