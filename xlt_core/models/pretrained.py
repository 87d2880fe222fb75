"""Loading what an `EncoderRef` refers to: its tokenizer and its encoder, quietly, from safetensors.

Next: `model`, which puts heads on the encoder.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from xlt_core.models.encoders import encoder_folder, fingerprint_folder
from xlt_core.vocabulary.errors import DataChanged
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.stage import EncoderRef


def load_tokenizer(ref: EncoderRef) -> Any:
    """The fast tokenizer of `ref`, padding and cutting at the right.

    Raises DataChanged as `load_encoder` does.
    """
    from transformers import AutoTokenizer

    with quiet(), _as_planned(ref):
        tokenizer = AutoTokenizer.from_pretrained(*_where(ref), **_how(ref), use_fast=True)
    tokenizer.padding_side = tokenizer.truncation_side = "right"
    return tokenizer


def fingerprint_tokenizer(tokenizer: Any) -> str:
    """What an encoding depends on of a freshly loaded tokenizer: encoders that share it, share."""
    return fingerprint(
        [
            type(tokenizer).__name__,
            tokenizer.backend_tokenizer.to_str(),
            sorted(tokenizer.model_input_names),
            tokenizer.cls_token_id,
            tokenizer.sep_token_id,
            tokenizer.pad_token_id,
        ]
    )


def load_encoder(ref: EncoderRef, dtype: torch.dtype = torch.float32) -> nn.Module:
    """The bare pretrained encoder of `ref`, in evaluation mode, without a pooling layer.

    Weights the file lacks are drawn from a fixed seed; the global generator is left alone.

    Raises:
        DataChanged: the folder no longer holds what `ref` was made of.
    """
    with quiet(), _as_planned(ref), torch.random.fork_rng([]):
        torch.manual_seed(0)
        model_class, config = _class_of(ref)
        options = _how(ref)
        if "add_pooling_layer" in inspect.signature(model_class.__init__).parameters:
            options["add_pooling_layer"] = False
        encoder: nn.Module = model_class.from_pretrained(
            *_where(ref), config=config, use_safetensors=True, dtype=dtype, **options
        )
    return encoder.eval()


@contextmanager
def _as_planned(ref: EncoderRef) -> Iterator[None]:
    """Read `ref`'s folder in here. Raises DataChanged where it is not what was planned.

    Looked at afterwards, whatever was read: a change before or while reading is then seen.
    """
    try:
        yield
    finally:
        folder = encoder_folder(ref)
        if folder is not None and fingerprint_folder(folder) != ref.fingerprint:
            what = f"{folder} has changed since the sweep was planned"
            raise DataChanged(f"encoder {ref.name}: {what}")


def _class_of(ref: EncoderRef) -> tuple[Any, Any]:
    from transformers import MODEL_FOR_TEXT_ENCODING_MAPPING, MODEL_MAPPING, AutoConfig

    config = AutoConfig.from_pretrained(*_where(ref), **_how(ref))
    mapping = MODEL_MAPPING
    if getattr(config, "is_encoder_decoder", False):  # mT5: its encoder alone
        mapping = MODEL_FOR_TEXT_ENCODING_MAPPING
    return mapping[type(config)], config


def _where(ref: EncoderRef) -> tuple[str]:
    folder = encoder_folder(ref)
    return (str(folder) if folder is not None else ref.location,)


def _how(ref: EncoderRef) -> dict[str, Any]:
    revision = {} if ref.revision is None else {"revision": ref.revision}
    return {"trust_remote_code": False, **revision}


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers' loading reports and bars; its errors are raised all the same."""
    from transformers.utils import logging as noise

    level, bars = noise.get_verbosity(), noise.is_progress_bar_enabled()
    noise.set_verbosity(logging.CRITICAL)
    noise.disable_progress_bar()
    try:
        yield
    finally:
        noise.set_verbosity(level)
        if bars:
            noise.enable_progress_bar()
