"""Encoders that are pretrained here: names that stand for a skeleton and how it is pretrained.

Whoever trains on such an encoder starts from the stage that pretrains it (`xlt_core.stages`), which
is the first of every plan. Neighbour: `encoders`, which finds the skeleton.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xlt_core.vocabulary.languages import ENGLISH
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import SourceRef


@dataclass(frozen=True)
class Pretraining:
    """How an encoder is pretrained.

    Attributes:
        skeleton: the encoder that has random weights, as `refer_encoder` reads it.
        source: where its texts come from, wherever a sweep's data do.
        languages: whose texts; of those but English also translations, where any are drawn.
        recipe: steps, batch size, rate and so on.
        seed: of order, masks and dropout, whatever a sweep's seeds.
        alpha, parallel, masked, dropout: as `PretrainStage` has them.
        texts, translations: the tasks of the source that have them, of the kind `masked_lm`.

    Raises:
        ValueError: a share that is none, or nothing to read.
    """

    skeleton: str
    source: SourceRef
    languages: tuple[str, ...]
    recipe: Recipe
    seed: int = 0
    alpha: float = 0.3
    parallel: float = 0.0
    masked: float = 0.15
    dropout: bool = True
    texts: str = "texts"
    translations: str = "translations"

    def __post_init__(self) -> None:
        if not (0.0 <= self.parallel <= 1.0 and 0.0 < self.masked < 1.0):
            raise ValueError("parallel is a share from 0 to 1, masked one between")
        if not {*self.languages} - ({ENGLISH} if self.parallel else set()):
            raise ValueError("texts are of one language at least; translations are not of English")


def lab_tiny(world: str) -> Pretraining:
    """The lab's own encoder: its skeleton, pretrained on texts of all languages of a world.

    Args:
        world: as `World.parse` reads it; empty for the default one.
    """
    from xlt_core.lab.languages import CODES
    from xlt_core.lab.world import World

    spoken = World.parse(world).spoken.location
    return Pretraining(
        f"lab-skeleton:{spoken}" if spoken else "lab-skeleton",
        SourceRef("lab", spoken),
        tuple(sorted(CODES)),
        Recipe(steps=1500, batch_size=64, learning_rate=4e-3, max_length=48, attention_dropout=0.0),
        masked=0.4,
        dropout=False,
        texts="lab-texts",
        translations="lab-translations",
    )


# By name, as a spec writes it before a colon; what is behind it (`seed=3`) is the function's to
# read, which raises UserMistake where it cannot.
PRETRAININGS: dict[str, Callable[[str], Pretraining]] = {"lab-tiny": lab_tiny}


def pretraining_of(encoder: str) -> Pretraining | None:
    """How an encoder is pretrained; None of one that comes with its weights."""
    name, _, rest = encoder.partition(":")
    found = PRETRAININGS.get(name)
    return None if found is None else found(rest)
