"""What is known of an encoder that can be loaded, kept from the first look into it.

The look takes seconds, in which torch and transformers are imported. What it finds is a matter of
the encoder's content, of the versions that looked and of nothing else, and is kept under these.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from xlt_core.models.hub_encoders import cache_folder
from xlt_core.models.limits import Opened
from xlt_core.plugins import named_plugins
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.refs import EncoderRef

VERSION = 1  # raised with every change of what `opening` looks for or finds
_LOOKED_BY = ("torch", "transformers", "tokenizers", "safetensors")


_FORM = TypeAdapter(Opened)


def opened(ref: EncoderRef) -> Opened:
    """What `opening.open_encoder` finds of the encoder, or has found of its content before.

    Raises:
        UserMistake: it cannot be loaded. Nothing is kept of that.
    """
    place = None if named_plugins() else _place(ref)  # a plug-in may have learners of its own
    found = None if place is None else _kept(place)
    if found is None:
        from xlt_core.models.opening import open_encoder

        found = open_encoder(ref)
        if place is not None:
            _keep(place, found)
    return found


def _place(ref: EncoderRef) -> Path:
    versions = [version(name) for name in _LOOKED_BY]
    return cache_folder() / "opened" / fingerprint([VERSION, versions, ref.fingerprint])[:32]


def _kept(place: Path) -> Opened | None:
    with suppress(OSError, ValidationError):
        return _FORM.validate_json(place.read_bytes())
    return None


def _keep(place: Path, found: Opened) -> None:
    with suppress(OSError):  # the next look takes its seconds again
        place.parent.mkdir(parents=True, exist_ok=True)
        half = place.with_name(f".{uuid.uuid4().hex}")
        half.write_bytes(_FORM.dump_json(found))
        half.replace(place)
