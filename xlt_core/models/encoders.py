"""Encoders by name: what a user writes → an `EncoderRef` that says exactly which weights.

A name is `lab-tiny` (`lab-tiny:seed=3` for another world's), a folder, a hub id (with `@revision`
if wanted) or one of `ALIASES`. Only safetensors are read and no code of a repository is run.
Nothing here imports torch; `pretrained` loads what these refer to.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from xlt_core.data.memo import Memo
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.stage import EncoderRef

LAB = "lab-tiny"
ALIASES = {
    "xlm-roberta-base": "FacebookAI/xlm-roberta-base",
    "xlm-roberta-large": "FacebookAI/xlm-roberta-large",
    "mbert": "google-bert/bert-base-multilingual-cased",
    "bert-base-multilingual-cased": "google-bert/bert-base-multilingual-cased",
}
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "sentencepiece.bpe.model",
    "spiece.model",
    "vocab.txt",
)
# Model types of transformers that have a text encoder. Written out: looking them up imports torch.
_TYPES = """
albert bert camembert canine convbert data2vec-text deberta deberta-v2 distilbert electra ernie
flaubert luke megatron-bert modernbert mpnet mt5 rembert roberta roberta-prelayernorm roformer t5
umt5 xlm xlm-roberta xlm-roberta-xl xmod
"""
ENCODER_TYPES = frozenset(_TYPES.split())
INDEX = "model.safetensors.index.json"
_CHUNK = 1 << 20
_FINGERPRINTS: Memo[str] = Memo(room=64)


@dataclass(frozen=True)
class KnownEncoder:
    """A line of `xlt models`: names that may be written, hub id or origin, and what it is."""

    names: tuple[str, ...]
    location: str
    title: str
    parameters: str


_KNOWN = (
    KnownEncoder((LAB,), "generated", "the lab world's own tiny encoder, made on the spot", "tiny"),
    KnownEncoder(
        ("xlm-roberta-base",), ALIASES["xlm-roberta-base"], "XLM-R base, 100 languages", "278 M"
    ),
    KnownEncoder(
        ("xlm-roberta-large",), ALIASES["xlm-roberta-large"], "XLM-R large, 100 languages", "560 M"
    ),
    KnownEncoder(
        ("mbert", "bert-base-multilingual-cased"),
        ALIASES["mbert"],
        "multilingual BERT, cased, 104 languages",
        "178 M",
    ),
)


def known_encoders() -> tuple[KnownEncoder, ...]:
    """Encoders with a short name. Any folder or hub id of an encoder will do as well."""
    return _KNOWN


def refer_encoder(name: str) -> EncoderRef:
    """Find out which encoder `name` is.

    The fingerprint covers contents: of a folder's config, tokenizer and weights; of a hub id the
    commit its revision stands for now. `HF_HUB_OFFLINE=1` answers from the local hub cache.

    Raises:
        UserMistake: there is no such encoder, it has no safetensors, or it is none.
    """
    if is_lab(name):
        return EncoderRef(name, fingerprint_folder(lab_folder(name)), name)
    found = Path(name).expanduser()
    if found.is_dir():
        check_folder(found, name)
        return EncoderRef(name, fingerprint_folder(found), str(found.resolve()))
    if name not in ALIASES and _looks_like_path(name):
        raise _mistake(name, "there is no such folder", "check the path, or write a hub id")
    return _refer_hub(name)


def is_lab(name: str) -> bool:
    """Whether `name` is the encoder of a generated world: `lab-tiny`, or `lab-tiny:<world>`."""
    return name.partition(":")[0] == LAB


def encoder_folder(ref: EncoderRef) -> Path | None:
    """The folder `ref` lies in, or None for a hub id. The lab's encoder is made if need be."""
    if is_lab(ref.location):
        return lab_folder(ref.location)
    return Path(ref.location) if ref.revision is None else None


@lru_cache(maxsize=8)
def lab_folder(name: str) -> Path:
    """Where the encoder of `lab-tiny` or `lab-tiny:seed=3` lies, made once on each machine.

    It goes to `$XLT_CACHE`, or `~/.cache/xlt`, under its content, so that processes may race.
    """
    from xlt_core.lab.encoder import make_encoder
    from xlt_core.lab.world import World

    cache = os.environ.get("XLT_CACHE")
    root = (Path(cache) if cache else Path.home() / ".cache" / "xlt") / "encoders"
    root.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".", dir=root))
    try:
        make_encoder(made, World.parse(name.partition(":")[2]))
        home = root / f"{LAB}-{fingerprint_folder(made)[:16]}"
        if not home.is_dir():
            with suppress(OSError):  # another process was faster; its folder is as good
                made.rename(home)
        return home
    finally:
        shutil.rmtree(made, ignore_errors=True)


