"""Encoders by name: what a user writes → an `EncoderRef` that says exactly which weights.

A name is `lab-small` (`lab-small:seed=3` for another world's), a folder, a hub id (with `@revision`
if wanted) or one of `ALIASES`. Only safetensors are read and no code of a repository is run.
Nothing here imports torch; `opening` looks into these and `pretrained` loads them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from xlt_core.models.encoder_files import (
    check_folder,
    fingerprint_folder,
    mistake,
    model_type_in,
)
from xlt_core.models.hub_encoders import cache_folder, hub_folder, refer_hub
from xlt_core.models.learners import LEARNERS, learner_identity
from xlt_core.models.pretrainings import pretraining_of
from xlt_core.vocabulary.refs import EncoderRef

GENERATED = "generated"
LABS = ("lab-small", "lab-skeleton")  # `xlt_core.lab.encoders` makes them


@dataclass(frozen=True)
class KnownEncoder:
    """A line of `xlt models`: names that may be written, hub id or origin, and what it is."""

    names: tuple[str, ...]
    location: str
    title: str
    parameters: str


# fmt: off
_KNOWN = (
    KnownEncoder(("lab-tiny",), GENERATED,
                 "the lab's own, pretrained here: half a minute, once", "tiny"),
    KnownEncoder(("lab-skeleton",), GENERATED, "the same before it has seen any text", "tiny"),
    KnownEncoder(("lab-small",), GENERATED, "the small lab world's, made on the spot", "tiny"),
    KnownEncoder(("xlm-roberta-base",), "FacebookAI/xlm-roberta-base",
                 "XLM-R base, 100 languages", "278 M"),
    KnownEncoder(("xlm-roberta-large",), "FacebookAI/xlm-roberta-large",
                 "XLM-R large, 100 languages", "560 M"),
    KnownEncoder(("mbert", "bert-base-multilingual-cased"),
                 "google-bert/bert-base-multilingual-cased",
                 "multilingual BERT, cased, 104 languages", "178 M"),
    KnownEncoder(("mdeberta-v3-base",), "microsoft/mdeberta-v3-base",
                 "multilingual DeBERTa v3 base, 100 languages", "278 M"),
    KnownEncoder(("xlm-v-base",), "facebook/xlm-v-base",
                 "XLM-V base, a million words, 100 languages", "779 M"),
    KnownEncoder(("mt5-small",), "google/mt5-small",
                 "the encoder of mT5 small, 101 languages", "147 M"),
    KnownEncoder(("eurobert-210m",), "EuroBERT/EuroBERT-210m",
                 "EuroBERT, 15 languages", "210 M"),
    KnownEncoder(("gte-multilingual-mlm-base",), "Alibaba-NLP/gte-multilingual-mlm-base",
                 "GTE before its contrastive training, 75 languages", "306 M"),
    KnownEncoder(("mmbert-base",), "jhu-clsp/mmBERT-base",
                 "mmBERT base, 1,800 languages; has to be converted once", "307 M"),
)
# fmt: on
ALIASES = {
    name: known.location for known in _KNOWN if known.location != GENERATED for name in known.names
}


def known_encoders() -> tuple[KnownEncoder, ...]:
    """Encoders with a short name. Any folder or hub id of an encoder will do as well."""
    return _KNOWN


def refer_encoder(name: str, planned: EncoderRef | None = None) -> EncoderRef:
    """Find out which encoder `name` is, and fetch it where it is on the hub.

    The fingerprint covers the contents of config, tokenizer and weights, wherever they lie.
    `HF_HUB_OFFLINE=1` answers from the local hub cache.

    Args:
        planned: what a sweep was planned with. Where it is a hub id written in the same way, its
            commit is taken, wherever the branch is now.

    Raises:
        UserMistake: there is no such encoder, it has no safetensors, or it is none.

    Of one that is pretrained here (`pretrainings`) it is the skeleton, under the name it has.
    """
    found = _refer(name, planned)
    if not LEARNERS:
        return found
    return replace(found, learner=learner_identity(model_type_in(encoder_folder(found), name)))


def _refer(name: str, planned: EncoderRef | None) -> EncoderRef:
    pretraining = pretraining_of(name)
    if pretraining is not None:
        return replace(_refer(pretraining.skeleton, None), name=name)
    if is_lab(name):
        return EncoderRef(name, fingerprint_folder(lab_folder(name)), name)
    found = Path(name).expanduser()
    if found.is_dir():
        check_folder(found, name)
        return EncoderRef(name, fingerprint_folder(found), str(found.resolve()))
    repository, revision = place_of(name)
    same = planned if planned is not None and planned.name == name else None
    return refer_hub(name, repository, revision, same)


def place_of(name: str) -> tuple[str, str]:
    """Repository on the hub and revision (empty where none is written).

    Raises:
        UserMistake: it is written as a path.
    """
    plain, _, revision = name.partition("@")
    if plain.startswith(("/", ".", "~")) or plain.count("/") > 1:
        raise mistake(name, "there is no such folder", "check the path, or write a hub id")
    return ALIASES.get(plain, plain), revision


def is_lab(name: str) -> bool:
    """Whether `name` is the encoder of a generated world: one of `LABS`, or `lab-small:<world>`."""
    return name.partition(":")[0] in LABS


def encoder_folder(ref: EncoderRef) -> Path:
    """The folder `ref` lies in: fetched where it is on the hub, made where it is the lab's."""
    if is_lab(ref.location):
        return lab_folder(ref.location)
    return Path(ref.location) if ref.revision is None else hub_folder(ref)


@lru_cache(maxsize=8)
def lab_folder(name: str) -> Path:
    """Where the encoder of `lab-small` or `lab-small:seed=3` lies, made once on each machine.

    It goes to `$XLT_CACHE`, or `~/.cache/xlt`, under its content, so that processes may race. What
    lies there under that name and is not that content, because it was damaged, is made anew.

    Raises:
        UserMistake: it has to be made, and nothing can be written there.
    """
    from xlt_core.lab.encoders import write_encoder

    plain, _, world = name.partition(":")
    root = cache_folder() / "encoders"
    made, is_ours = _room(root)
    try:
        write_encoder(made, plain, world)
        content = fingerprint_folder(made)
        home = root / f"{plain}-{content[:16]}"
        if is_ours and not _holds(home, content):
            _move(made, home)
        if not _holds(home, content):
            what = "is damaged" if home.is_dir() else "cannot be made"
            remedy = "set XLT_CACHE to a folder that can be written"
            raise mistake(name, f"{what}: {root} cannot be written", remedy)
        return home
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _holds(folder: Path, content: str) -> bool:
    """Whether `folder` holds just that, by its fingerprint."""
    try:
        return folder.is_dir() and fingerprint_folder(folder) == content
    except OSError:  # a file in it cannot be read
        return False


def _move(made: Path, home: Path) -> None:
    """Put `made` where `home` is, which is moved out of the way first, whatever it is."""
    with suppress(OSError):  # another process was faster; its folder is as good
        if os.path.lexists(home):
            aside = Path(tempfile.mkdtemp(prefix=".", dir=home.parent))
            try:
                home.rename(aside / "damaged")
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        made.rename(home)


def _room(root: Path) -> tuple[Path, bool]:
    """A new folder below `root`, or elsewhere (False) where nothing can be written there."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        made = root / f".{secrets.token_hex(8)}"
        made.mkdir()  # as the umask says: users may share a cache
        return made, True
    except OSError:
        return Path(tempfile.mkdtemp()), False
