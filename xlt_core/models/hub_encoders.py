"""Encoders on the hub: a repository at one commit, fetched into the cache, is a folder like any.

What is planned is a commit; every process fetches that very one. Pickled weights are never read
here: for some repositories a revision with safetensors is known, for others `convert` makes them
once. Next: `encoders`, which knows the names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from xlt_core.data.hub_files import Fetched, Wanted, fetch
from xlt_core.models.encoder_files import (
    SMALL_FILES,
    WEIGHT_FILES,
    check_config,
    check_folder,
    fingerprint_folder,
    mistake,
    weight_files,
)
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.refs import EncoderRef

MAIN = "main"
# Where main has pickled weights alone: a revision of the repository, often a pull request of the
# hub's own conversion, that has safetensors of the same weights.
REVISIONS = {
    "microsoft/mdeberta-v3-base": "faf660b811036d7b6dfc53aacfe5281447d4e2c6",
    "google/mt5-small": "6f9238ffa7de159b1245f899909bac7f40de53ae",
    "facebook/xlm-v-base": "643a987aa713ecd3c9a26a801fc715aa7f56b409",
    "Alibaba-NLP/gte-multilingual-mlm-base": "refs/pr/2",
}
_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def cache_folder() -> Path:
    """Where what is made here is kept: `$XLT_CACHE`, or `~/.cache/xlt`."""
    cache = os.environ.get("XLT_CACHE")
    return Path(cache).expanduser() if cache else Path.home() / ".cache" / "xlt"


def refer_hub(name: str, repository: str, revision: str, planned: EncoderRef | None) -> EncoderRef:
    """The encoder at `revision`, or at the commit that `planned` names, fetched whole.

    Args:
        name: what the user wrote.
        revision: branch, tag or commit; empty for the one known to have safetensors, else main.

    Raises:
        UserMistake: it cannot be had, has no safetensors, or is no encoder.
    """
    commit = planned.revision if planned is not None else None
    folder, commit = _folder(name, repository, revision, commit)
    check_folder(folder, name)
    return EncoderRef(name, fingerprint_folder(folder), repository, commit)


def hub_folder(ref: EncoderRef) -> Path:
    """The folder of what was planned, fetched if need be. Raises UserMistake."""
    return _folder(ref.name, ref.location, ref.name.partition("@")[2], ref.revision)[0]


def fetch_files(
    name: str, repository: str, revision: str, commit: str | None, patterns: tuple[str, ...]
) -> Fetched:
    """Files of an encoder's repository. Raises UserMistake, under the name the user wrote."""
    if not _ID.fullmatch(repository):
        raise mistake(name, "is neither a folder nor a hub id", "see `xlt models`")
    branch = revision or REVISIONS.get(repository, MAIN)
    try:
        return fetch(Wanted(repository, "model", branch, patterns, commit, shows_gaps=True))
    except UserMistake as error:
        (found,) = error.mistakes
        remedy = f"{found.remedy}; see `xlt models` for known names"
        what = f"is no folder, and {found.where}: {found.what}"
        # Of the same class: whether it may pass stays known.
        raise type(error)(mistake(name, what, remedy).mistakes) from None


def converted_folder(repository: str, commit: str) -> Path:
    """Where safetensors made of this commit's pickled weights lie, if they were made."""
    return cache_folder() / "converted" / f"{repository.replace('/', '--')}-{commit}"


def _folder(name: str, repository: str, revision: str, commit: str | None) -> tuple[Path, str]:
    # The config first: of what is no encoder nothing large is fetched.
    small = fetch_files(name, repository, revision, commit, SMALL_FILES)
    if "config.json" not in small.files:
        raise mistake(name, "has no config.json", "choose a transformers encoder")
    check_config(small.folder, name)
    converted = converted_folder(repository, small.commit)
    if converted.is_dir():
        return converted, small.commit
    patterns = (*SMALL_FILES, *WEIGHT_FILES)
    whole = fetch_files(name, repository, revision, small.commit, patterns)
    if not weight_files(whole.folder):
        remedy = (
            "choose a revision with safetensors (name@revision, as name@refs/pr/5), or make them "
            f"once of its pickled weights, without running them: xlt models --convert {name}"
        )
        raise mistake(name, "has no safetensors; pickled weights are never read", remedy)
    return whole.folder, whole.commit