def check_folder(folder: Path, name: str) -> None:
    """Raise UserMistake unless `folder` holds config, tokenizer and safetensors of an encoder."""
    config = folder / "config.json"
    if not config.is_file():
        raise _mistake(name, "has no config.json", "give the folder `save_pretrained` wrote")
    if not weight_files(folder):
        old = any(folder.glob("pytorch_model*.bin"))
        what = "has only pytorch_model.bin" if old else "has no model.safetensors"
        raise _mistake(name, what, "save it again: model.save_pretrained(folder)")
    if not any((folder / file).is_file() for file in TOKENIZER_FILES if "config" not in file):
        raise _mistake(
            name, "has no tokenizer", "save it beside: tokenizer.save_pretrained(folder)"
        )
    check_config(json.loads(config.read_text(encoding="utf-8")), name)


def check_config(config: dict[str, Any], name: str) -> None:
    """Raise UserMistake unless `config` is that of an encoder of `ENCODER_TYPES`."""
    kind = config.get("model_type", "")
    if kind not in ENCODER_TYPES or config.get("is_decoder"):
        remedy = "use an encoder as XLM-R, mBERT, mDeBERTa or mT5's; a repository's code is not run"
        raise _mistake(name, f"is no text encoder that is known, but {kind!r}", remedy)


def weight_files(folder: Path) -> list[Path]:
    """The safetensors a folder's weights consist of, sorted; empty where there are none."""
    single = folder / "model.safetensors"
    if single.is_file():
        return [single]
    return sorted(folder.glob("model-*.safetensors")) if (folder / INDEX).is_file() else []


def fingerprint_folder(folder: Path) -> str:
    """SHA-256 over config, tokenizer and weights, each with its name and length.

    Files are read once a process, and again when any of them was touched.
    """
    small = [folder / name for name in ("config.json", *TOKENIZER_FILES)]
    files = [*(file for file in small if file.is_file()), *weight_files(folder)]
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


def _refer_hub(name: str) -> EncoderRef:
    plain, _, revision = name.partition("@")
    repository = ALIASES.get(plain, plain)
    offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    find = _in_cache if offline else _on_hub
    commit, files, config = find(name, repository, revision or None)
    if not any(file == "model.safetensors" or file == INDEX for file in files):
        remedy = "choose a revision with safetensors (name@revision), or convert it into a folder"
        raise _mistake(name, "has no safetensors; pickled weights are never read", remedy)
    check_config(json.loads(config.read_text(encoding="utf-8")), name)
    return EncoderRef(name, commit, repository, commit)


def _on_hub(name: str, repository: str, revision: str | None) -> tuple[str, list[str], Path]:
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, HFValidationError

    try:
        info = HfApi().model_info(repository, revision=revision)
        config = hf_hub_download(repository, "config.json", revision=info.sha)
    except EntryNotFoundError:
        raise _mistake(name, "has no config.json", "choose a transformers encoder") from None
    except HFValidationError:
        raise _mistake(name, "is neither a folder nor a hub id", "see `xlt models`") from None
    except HfHubHTTPError as error:
        what = f"was not found on the hub ({str(error).splitlines()[0]})"
        raise _mistake(name, what, "see `xlt models` for known names") from None
    except OSError:  # no connection
        return _in_cache(name, repository, revision)
    return str(info.sha), [file.rfilename for file in info.siblings or []], Path(config)


def _in_cache(name: str, repository: str, revision: str | None) -> tuple[str, list[str], Path]:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        found = hf_hub_download(repository, "config.json", revision=revision, local_files_only=True)
    except HFValidationError:
        raise _mistake(name, "is neither a folder nor a hub id", "see `xlt models`") from None
    except LocalEntryNotFoundError:
        what = "is neither a folder nor in the local hub cache, and the hub is not reached"
        remedy = f"download it first (hf download {repository}), or unset HF_HUB_OFFLINE"
        raise _mistake(name, what, remedy) from None
    config = Path(found)  # …/snapshots/<commit>/config.json
    return config.parent.name, [file.name for file in config.parent.iterdir()], config


def _looks_like_path(name: str) -> bool:
    return name.startswith(("/", ".", "~")) or name.count("/") > 1


def _mistake(name: str, what: str, remedy: str) -> UserMistake:
    return UserMistake(Mistake(f"encoder: {name}", what, remedy))
