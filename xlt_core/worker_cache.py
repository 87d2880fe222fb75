"""What a worker keeps in memory between stages: tokenizers, the encoder, weights, data.

Results are the same with a warm worker, a fresh one or none; only loading is saved. Not safe for
several threads at once. `xlt_core.stage.run` fills and asks it.

Torch is imported with the first encoder: a worker whose stages need none goes without.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Protocol, TypeVar

from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.models.head_spec import HeadSpec
from xlt_core.vocabulary.refs import EncoderRef

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from xlt_core.models.learner import Learner, Weights

Name = TypeVar("Name")


class Weighed(Protocol):
    """What says how many bytes it holds."""

    @property
    def bytes(self) -> int:
        """So many."""
        ...


Kept = TypeVar("Kept", bound=Weighed)


class Trained:
    """A stage's weights and its heads by task."""

    def __init__(self, weights: Weights, heads: dict[str, HeadSpec]) -> None:
        self.weights = weights
        self.heads = heads
        self.bytes = sum(value.numel() * value.element_size() for value in weights.values())


class WorkerCache:
    """Memory of a worker.

    Args:
        weights_bytes: at most this much of trained weights, the least recently used going first;
            the newest is kept whatever its size.
        splits_bytes: at most this much of encoded splits, likewise.
    """

    def __init__(self, weights_bytes: int = 256 << 20, splits_bytes: int = 256 << 20) -> None:
        self._limit = weights_bytes
        self._splits_limit = splits_bytes
        self._trained: OrderedDict[str, Trained] = OrderedDict()
        self._splits: OrderedDict[Hashable, EncodedSplit] = OrderedDict()
        self._tokenizers: dict[str, tuple[PreTrainedTokenizerFast, str]] = {}
        self._encoder: tuple[str, Learner, Weights] | None = None
        self.loaded = ""  # key of the stage whose encoder weights the model holds now

    def held(self) -> tuple[str, ...]:
        """Keys of the trained stages whose weights are in memory, most recently used last."""
        return tuple(self._trained)

    def holds(self, key: str) -> bool:
        """Whether the weights of stage `key` are in memory."""
        return key in self._trained

    def trained(self, key: str, load: Callable[[], Trained]) -> Trained:
        """The weights of stage `key`, loaded if need be."""
        if key not in self._trained:
            self.keep(key, load())
        self._trained.move_to_end(key)
        return self._trained[key]

    def keep(self, key: str, trained: Trained) -> None:
        """Keep a stage's weights, letting older ones go if memory asks for it."""
        self._trained[key] = trained
        self._trained.move_to_end(key)
        _drop_oldest(self._trained, self._limit)

    def model(self, ref: EncoderRef) -> tuple[Learner, Weights]:
        """The model of `ref`, its heads gone and its weights anybody's, and the pretrained weights.

        The module is built once and serves stage after stage: callers load weights into it.
        """
        if self._encoder is None or self._encoder[0] != ref.identity:
            from xlt_core.models.pretrained import load_learner

            self._encoder = None  # let go of the old one first
            model = load_learner(ref, self.tokenizer(ref)[0])
            self._encoder = (ref.identity, model, model.weights())
            self.loaded = ""
        _, model, pretrained = self._encoder
        model.drop_heads()
        return model, pretrained

    def pretrained(self, ref: EncoderRef) -> Weights:
        """The pretrained weights of `ref`, whatever its model holds now."""
        if self._encoder is None or self._encoder[0] != ref.identity:
            self.model(ref)
        assert self._encoder is not None
        return self._encoder[2]

    def tokenizer(self, ref: EncoderRef) -> tuple[PreTrainedTokenizerFast, str]:
        """The tokenizer of `ref` and its fingerprint."""
        if ref.fingerprint not in self._tokenizers:
            from xlt_core.models.pretrained import fingerprint_tokenizer, load_tokenizer

            tokenizer = load_tokenizer(ref)
            self._tokenizers[ref.fingerprint] = (tokenizer, fingerprint_tokenizer(tokenizer))
        return self._tokenizers[ref.fingerprint]

    def split(self, name: Hashable, make: Callable[[], EncodedSplit]) -> EncodedSplit:
        """An encoded split under `name`, made if need be."""
        if name not in self._splits:
            self._splits[name] = make()
        self._splits.move_to_end(name)
        _drop_oldest(self._splits, self._splits_limit)
        return self._splits[name]


def _drop_oldest(kept: OrderedDict[Name, Kept], limit: int) -> None:
    """Let the least recently used go until the rest fits; the newest stays whatever its size."""
    total = sum(one.bytes for one in kept.values())
    while len(kept) > 1 and total > limit:
        _, gone = kept.popitem(last=False)
        total -= gone.bytes
