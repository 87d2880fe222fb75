"""What is trained and predicts: an encoder with heads, or a text-to-text model.

Training and evaluation know no more of a model than this. One file a learner beside this one, one
line each in `learners`; a new one passes `xlt_core.testing.learners.LearnerSuite`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlt_core.kinds.outputs import Rows
from xlt_core.kinds.tokenizer import Tokenizer
from xlt_core.models.dropout_source import DropoutSource, share_noise
from xlt_core.models.head_spec import HeadSpec
from xlt_core.models.limits import Limits, limits_of
from xlt_core.models.own_dropout import SharedDraws
from xlt_core.models.parts import Config, config_of
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.errors import UserMistake

Weights = dict[str, Tensor]


class Learner(nn.Module, ABC):
    """Trained on batches of several tasks, each by the name of its head.

    A batch is what `EncodedSplit.batch` gives: arrays by name, one entry a row first. All dropout
    draws from `noise`: whoever trains says before each pass which rows of which step it is.

    Attributes:
        version: raised by hand when it computes other numbers; with the class's name it parts the
            keys of all stages of encoders that it learns.
        encoder: the pretrained network, whole; its weights are named `encoder.…`.
        tokenizer: its own, where a learner needs one: what is read is encoded already.
        specs: the heads it has now, by task.
    """

    version: ClassVar[int] = 1

    def __init__(self, encoder: nn.Module, tokenizer: Tokenizer | None = None) -> None:
        super().__init__()
        self.noise = DropoutSource()
        share_noise(encoder, self.noise)
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.specs: dict[str, HeadSpec] = {}

    @staticmethod
    @abstractmethod
    def network(config: Config) -> type[nn.Module]:
        """The class of transformers that a network of this config is loaded as."""

    @abstractmethod
    def add_head(self, task: str, spec: HeadSpec, seed: int) -> None:
        """Make ready for `task`; weights of its own, if it needs any, are drawn from `seed`.

        They are named `head.<task>.…`.
        """

    @abstractmethod
    def load_head(
        self, task: str, weights: Mapping[str, Tensor], source: str, labels: tuple[str, ...]
    ) -> None:
        """Take for `task` what `weights` hold for `source`, whose label order is `labels`."""

    @abstractmethod
    def drop_heads(self) -> None:
        """Leave the bare network, so that it can serve another stage."""

    @abstractmethod
    def count(self, task: str, batch: Mapping[str, NDArray[np.generic]]) -> int:
        """What a batch's summed loss is divided by, at least 1."""

    def together(self, task: str) -> int:
        """Rows of a batch that share a loss, and so a micro-batch; 1 where each has its own."""
        return 1

    @abstractmethod
    def loss(self, task: str, batch: Mapping[str, Tensor]) -> Tensor:
        """Summed loss of a batch, or of a part of it that is cut where `together` allows.

        A scalar, to be differentiated.
        """

    @abstractmethod
    def predict(self, task: str, rows: Rows, of: Task) -> list[object]:
        """One prediction an example, in order, as the task's metric reads them.

        Args:
            task: the head's name.
            of: the task that is asked about, for its labels.

        Raises:
            NonFiniteScores: logits that are infinite or not numbers.
        """

    @property
    def most_tokens(self) -> int | None:
        """The longest sequence it has positions for; None where that has no limit."""
        for name, module in self.encoder.named_modules():
            # RoBERTa and its kin count positions from behind the padding token's.
            if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
                return module.num_embeddings - (
                    0 if module.padding_idx is None else module.padding_idx + 1
                )
        places = getattr(self.config, "max_position_embeddings", None)
        return None if places is None else int(places)

    @property
    def config(self) -> Config:
        """The network's."""
        return config_of(self.encoder)

    @property
    def limits(self) -> Limits:
        """What a recipe may ask of it."""
        return limits_of(self.encoder, self.config, drops_any=False)

    @property
    def narrows_words(self) -> bool:
        """Whether it may be trained with the words alone that occur (`embedding_subset`)."""
        return False

    def set_attention_dropout(self, probability: float | None) -> None:
        """Drop attention weights with `probability` from now on; None: as the network's config.

        Raises:
            UserMistake: another probability than the config's, and the network takes no other.
        """
        if wrong := tuple(self.limits.on_dropping(probability)):
            raise UserMistake(wrong)

    def look_again(self) -> None:
        """To be called where hooks or modules came or went."""

    def draws(self) -> AbstractContextManager[object]:
        """While entered, what transformers' own code drops is drawn from `noise`."""
        return SharedDraws(self.noise) if self.noise.active else nullcontext()

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
