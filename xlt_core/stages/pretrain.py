"""A pretraining stage: an encoder of random weights learns to tell hidden pieces of many languages.

It stands at the root of every plan of an encoder that is pretrained here, whatever a sweep's seeds:
one pretraining, shared by all that is trained from it. `xlt_core.models.pretrainings` says which
encoders are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import ClassVar

from xlt_core.data import open_source
from xlt_core.models.pretrainings import Pretraining
from xlt_core.stages.versions import Versions, of_own, of_tasks, raised
from xlt_core.training.methods import get_method
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.languages import ENGLISH
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

# Of the first version, so that keys leave them out: XLM-R's and BERT's.
ALPHA = 0.3
MASKED = 0.15


@dataclass(frozen=True)
class PretrainStage:
    """Pretrain `encoder` from the weights it has.

    Attributes:
        texts: of each language, all of one task.
        translations: pairs of an English text and its translation, a language each.
        recipe: how; rows are read so for whoever trains or evaluates on what it gives, too, unless
            that says otherwise itself.
        seed: of order, masks and dropout, whatever the seeds of who goes on from it.
        alpha: how languages are drawn: in proportion to their rows to this power.
        parallel: share of the rows that are a text with its translation.
        masked: share of a row's pieces that are hidden.
        dropout: whether anything is dropped, with the encoder's own probabilities.
    """

    encoder: EncoderRef
    texts: tuple[DataRef, ...]
    translations: tuple[DataRef, ...]
    recipe: Recipe
    source: SourceRef
    seed: int = 0
    alpha: float = ALPHA
    parallel: float = 0.0
    masked: float = MASKED
    dropout: bool = True

    kind: ClassVar[str] = "pretrain"
    trains: ClassVar[bool] = True
    version: ClassVar[int] = 1
    answer: ClassVar[str | None] = None
    bundle: ClassVar[str | None] = None
    parent: ClassVar[None] = None
    parents: ClassVar[tuple[()]] = ()
    position: ClassVar[str] = "pretrain"

    @classmethod
    def of(cls, how: Pretraining, encoder: EncoderRef) -> PretrainStage:
        """The stage that pretrains `encoder` so; opens the texts.

        Raises:
            UserMistake: they cannot be had.
        """
        source = open_source(how.source)
        texts = tuple(source.refer(how.texts, code, "train") for code in how.languages)
        others = [code for code in how.languages if code != ENGLISH and how.parallel]
        translations = tuple(source.refer(how.translations, code, "train") for code in others)
        return cls(
            encoder,
            texts,
            translations,
            how.recipe,
            source.ref,
            how.seed,
            how.alpha,
            how.parallel,
            how.masked,
            how.dropout,
        )

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything the weights depend on."""
        return fingerprint(self.identity())

    @property
    def data(self) -> tuple[DataRef, ...]:
        """All that is read."""
        return self.texts + (self.translations if self.parallel else ())

    @property
    def origin(self) -> PretrainStage:
        """Itself: what is trained further goes on from here as from an encoder."""
        return self

    def identity(self) -> dict[str, object]:
        """See `Stage`."""
        method = get_method(self.recipe.method)
        return {
            "kind": self.kind,
            "encoder": self.encoder.identity,
            "data": [
                [ref.task, ref.language, ref.fingerprint]
                for ref in sorted(self.data, key=lambda ref: (ref.task, ref.language))
            ],
            "recipe": self.recipe.identity() | method.identity(dict(self.recipe.options)),
            "seed": self.seed,
            **({"alpha": self.alpha} if self.alpha != ALPHA else {}),
            **({"parallel": self.parallel} if self.parallel else {}),
            **({"masked": self.masked} if self.masked != MASKED else {}),
            **({} if self.dropout else {"dropout": False}),
            **of_own((ref.task for ref in self.data), scored=False),
            **raised(self.versions()),
        }

    def described(self) -> dict[str, object]:
        """The encoder's name, the whole recipe and all versions."""
        return {
            "encoder": self.encoder.name,
            "recipe": asdict(self.recipe),
            "alpha": self.alpha,
            "parallel": self.parallel,
            "masked": self.masked,
            "dropout": self.dropout,
            "versions": self.versions(),
        }

    def versions(self) -> Versions:
        """Of all that has a share in the weights."""
        method = get_method(self.recipe.method)
        return {
            f"stage {self.kind}": self.version,
            f"method {method.name}": method.version,
            **of_tasks(ref.task for ref in self.data),
        }

    @property
    def path(self) -> str:
        """The encoder's name: what a plan begins with."""
        return self.encoder.name

    @property
    def title(self) -> str:
        """The encoder's name, and that it is pretrained."""
        return f"{self.path} (pretraining)"

    @property
    def optimizer_steps(self) -> int:
        """Counted from recipe and rows."""
        return self.recipe.steps_over(sum(ref.rows for ref in self.data))
