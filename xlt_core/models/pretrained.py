"""Loading what an `EncoderRef` refers to: its tokenizer and its encoder, quietly, from safetensors.

Next: `model`, which puts heads on the encoder.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from xlt_core.kinds.tokenizer import Tokenizer
from xlt_core.models.encoder_files import fingerprint_folder, mistake
from xlt_core.models.encoders import encoder_folder
from xlt_core.models.finite import in_words, non_finite
from xlt_core.models.learner import Learner
from xlt_core.models.learners import learner_class, learner_identity
from xlt_core.models.parts import config_of
from xlt_core.vocabulary.errors import DataChanged
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.refs import EncoderRef

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerFast


def load_tokenizer(ref: EncoderRef) -> PreTrainedTokenizerFast:
    """The fast tokenizer of `ref`, padding and cutting at the right.

    Raises DataChanged as `load_encoder` does.
    """
    from transformers import AutoTokenizer

    with quiet(), _as_planned(ref) as folder:
        tokenizer = AutoTokenizer.from_pretrained(
            str(folder), trust_remote_code=False, use_fast=True
        )
    tokenizer.padding_side = tokenizer.truncation_side = "right"
    return tokenizer


def fingerprint_tokenizer(tokenizer: PreTrainedTokenizerFast) -> str:
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


def load_learner(ref: EncoderRef, tokenizer: Tokenizer) -> Learner:
    """What `ref`'s type is trained as, holding its pretrained weights.

    Raises:
        UserMistake: another learner stands in the table here than where `ref` was made; and as
            `load_encoder`.
    """
    encoder = load_encoder(ref)
    model_type = config_of(encoder).model_type
    if (here := learner_identity(model_type)) != ref.learner:
        names = [name or "an encoder with heads" for name in (ref.learner, here)]
        what = f"is to be learnt by {names[0]}, and here {model_type} is learnt by {names[1]}"
        raise mistake(ref.name, what, "have every machine import the same plug-ins (XLT_PLUGINS)")
    return learner_class(model_type)(encoder, tokenizer)


def load_encoder(ref: EncoderRef, dtype: torch.dtype = torch.float32) -> nn.Module:
    """The bare pretrained network of `ref`, in evaluation mode, without a pooling layer.

    Raises:
        DataChanged: the folder no longer holds what `ref` was made of.
        UserMistake: weights are missing, of another shape than the config says, or not finite.
    """
    with _as_planned(ref) as folder:
        encoder = from_weights(folder, ref.name, None, dtype)
    _check_finite(encoder, ref.name)
    return encoder


def from_weights(
    folder: Path,
    name: str,
    weights: Mapping[str, Tensor] | None,
    dtype: torch.dtype = torch.float32,
) -> nn.Module:
    """The encoder of a folder with its own weights, or with `weights`.

    A pooling layer that the files lack, where the type cannot be had without one, is drawn from a
    fixed seed (it is not used); the global generator is left alone.

    Raises:
        UserMistake: weights are missing or of another shape than the config says.
    """
    with quiet(), torch.random.fork_rng([]):
        torch.manual_seed(0)
        model_class, config = _class_of(folder)
        options: dict[str, Any] = {"trust_remote_code": False}
        if "add_pooling_layer" in inspect.signature(model_class.__init__).parameters:
            options["add_pooling_layer"] = False
        if weights is not None:
            options["state_dict"] = dict(weights)
        encoder, found = model_class.from_pretrained(
            str(folder) if weights is None else None,
            config=config,
            use_safetensors=True,
            dtype=dtype,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # `_check_complete` says it in one line
            **options,
        )
    _check_complete(found, name)
    loaded: nn.Module = encoder.eval()
    return loaded


def _check_complete(found: Mapping[str, Any], name: str) -> None:
    """Raise UserMistake where the loader had to draw weights, or met other shapes."""
    missing = sorted(key for key in found["missing_keys"] if "pooler" not in key)
    if missing:
        what = f"its weights lack {_some(missing)}, which its config asks for"
        raise mistake(name, what, "save config and weights of one model: save_pretrained(folder)")
    shapes = sorted((key, tuple(own), tuple(asked)) for key, own, asked in found["mismatched_keys"])
    if shapes:
        key, own, asked = shapes[0]
        what = f"{key} has the shape {own}, by its config it would have {asked}"
        raise mistake(name, what, "save config and weights of one model: save_pretrained(folder)")


def _some(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _check_finite(encoder: nn.Module, name: str) -> None:
    weights = list(encoder.named_parameters())
    if wrong := non_finite(weights):
        remedy = "its file is damaged or badly converted: get it again, or choose another encoder"
        raise mistake(name, in_words(wrong, len(weights)), remedy)


@contextmanager
def _as_planned(ref: EncoderRef) -> Iterator[Path]:
    """Read `ref`'s folder in here. Raises DataChanged where it is not what was planned.

    Looked at afterwards, whatever was read: a change before or while reading is then seen.
    """
    folder = encoder_folder(ref)
    try:
        yield folder
    finally:
        found = fingerprint_folder(folder)
        if found != ref.fingerprint:
            what = f"{folder} has changed since the sweep was planned"
            prints = f"{ref.fingerprint[:12]} then, {found[:12]} now"
            raise DataChanged(f"encoder {ref.name}: {what}: {prints}")


def _class_of(folder: Path) -> tuple[type[PreTrainedModel], PretrainedConfig]:
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False)
    return learner_class(config.model_type).network(config), config


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
