"""Which code runs: the commit of the checkout that it was imported from."""

from __future__ import annotations

import subprocess
from pathlib import Path


def code_commit(package: Path | None = None) -> str | None:
    """The commit of xlt's own checkout; None where it is installed from a wheel, or git is not."""
    root = (package or Path(__file__).parents[1]).parent
    if not (root / ".git").exists():  # in somebody else's repository it would be another's commit
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True
        )
    except OSError:
        return None
    return done.stdout.strip() or None
