"""`locked://USER:PASSWORD@HOST/path`: a folder of this machine that wants a password. A plug-in.

As bad as such a service may be: what it raises has the whole address in it. The right password
stands in the file that `LOCKED_PLACE` names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.utils import infer_storage_options


class LockedPlace(LocalFileSystem):
    """The folder. Raises PermissionError where the password is another."""

    protocol = "locked"

    def __init__(self, host: str, username: str, password: str = "", **more: Any) -> None:
        super().__init__(auto_mkdir=True, **more)
        if password != Path(os.environ["LOCKED_PLACE"]).read_text():
            raise PermissionError(f"login refused: locked://{username}:{password}@{host}")

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + infer_storage_options(path)["path"].strip("/") if ":" in path else path

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, Any]:
        found = infer_storage_options(path)
        return {name: found[name] for name in ("host", "username", "password") if name in found}


fsspec.register_implementation("locked", f"{__name__}.LockedPlace", clobber=True)
