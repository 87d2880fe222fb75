"""Safetensors made once of a repository's pickled weights, without running what a pickle says.

Only on a user's explicit wish. `torch.load(weights_only=True)` builds tensors and plain containers
and refuses everything else. What is made lies in our own cache under the commit it was made of;
`hub_encoders` finds it there.
"""

from __future__ import annotations

import pickle
import secrets
import shutil
from pathlib import Path

import torch
from torch import Tensor

from xlt_core.models.encoder_files import (
    SMALL_FILES,
    WEIGHT_FILES,
    WEIGHTS,
    check_config,
    check_folder,
    mistake,
)
from xlt_core.models.encoders import place_of
from xlt_core.models.hub_encoders import converted_folder, fetch_files
from xlt_core.models.weights_file import write_weights
from xlt_core.vocabulary.lines import in_short

PICKLED = ("pytorch_model.bin", "pytorch_model-*.bin")


def convert(name: str) -> Path:
    """Make safetensors of the hub encoder that `name` is; the folder where they lie.

    Raises:
        UserMistake: it is not on the hub, is no encoder, needs no conversion, has no pickled
            weights, or these hold more than tensors.
    """
    repository, revision = place_of(name)
    small = fetch_files(name, repository, revision, None, (*SMALL_FILES, WEIGHT_FILES[0]))
    if "config.json" not in small.files:
        raise mistake(name, "has no config.json", "choose a transformers encoder")
    check_config(small.folder, name)
    if WEIGHTS in small.files:
        raise mistake(name, "has safetensors: nothing is to be made", f"write encoder: {name}")
    home = converted_folder(repository, small.commit)
    if home.is_dir():
        return home
    pickled = fetch_files(name, repository, revision, small.commit, PICKLED)
    if not pickled.files:
        raise mistake(name, "has no pytorch_model.bin either", "choose another encoder")
    weights: dict[str, Tensor] = {}
    for file in pickled.files:
        weights |= read_pickled(pickled.folder / file, name)
    _publish(home, small.folder, weights, name)
    return home


def read_pickled(file: Path, name: str) -> dict[str, Tensor]:
    """The tensors of a pickled state dict by name, none sharing memory.

    Raises:
        UserMistake: it holds anything else, or cannot be read.
    """
    try:
        content: object = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError) as error:
        what = f"{file.name} is refused: {in_short(error)}"
        remedy = "convert it where you trust it, with save_pretrained, and give the folder"
        raise mistake(name, what, remedy) from None
    if not isinstance(content, dict):
        raise mistake(name, f"{file.name} holds no weights by name", "choose another encoder")
    tensors = {key: value for key, value in content.items() if isinstance(value, Tensor)}
    return {str(key): value.detach().clone().contiguous() for key, value in tensors.items()}


def _publish(home: Path, source: Path, weights: dict[str, Tensor], name: str) -> None:
    """Put the folder in its place in one rename; where another was faster, drop ours."""
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        made = home.parent / f".{home.name}.{secrets.token_hex(4)}"
        made.mkdir()
    except OSError as error:
        what = f"{home.parent} cannot be written: {error.strerror}"
        raise mistake(name, what, "set XLT_CACHE to a folder that can be written") from None
    try:
        for file in SMALL_FILES:
            if (source / file).is_file():
                shutil.copyfile(source / file, made / file)
        write_weights(weights, made / WEIGHTS, metadata={"format": "pt"})
        check_folder(made, name)
        if not home.is_dir():
            made.rename(home)
    finally:
        shutil.rmtree(made, ignore_errors=True)
