"""A model: one encoder and a head for each task it is trained or scored on.

Weights are named `encoder.…` and `head.<task>.…`. Parts of a forward pass live in `fast_bert` (BERT
family) or in transformers (all others); masks of dropout come from `dropout_source`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.heads import Build, applied, fresh
from xlt_core.kinds.outputs import Outputs, Rows
from xlt_core.kinds.tokenizer import Tokenizer
from xlt_core.models import fast_bert, flat
from xlt_core.models.dropout_source import SharedDropout
from xlt_core.models.head_spec import HeadSpec
from xlt_core.models.learner import Learner
from xlt_core.models.limits import Limits, limits_of, own_dropout
from xlt_core.models.logits import features_logits
from xlt_core.models.parts import Config, bert_of, words_of
from xlt_core.tasks.task import Task


class Heads(nn.ModuleDict):
    """Heads by their modules' names, which may be any: `type` and `train` are tasks like others."""

    def add_module(self, name: str, module: nn.Module | None) -> None:
        """As of any module, but that what torch calls its own parts is no reason to refuse: heads
        are asked for by `[…]` alone."""
        if module is not None:
            self._modules[name] = module

    def __setattr__(self, name: str, value: Any) -> None:
        """`training`, which torch sets, is no head of a task that is called so."""
        if name == "training":
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)


