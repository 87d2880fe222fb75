"""What travels to a cluster with a job: texts, this very code, and the plug-ins that are named."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sweeps.execution.jobs import Parcel
from xlt_core.plugins import VARIABLE as PLUGINS
from xlt_core.plugins import named_plugins

_PACKAGES = ("sweeps", "xlt_core")


@contextmanager
def parcelled(texts: Mapping[str, str], command: str) -> Iterator[Parcel]:
    """A job's folder, while it is handed over.

    Args:
        texts: of the files in it, by their names.
        command: what the job runs in it, a line of a shell.
    """
    with tempfile.TemporaryDirectory(prefix="xlt-job-") as name:
        home = Path(name)
        packages = [_folder_of_package(package) for package in _PACKAGES]
        for plugin in named_plugins():
            packages += _carried(plugin, home)
        for file, text in texts.items():
            (home / file).write_text(text, encoding="utf-8")
        variables = {PLUGINS: ",".join(named_plugins())} if named_plugins() else {}
        yield Parcel(home, tuple(packages), command, variables)


def _carried(plugin: str, home: Path) -> list[Path]:
    """Have a plug-in travel: a package by its folder; a module by its file, put into `home`."""
    top = plugin.partition(".")[0]
    found = find_spec(top)
    if found is None or not found.origin:
        return []  # reading the spec has said so, or will on the cluster
    if found.submodule_search_locations:
        return [Path(found.origin).parent]
    shutil.copy(found.origin, home / Path(found.origin).name)
    return []


def _folder_of_package(name: str) -> Path:
    found = find_spec(name)
    assert found is not None and found.origin is not None
    return Path(found.origin).parent
