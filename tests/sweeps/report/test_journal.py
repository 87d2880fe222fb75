"""The journal is read back event by event, whatever characters an error message holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeps.cli.logs import _events
from sweeps.report.status import read_events
from sweeps.spec.paths import SweepFolder
from xlt_core.vocabulary.events import Event

# Every character at which `str.splitlines` ends a line, and half a surrogate pair.
WILD = [c for c in map(chr, range(0x3000)) if len(f"a{c}b".splitlines()) > 1] + ["\udcff"]


@pytest.mark.parametrize("wild", WILD, ids=lambda c: f"U+{ord(c):04X}")
def test_status_and_logs_read_what_was_written(wild: str, tmp_path: Path):
    folder = SweepFolder(tmp_path)
    events = [Event("message", at=float(n), fields={"text": f"a{wild}b"}) for n in range(2)]
    lines = "".join(f"{event.to_line()}\n" for event in events)
    folder.events.write_text(lines, encoding="utf-8")
    assert read_events(folder) == events
    assert list(_events(folder.events, False, lambda: False)) == events
