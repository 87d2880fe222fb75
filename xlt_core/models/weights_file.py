"""Weights as a safetensors file that whoever may read the folder may read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor


def write_weights(
    tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write `tensors` to `path`, over what is there.

    safetensors makes files that are their owner's alone, whatever the umask: users who share a
    store could not go on from each other's stages.
    """
    path.touch()
    mode = path.stat().st_mode & 0o777
    save_file(dict(tensors), path, None if metadata is None else dict(metadata))
    path.chmod(mode)
