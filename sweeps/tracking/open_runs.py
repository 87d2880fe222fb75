"""Which records are open: a small file beside the spool, so that a dead sweep can be closed.

Reading it costs a millisecond and needs no MLflow; `reconcile` closes what it lists.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from sweeps.tracking.records import RunRecord, Status
from sweeps.tracking.spool import replace_text

FILE = "tracking.json"


class Ledger:
    """The last RUNNING record of each run that has not ended, and when one was last heard of."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._open: dict[tuple[str, str], RunRecord] = {}
        self.heard = 0.0
        self._read()

    def note(self, record: RunRecord, at: float) -> None:
        """Take a record into account. Raises OSError: the disk is full or gone."""
        changed = self._open.pop(record.identity, None) is not None
        if record.status is Status.RUNNING:
            # Points and texts are in the run already; closing it needs neither.
            self._open[record.identity] = replace(record, metrics=(), artifacts={})
            changed = True
        self.heard = at
        if changed:
            self._write()

    def closing(self) -> list[RunRecord]:
        """A KILLED record for each open one, ended when something was last heard."""
        return [
            replace(record, status=Status.KILLED, ended=max(self.heard, record.started))
            for record in self._open.values()
        ]

    def _read(self) -> None:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            records = [RunRecord.from_json(each) for each in data["open"]]
            self.heard = float(data["heard"])
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError):
            return  # torn by a power cut; `xlt sync` closes what this would have
        self._open = {record.identity: record for record in records}

    def _write(self) -> None:
        records = [record.to_json() for record in self._open.values()]
        replace_text(self._path, json.dumps({"heard": self.heard, "open": records}) + "\n")
