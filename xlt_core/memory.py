"""Memory of the GPU that this process was given, and what training an encoder takes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from xlt_core.vocabulary.errors import UserMistake

if TYPE_CHECKING:
    from xlt_core.models.learner import Learner
    from xlt_core.vocabulary.refs import EncoderRef

# Float32 weights, their gradients and Adam's two moments. What a batch takes comes on top.
BYTES_OF_A_PARAMETER = 16


def gpu_memory() -> tuple[int, int] | None:
    """Bytes free and in all on the process's first GPU; None where torch has none."""
    if not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info()
    return int(free), int(total)


def training_bytes(model: Learner) -> int:
    """The least that training `model` takes, without its batches."""
    return BYTES_OF_A_PARAMETER * sum(weight.numel() for weight in model.parameters())


def foreseen_bytes(ref: EncoderRef) -> int:
    """The same of an encoder that is not opened, from its files; 0 where they are not here."""
    from xlt_core.data.hub_files import cached_folder
    from xlt_core.models.encoder_files import parameters_in
    from xlt_core.models.encoders import encoder_folder

    if ref.revision is not None:
        folder = cached_folder(ref.location, "model", ref.revision)
    else:
        folder = encoder_folder(ref)
    try:
        return BYTES_OF_A_PARAMETER * parameters_in(folder, ref.name) if folder else 0
    except UserMistake:
        return 0  # whoever opens it says what is wrong


@dataclass(frozen=True)
class Devices:
    """What torch can compute on.

    Attributes:
        torch: its version.
        built_for: `CPU`, `CUDA 12.6` or `ROCm 6.2`.
        names: of the GPUs that this process is shown.
    """

    torch: str
    built_for: str
    names: tuple[str, ...]


def devices() -> Devices:
    """What this process's torch finds."""
    cuda, rocm = torch.version.cuda, torch.version.hip
    built_for = f"CUDA {cuda}" if cuda else f"ROCm {rocm}" if rocm else "CPU"
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    names = tuple(torch.cuda.get_device_name(index) for index in range(count))
    return Devices(torch.__version__, built_for, names)