class Model(Learner):
    """An encoder with heads by task name.

    Attributes:
        flat: whether passes that may run over real tokens alone do so; None: where that is faster.
    """

    def __init__(self, encoder: nn.Module, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(encoder, tokenizer)
        self.head = Heads()
        self._config = self.config
        self._built = fast_bert.structure(encoder)
        self._swift = fast_bert.is_swift(self._config)
        self.flat: bool | None = None

    @property
    def is_swift(self) -> bool:
        """Whether the forward pass is `fast_bert`'s."""
        return self._swift

    @staticmethod
    def network(config: Config) -> type[nn.Module]:
        """The bare encoder; of a text-to-text model its encoder alone."""
        from transformers import MODEL_FOR_TEXT_ENCODING_MAPPING, MODEL_MAPPING

        encoders = MODEL_FOR_TEXT_ENCODING_MAPPING
        found = encoders if type(config) in encoders else MODEL_MAPPING
        network: type[nn.Module] = found[type(config)]
        return network

    @property
    def narrows_words(self) -> bool:
        """Where the forward pass is `fast_bert`'s."""
        return self._swift

    def look_again(self) -> None:
        """See `Learner`: `fast_bert` would pass them by."""
        known = fast_bert.is_swift(self._config)
        self._swift = known and fast_bert.structure(self.encoder) == self._built

    @property
    def limits(self) -> Limits:
        """See `Learner`."""
        return limits_of(self.encoder, self._config, drops_any=self._swift)

    def add_head(self, task: str, spec: HeadSpec, seed: int) -> None:
        """See `Learner`."""
        build = Build(
            int(self._config.hidden_size),
            lambda: SharedDropout(self._dropout(), self.noise),
            lambda: words_of(self.encoder).get_input_embeddings().weight,
        )
        head = fresh(lambda: spec.kind.learning.head(build, len(spec.labels)), seed)
        self.head[_module_name(task)] = head.to(next(self.encoder.parameters()).device)
        self.specs[task] = spec

    def set_attention_dropout(self, probability: float | None) -> None:
        """See `Learner`."""
        super().set_attention_dropout(probability)
        if not self._swift:
            return
        own = own_dropout(self._config)
        for layer in bert_of(self.encoder).encoder.layer:
            layer.attention.self.dropout.probability = own if probability is None else probability

    def _packs(self, device: torch.device) -> bool:
        """Whether the coming pass runs over real tokens alone: see `flat`."""
        draws = self.noise.active and any(
            fast_bert.probability(layer.attention.self.dropout) > 0
            for layer in bert_of(self.encoder).encoder.layer
        )
        return not draws and (flat.is_worth_it(device) if self.flat is None else self.flat)

    def head_of(self, task: str) -> nn.Module:
        """The head of a task."""
        return self.head[_module_name(task)]

    def drop_heads(self) -> None:
        """See `Learner`."""
        self.head = Heads()
        self.specs = {}
        self.look_again()

    def forward(self, task: str, batch: Mapping[str, Tensor]) -> Tensor:
        """Logits of a batch, one entry a row first; then as the kind's `Learning` has them."""
        learning = self.specs[task].kind.learning
        flat = {name: batch[name].flatten(0, -2) for name in _INPUTS if name in batch}
        hidden = self.hidden(
            flat["input_ids"],
            flat.get("attention_mask"),
            flat.get("token_type_ids"),
            first=learning.reads_first,
            depth=learning.layer(int(self._config.num_hidden_layers)),
        )
        raw = applied(self.head[_module_name(task)], hidden, batch)
        return learning.logits(raw.float(), batch)

    def count(self, task: str, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """See `Learner`."""
        return self.specs[task].kind.learning.count(batch)

    def together(self, task: str) -> int:
        """See `Learner`."""
        return self.specs[task].kind.learning.together

    def loss(self, task: str, batch: Mapping[str, Tensor]) -> Tensor:
        """See `Learner`."""
        return self.specs[task].kind.learning.loss(self(task, batch), batch)

    def predict(self, task: str, rows: Rows, of: Task) -> list[object]:
        """See `Learner`."""
        return rows.split.kind.predictions(self._outputs(task, rows), of)

    def _outputs(self, task: str, rows: Rows) -> Outputs:
        beside = tuple(self._outputs(task, others) for others in rows.beside)
        return Outputs(rows, features_logits(self, task, rows.split), beside)

    def hidden(
        self,
        ids: Tensor,
        mask: Tensor | None,
        types: Tensor | None,
        first: bool,
        depth: int | None = None,
    ) -> Tensor:
        """States of a layer: [B, T, H], or of the first token, [B, H].

        Args:
            mask: None where nothing is padded.
            types: None for encoders without token types.
            depth: which layer's, counted from 1; None for the last.
        """
        if self._swift:
            bert, present = bert_of(self.encoder), None if mask is None else mask.bool()
            if present is not None and self._packs(ids.device):
                return flat.encode(bert, ids, present, types, self.noise, first, depth)
            return fast_bert.encode(bert, ids, present, types, self.noise, first, depth)
        inputs = {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids) if mask is None else mask,
        }
        if types is not None:
            inputs["token_type_ids"] = types
        with self.draws():
            states = self._states(inputs, depth)
        return states[:, 0] if first else states

    def _states(self, inputs: dict[str, Tensor], depth: int | None) -> Tensor:
        """A layer's states by transformers' own modules."""
        last = int(self._config.num_hidden_layers)
        if depth in (None, last):
            states: Tensor = self.encoder(**inputs).last_hidden_state
        else:  # the first is what goes into the first layer
            states = self.encoder(**inputs, output_hidden_states=True).hidden_states[depth]
        return states

    def load_head(
        self, task: str, weights: Mapping[str, Tensor], source: str, labels: tuple[str, ...]
    ) -> None:
        """See `Learner`."""
        own = self.specs[task].labels
        rows = [labels.index(label) for label in own]
        with torch.no_grad():
            for name, values in self.head[_module_name(task)].named_parameters():
                found = weights[_stored_name(weights, source, name)]
                values.copy_(found[rows] if rows and name.startswith("out_proj.") else found)

    def _dropout(self) -> float:
        """The probability the classification heads of transformers take."""
        for name in ("classifier_dropout", "hidden_dropout_prob", "dropout_rate"):
            if (value := getattr(self._config, name, None)) is not None:
                return float(value)
        return 0.1


_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def _module_name(task: str) -> str:
    """A task's name as part of a weight's name, in which a dot separates."""
    return task.replace(".", "%2E")


def _stored_name(weights: Mapping[str, Tensor], task: str, name: str) -> str:
    """The public name of a weight of a task's head; older ones have `_` where a name has a dot."""
    found = f"head.{_module_name(task)}.{name}"
    return found if found in weights else f"head.{task.replace('.', '_')}.{name}"
