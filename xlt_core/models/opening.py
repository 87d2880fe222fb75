"""Preflight of an encoder: whether config, weights and tokenizer go together, before any work.

The loader of transformers itself is asked, with stand-ins of the right shapes for the weights, so
that what is found here is what a worker would find, and no weight is read or held. `pretrained`
loads what was opened; `encoder_files` has looked at the files one by one.
"""

from __future__ import annotations

from pathlib import Path

import torch

from xlt_core.kinds.tokenizer import Tokenizer
from xlt_core.models.encoder_files import mistake, read_shapes
from xlt_core.models.encoders import encoder_folder
from xlt_core.models.learners import learner_class
from xlt_core.models.limits import Opened
from xlt_core.models.parts import config_of
from xlt_core.models.pretrained import from_weights, load_tokenizer
from xlt_core.vocabulary.errors import UserMistake, XltError
from xlt_core.vocabulary.lines import in_short
from xlt_core.vocabulary.refs import EncoderRef


def open_encoder(ref: EncoderRef) -> Opened:
    """Look into the encoder that `ref` refers to. What is found may be kept: see `opened.VERSION`.

    Raises:
        UserMistake: weights are missing or of another shape than the config says, transformers
            cannot read config or tokenizer, or the tokenizer has words the weights have not.
    """
    folder = encoder_folder(ref)
    stand_ins = {
        name: torch.zeros(()).expand(shape) for name, shape in read_shapes(folder, ref.name).items()
    }
    try:
        encoder = from_weights(folder, ref.name, stand_ins)
        tokenizer = load_tokenizer(ref)
        config = config_of(encoder)
        model = learner_class(config.model_type)(encoder, tokenizer)
        words = getattr(config, "vocab_size", None)
        opened = Opened(config.model_type, words, model.most_tokens, model.limits)
    except (XltError, MemoryError):
        raise
    except Exception as error:  # whatever transformers makes of files it was not written for
        raise _unopened(ref, folder, error) from error
    _check_tokenizer(ref, tokenizer, opened)
    return opened


def _unopened(ref: EncoderRef, folder: Path, error: Exception) -> UserMistake:
    import transformers

    cause = in_short(" ".join(str(error).split()) or type(error).__name__)
    what = f"cannot be opened by transformers {transformers.__version__}: {cause}"
    remedy = f"config or tokenizer may be of another version, or damaged; they lie in {folder}"
    return mistake(ref.name, what, remedy)


def _check_tokenizer(ref: EncoderRef, tokenizer: Tokenizer, opened: Opened) -> None:
    if not tokenizer.is_fast:
        remedy = "save one beside it: AutoTokenizer.from_pretrained(…).save_pretrained(folder)"
        raise mistake(ref.name, "has no fast tokenizer (tokenizer.json)", remedy)
    last = max(tokenizer.get_vocab().values(), default=0)
    if opened.words is not None and last >= opened.words:
        what = f"its tokenizer has words up to {last}, its embeddings end at {opened.words - 1}"
        remedy = "give it the tokenizer it was trained with, or resize_token_embeddings and save it"
        raise mistake(ref.name, what, remedy)
