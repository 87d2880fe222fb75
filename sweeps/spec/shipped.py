"""The specs that xlt ships, by name: `quickstart`, `small/first`. Every installation has them.

A name stands for its spec where no file of that name is at hand; `overlays` reads files.
"""

from __future__ import annotations

from pathlib import Path

from sweeps.spec.names import nearest

FOLDER = Path(__file__).parents[1] / "specs"


def shipped_specs() -> dict[str, Path]:
    """Every shipped spec by its name: its path within `sweeps/specs`, without the ending."""
    found = sorted(FOLDER.rglob("*.yaml"))
    return {path.relative_to(FOLDER).with_suffix("").as_posix(): path for path in found}


def standing_for(path: Path) -> Path | None:
    """The shipped spec that `path` names; None where it names none, or a file that is there."""
    found = shipped_specs().get(path.as_posix())
    is_there = found is not None and path.exists() and not path.is_dir()
    return None if is_there else found


def shipped_alike(path: Path) -> str:
    """What may have been meant by the path of no file; empty where no shipped spec is like it."""
    name = nearest(path.with_suffix("").as_posix(), shipped_specs())
    return f"a spec that xlt ships is called {name}" if name else ""
