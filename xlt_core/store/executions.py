"""The book of executions: one JSON line for each stage that was computed, never for one that was
found. It proves that nothing is computed twice. Local stores only: object stores cannot append.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from xlt_core.store.backend import Backend
from xlt_core.store.layout import EXECUTIONS
from xlt_core.vocabulary.lines import json_line, lines_of

log = logging.getLogger("xlt.store")


def record_execution(backend: Backend, entry: Mapping[str, object]) -> None:
    """Add a line, in one write, so that many processes may."""
    backend.append(EXECUTIONS, json_line(dict(entry), allow_nan=False))


def executions(backend: Backend) -> list[dict[str, object]]:
    """All entries, oldest first. A line torn by a killed writer is left out."""
    text = (backend.get(EXECUTIONS) or b"").decode("utf-8", "replace")
    found: list[dict[str, object]] = []
    for line in lines_of(text):
        try:
            entry = json.loads(line)
        except ValueError:
            log.warning("%s: a torn line is left out: %r", EXECUTIONS, line[:80])
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found
