"""What an encoder's folder must hold: config, tokenizer and safetensors, all whole.

Read without torch: the header of a safetensors file tells names, shapes and where the file has to
end. `opening` then asks transformers whether all of it goes together.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from xlt_core.data.memo import Memo
from xlt_core.vocabulary.errors import Mistake, UserMistake

# Every file a fast tokenizer of `ENCODER_TYPES` may be read from; a test asks transformers.
VOCABULARIES = (
    "tokenizer.json",
    "sentencepiece.bpe.model",
    "sentencepiece.model",
    "spiece.model",
    "spm.model",
    "tokenizer.model",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "entity_vocab.json",
)
TOKENIZER_FILES = (
    *VOCABULARIES,
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)
# Model types of transformers that have a text encoder. Written out: looking them up imports torch.
_TYPES = """
albert bert camembert canine convbert data2vec-text deberta deberta-v2 distilbert electra ernie
eurobert flaubert gte luke megatron-bert modernbert mpnet mt5 rembert roberta roberta-prelayernorm
roformer t5 umt5 xlm xlm-roberta xlm-roberta-xl xmod
"""
ENCODER_TYPES = frozenset(_TYPES.split())
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
SMALL_FILES = ("config.json", *TOKENIZER_FILES)
WEIGHT_FILES = (WEIGHTS, INDEX, "model-*.safetensors")
_CHUNK = 1 << 20
_FINGERPRINTS: Memo[str] = Memo(room=64)
_POINTER = b"version https://git-lfs"

Shapes = dict[str, tuple[int, ...]]


def mistake(name: str, what: str, remedy: str) -> UserMistake:
    """What is wrong with the encoder that a user calls `name`."""
    return UserMistake(Mistake(f"encoder: {name}", what, remedy))


def check_folder(folder: Path, name: str) -> None:
    """Raise UserMistake unless `folder` holds config, tokenizer and safetensors of an encoder."""
    if not (folder / "config.json").is_file():
        raise mistake(name, "has no config.json", "give the folder `save_pretrained` wrote")
    check_config(folder, name)
    if not weight_files(folder):
        old = any(folder.glob("pytorch_model*.bin"))
        what = "has only pytorch_model.bin" if old else "has no model.safetensors"
        raise mistake(name, what, "save it again: model.save_pretrained(folder)")
    if not any((folder / file).is_file() for file in VOCABULARIES):
        raise mistake(name, "has no tokenizer", "save it beside: tokenizer.save_pretrained(folder)")
    for file in _files(folder):
        _check_no_pointer(file, name)
    read_shapes(folder, name)


def check_config(folder: Path, name: str) -> None:
    """Raise UserMistake unless `config.json` is that of an encoder of `ENCODER_TYPES`."""
    config = _read_object(folder / "config.json", name)
    kind = config.get("model_type", "")
    if kind not in ENCODER_TYPES or config.get("is_decoder"):
        remedy = "use an encoder as XLM-R, mBERT, mDeBERTa or mT5's; a repository's code is not run"
        raise mistake(name, f"is no text encoder that is known, but {kind!r}", remedy)


def model_type_in(folder: Path, name: str) -> str:
    """Transformers' name for the kind of network in `folder`; raises as `check_config`."""
    return str(_read_object(folder / "config.json", name).get("model_type", ""))


def weight_files(folder: Path) -> list[Path]:
    """The safetensors a folder's weights consist of, sorted; empty where there are none."""
    single = folder / WEIGHTS
    if single.is_file():
        return [single]
    return sorted(folder.glob("model-*.safetensors")) if (folder / INDEX).is_file() else []


def read_shapes(folder: Path, name: str) -> Shapes:
    """Shape of every tensor by name, from the headers alone.

    Raises:
        UserMistake: a file is missing, cut short, or no safetensors.
    """
    files = weight_files(folder)
    if not (folder / WEIGHTS).is_file():
        listed = _read_object(folder / INDEX, name).get("weight_map", {}).values()
        missing = sorted(set(listed) - {file.name for file in files})
        if missing:
            raise mistake(name, f"lacks {missing[0]}, which {INDEX} names", "download it whole")
    return {key: shape for file in files for key, shape in _header(file, name)}


def parameters_in(folder: Path, name: str) -> int:
    """How many numbers the weights of an encoder are. Raises UserMistake as `read_shapes`."""
    return sum(math.prod(shape) for shape in read_shapes(folder, name).values())


def fingerprint_folder(folder: Path) -> str:
    """SHA-256 over config, tokenizer and weights, each with its name and length.

    Files are read once a process, and again when any of them was touched.
    """
    files = _files(folder)
    stamp = tuple(_stamp(file) for file in files)
    return _FINGERPRINTS.get(folder.resolve(), stamp, lambda: _digest(files))


def _stamp(file: Path) -> tuple[str, int, int, int, int]:
    """Another where the file was touched: no tool sets a time of change (`ctime`) back."""
    state = file.stat()
    return file.name, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name} {file.stat().st_size}\n".encode())
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    """Config, tokenizer and weights, in the order they are fingerprinted in."""
    small = (folder / name for name in SMALL_FILES)
    return [*(file for file in small if file.is_file()), *weight_files(folder)]


def _check_no_pointer(file: Path, name: str) -> None:
    with file.open("rb") as stream:
        if stream.read(len(_POINTER)) == _POINTER:
            what = f"{file.name} is a Git LFS pointer, not the file it points to"
            raise mistake(name, what, "fetch it: `git lfs pull`, or `hf download`")


def _read_object(file: Path, name: str) -> dict[str, Any]:
    """The JSON object a file holds."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        _check_no_pointer(file, name)
        cause = str(error).split("\n")[0]
        raise mistake(name, f"{file.name} is not JSON: {cause}", "download it anew") from None
    if not isinstance(content, dict):
        raise mistake(name, f"{file.name} holds no JSON object", "download it anew")
    return content


def _header(file: Path, name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of one file, whose length must be what they add up to."""
    size = file.stat().st_size
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 0 < length <= size - 8:
                raise ValueError("it does not begin with the length of a header")
            content = json.loads(stream.read(length))
        tensors = {key: about for key, about in content.items() if key != "__metadata__"}
        end = max((about["data_offsets"][1] for about in tensors.values()), default=0)
        found = [(key, tuple(about["shape"])) for key, about in tensors.items()]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        what = f"{file.name} is no safetensors: {error}"
        raise mistake(name, what, "download or save it anew") from None
    if size != 8 + length + end:
        what = f"{file.name} has {size:,} bytes of {8 + length + end:,}"
        raise mistake(name, what, "download it anew")
    yield from found
