"""What retrieval reads of an encoder: a middle layer's states, averaged over a sentence's tokens.

As XTREME does for Tatoeba (Hu et al. 2020, appendix; google-research/xtreme, `evaluate_retrieval`):
special tokens count, and the layer is the 8th of 12 and the 14th of 24.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.auto_class import AutoClass
from xlt_core.kinds.heads import Build

_LAYERS = {12: 8, 24: 14}
_ELSE = 2 / 3  # of an encoder that the reference does not know


class MeansOfLayer(AutoClass):
    """The bare encoder: who uses it averages the layer's states alike."""

    def logits(self, network: Any, batch: Mapping[str, Tensor]) -> Tensor:
        """Means over the tokens of both sentences [B, 2 · H]."""
        learning, last = RetrievalLearning(), int(network.config.num_hidden_layers)
        depth = learning.layer(last)
        flat = {name: values.flatten(0, -2) for name, values in batch.items()}
        found = network(**flat, output_hidden_states=True)
        states = found.last_hidden_state if depth == last else found.hidden_states[depth]
        return learning.logits(states, batch)


class RetrievalLearning:
    """See `xlt_core.kinds.learning`. Logits are the states of a row's two sentences, [B, 2 · H]."""

    reads_first = False
    auto_class = MeansOfLayer(
        "AutoModel",
        "feature-extraction",
        "The bare encoder. Sentences are alike by the cosine of a middle layer's states, averaged "
        "over all tokens: the 8th layer of 12, the 14th of 24, else the one at two thirds.",
    )
    together = 1
    moves_all_words = False

    def layer(self, layers: int) -> int:
        """The reference's, by the number of layers."""
        return _LAYERS.get(layers, max(1, round(_ELSE * layers)))

    def head(self, build: Build, labels: int) -> nn.Module:
        """None."""
        return nn.Identity()

    def logits(self, raw: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Means over tokens, padding left out; there is no mask where nothing is padded."""
        rows = len(batch["input_ids"])
        if "attention_mask" not in batch:
            return raw.mean(1).view(rows, -1)
        mask = batch["attention_mask"].flatten(0, -2).unsqueeze(-1).to(raw.dtype)
        return ((raw * mask).sum(1) / mask.sum(1)).view(rows, -1)

    def count(self, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """Rows."""
        return len(batch["input_ids"])

    def loss(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """There is none. Raises NotImplementedError."""
        raise NotImplementedError("nothing is trained for retrieval")
