"""The lab's encoders by name, each of a world: `lab-small`, the small world's, and `lab-skeleton`,
the grown world's before it has seen any text, which is pretrained as `lab-tiny`
(`xlt_core.models.pretrainings`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xlt_core.lab.skeleton import write_skeleton
from xlt_core.lab.small.encoder import make_encoder
from xlt_core.lab.small.world import SmallWorld
from xlt_core.lab.world import World


def _small(folder: Path, world: World) -> None:
    make_encoder(folder, SmallWorld(world.seed, world.null))


MAKERS: dict[str, Callable[[Path, World], None]] = {
    "lab-small": _small,
    "lab-skeleton": write_skeleton,
}


def write_encoder(folder: Path, name: str, location: str) -> None:
    """Write config, weights and tokenizer of the encoder `name` of a world into `folder`.

    Raises:
        UserMistake: `location` names no world.
    """
    MAKERS[name](folder, World.parse(location))
