"""Giving a folder its id: what tells its sweep from every other, were it of the same name.

Two folders may hold sweeps of one name, on one cluster, one store, one tracking database. The name
is a title for people; whatever must not mix them up goes by the id (`SweepFolder.identity`). It is
made once, before anything of the sweep is sent anywhere, and moves with the folder.
"""

from __future__ import annotations

import secrets

from sweeps.spec.paths import IDENTITY, SweepFolder


def give_identity(folder: SweepFolder) -> str:
    """The folder's id, made now where it has none. Raises OSError: it cannot be written."""
    if not folder.identity:
        folder.files.write(IDENTITY, secrets.token_hex(8) + "\n")
    return folder.identity
