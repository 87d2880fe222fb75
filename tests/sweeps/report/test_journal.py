"""The journal is read back event by event, whatever characters an error message holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeps.cli.logs import _events
from sweeps.report.event_text import line
from sweeps.results.status import read_events
from sweeps.spec.paths import SweepFolder
from xlt_core.vocabulary.event_lines import from_line, to_line
from xlt_core.vocabulary.events import Message
from xlt_core.vocabulary.lines import json_line

# Every character at which `str.splitlines` ends a line, and half a surrogate pair.
WILD = [c for c in map(chr, range(0x3000)) if len(f"a{c}b".splitlines()) > 1] + ["\udcff"]


@pytest.mark.parametrize("wild", WILD, ids=lambda c: f"U+{ord(c):04X}")
def test_status_and_logs_read_what_was_written(wild: str, tmp_path: Path):
    folder = SweepFolder(tmp_path)
    events = [Message(f"a{wild}b", at=float(n)) for n in range(2)]
    lines = "".join(f"{to_line(event)}\n" for event in events)
    (folder.path / "events.jsonl").write_text(lines, encoding="utf-8")
    assert read_events(folder) == events
    assert list(_events(folder.files, False, lambda: False)) == events


NO_EVENTS = [
    "[]",
    "7",
    "null",
    '"sweep_started"',
    "{}",
    '{"kind": "message"}',
    '{"at": 1}',
    '{"kind": ["message"], "at": 1}',
    '{"kind": "message", "at": "noon"}',
    '{"kind": "message", "at": null}',
    '{"kind": "message", "at": true}',
    '{"kind": "message", "at": NaN}',
    '{"kind": "message", "at": 1e300}',
    '{"kind": "message", "at": 1, "stage": 7}',
    '{"kind": "message", "at": 1, "stage": null}',
    '{"kind": "message", "at": 1, "trial": "0"}',
    '{"kind": "message", "at": 1, "trial": [0]}',
    '{"kind": "message", "at": 1, "trial": 0.5}',
    "[" * 100_000,
    '{"kind": "message", "at": 1',
]


@pytest.mark.parametrize("written", NO_EVENTS, ids=lambda text: text[:40])
def test_a_line_that_holds_no_event_is_left_out(written: str, tmp_path: Path):
    """As a torn one is: it hides nothing else."""
    folder = SweepFolder(tmp_path)
    event = Message("a", at=1.0)
    (folder.path / "events.jsonl").write_text(f"{written}\n{to_line(event)}\n", encoding="utf-8")
    assert read_events(folder) == [event]
    assert list(_events(folder.files, False, lambda: False)) == [event]


@pytest.mark.parametrize("value", [[], {}, 7, None, True, 1e300, float("nan"), "\u2028"])
@pytest.mark.parametrize(
    "kind", ["message", "sweep_finished", "trial_failed", "stage_progress", "worker_failed", "new"]
)
def test_whatever_an_event_carries_it_can_be_shown(kind: str, value: object):
    names = ("text", "state", "name", "title", "plan", "step", "steps", "loss", "error", "seconds")
    event = {"kind": kind, "at": 1.0, "stage": "abc", "trial": 0, **dict.fromkeys(names, value)}
    assert "\n" not in line(from_line(json_line(event)))
