"""A plug-in that counts on what is not there, as one does of another version."""

from __future__ import annotations

from tests.sweeps.execution import runners

runners.missing  # type: ignore[attr-defined]  # noqa: B018
