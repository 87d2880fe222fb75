"""A model: one encoder and a head for each task it is trained or scored on.

Weights are named `encoder.…` and `head.<task>.…`. Parts of a forward pass live in `fast_bert` (BERT
family) or in transformers (all others); masks of dropout come from `dropout_source`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.example import Example
from xlt_core.kinds.heads import Build, fresh
from xlt_core.kinds.kind import TaskKind
from xlt_core.models import fast_bert, flat
from xlt_core.models.dropout_source import DropoutSource, SharedDropout, share_noise
from xlt_core.models.limits import Limits, limits_of, own_dropout
from xlt_core.models.logits import features_logits
from xlt_core.models.own_dropout import SharedDraws
from xlt_core.models.parts import bert_of, config_of
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.errors import UserMistake

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class HeadSpec:
    """A head: the kind of task and its label names in index order."""

    kind: TaskKind
    labels: tuple[str, ...]

    def fits(self, other: HeadSpec) -> bool:
        """Whether a head for one can serve the other: same kind, same set of labels."""
        return self.kind.name == other.kind.name and sorted(self.labels) == sorted(other.labels)


class Model(nn.Module):
    """An encoder with heads by task name.

    All dropout draws from `noise`.

    Attributes:
        flat: whether passes that may run over real tokens alone do so; None: where that is faster.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.noise = DropoutSource()
        share_noise(encoder, self.noise)
        self.encoder = encoder
        self.head = nn.ModuleDict()
        self.specs: dict[str, HeadSpec] = {}
        self._config = config_of(encoder)
        self._built = fast_bert.structure(encoder)
        self._swift = fast_bert.is_swift(self._config)
        self.flat: bool | None = None

    @property
    def is_swift(self) -> bool:
        """Whether the forward pass is `fast_bert`'s."""
        return self._swift

    def look_again(self) -> None:
        """To be called where hooks or modules came or went: `fast_bert` would pass them by."""
        known = fast_bert.is_swift(self._config)
        self._swift = known and fast_bert.structure(self.encoder) == self._built

    @property
    def most_tokens(self) -> int | None:
        """The longest sequence the encoder has positions for; None where that has no limit."""
        for name, module in self.encoder.named_modules():
            # RoBERTa and its kin count positions from behind the padding token's.
            if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
                return module.num_embeddings - (
                    0 if module.padding_idx is None else module.padding_idx + 1
                )
        places = getattr(self._config, "max_position_embeddings", None)
        return None if places is None else int(places)

    @property
    def limits(self) -> Limits:
        """What a recipe may ask of the encoder."""
        return limits_of(self.encoder, self._config, drops_any=self._swift)

    def add_head(self, task: str, spec: HeadSpec, seed: int) -> None:
        """Put a fresh head for `task` in place."""
        build = Build(
            int(self._config.hidden_size), lambda: SharedDropout(self._dropout(), self.noise)
        )
        head = fresh(lambda: spec.kind.learning.head(build, len(spec.labels)), seed)
        self.head[_module_name(task)] = head.to(next(self.encoder.parameters()).device)
        self.specs[task] = spec

    def set_attention_dropout(self, probability: float | None) -> None:
        """Drop attention weights with `probability` from now on; None: as the encoder's config.

        Raises:
            UserMistake: another probability than the config's for an encoder whose attention is
                transformers' own and takes no other.
        """
        if wrong := tuple(self.limits.on_dropping(probability)):
            raise UserMistake(wrong)
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

    def drop_heads(self) -> None:
        """Leave the bare encoder, so that the module can serve another stage."""
        self.head = nn.ModuleDict()
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
        return learning.logits(self.head[_module_name(task)](hidden).float(), batch)

    def count(self, task: str, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """See `learner.Learner`."""
        return self.specs[task].kind.learning.count(batch)

    def loss(self, task: str, batch: Mapping[str, Tensor]) -> Tensor:
        """See `learner.Learner`."""
        return self.specs[task].kind.learning.loss(self(task, batch), batch)

    def predict(
        self, task: str, split: EncodedSplit, examples: Sequence[Example], of: Task
    ) -> list[object]:
        """See `learner.Learner`. Raises NonFiniteScores."""
        return split.kind.predictions(features_logits(self, task, split), split, examples, of)

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
        with SharedDraws(self.noise) if self.noise.active else nullcontext():
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

    def weights(self) -> Weights:
        """A copy of all weights, on the CPU, contiguous, under their public names."""
        return {
            name: values.detach().to("cpu", copy=True).contiguous()
            for name, values in self.named_parameters()
        }

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Copy `encoder.…` weights in. Raises KeyError where one is missing."""
        with torch.no_grad():
            for name, values in self.encoder.named_parameters():
                values.copy_(weights[f"encoder.{name}"])

    def load_head(
        self, task: str, weights: Mapping[str, Tensor], source: str, labels: tuple[str, ...]
    ) -> None:
        """Copy the head that `weights` hold for `source`, whose label order is `labels`, in."""
        own = self.specs[task].labels
        rows = [labels.index(label) for label in own]
        with torch.no_grad():
            for name, values in self.head[_module_name(task)].named_parameters():
                found = weights[f"head.{_module_name(source)}.{name}"]
                values.copy_(found[rows] if rows and name.startswith("out_proj.") else found)

    def _dropout(self) -> float:
        """The probability the classification heads of transformers take."""
        for name in ("classifier_dropout", "hidden_dropout_prob", "dropout_rate"):
            if (value := getattr(self._config, name, None)) is not None:
                return float(value)
        return 0.1


_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def fitting_head(heads: Mapping[str, HeadSpec], task: str, wanted: HeadSpec) -> str | None:
    """Which of `heads` serves `task`: its own, else the first by name that fits; None if none.

    A kind that needs no head is served by the encoder, under its own name.
    """
    if not wanted.kind.has_head or (task in heads and heads[task].fits(wanted)):
        return task
    return next((name for name in sorted(heads) if heads[name].fits(wanted)), None)


def _module_name(task: str) -> str:
    """A task's name as part of a weight's name, in which a dot separates."""
    return task.replace(".", "_")
