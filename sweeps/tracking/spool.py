"""Records waiting on disk for MLflow: one file each, numbered, in order, across restarts.

One process puts (the driver), one drains (`process`). A record is written under another name and
renamed, without fsync: a killed process loses nothing; what a power cut tears is set aside, and
`xlt sync` projects it again from the two truths.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

from sweeps.tracking.records import RunRecord

_log = logging.getLogger(__name__)
_NAME = re.compile(r"(\d{12})\.json")
_HIGHEST = "dropped"


class Spool:
    """A folder of records. Numbers only grow, so that dropping never hits a later record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._next = 1 + max([self._dropped(), *self._numbers()])

    def put(self, record: RunRecord) -> int:
        """Keep a record; return its number. Raises OSError: the disk is full or gone."""
        number = self._next
        text = json.dumps(record.to_json(), separators=(",", ":"))
        replace_text(self._path(number), text + "\n")
        self._next = number + 1
        return number

    def pending(self) -> Iterator[tuple[int, RunRecord]]:
        """Numbers and records, oldest first. Torn ones are set aside on the way."""
        for number in self._numbers():
            try:
                text = self._path(number).read_text(encoding="utf-8")
                record = RunRecord.from_json(json.loads(text))
            except FileNotFoundError:
                continue
            except (ValueError, KeyError, TypeError) as error:
                self.set_aside(number, f"cannot be read: {error}")
                continue
            yield number, record

    def drop(self, number: int) -> None:
        """Forget a record. Costs the same however many wait."""
        replace_text(self.folder / _HIGHEST, str(max(number, self._dropped())))
        self._path(number).unlink(missing_ok=True)

    def set_aside(self, number: int, reason: str) -> None:
        """Move a record that can never be sent to `refused/`, with the reason beside it."""
        _log.warning("record %d of %s set aside: %s", number, self.folder, reason)
        refused = self.folder / "refused"
        refused.mkdir(exist_ok=True)
        (refused / f"{number:012d}.txt").write_text(reason, encoding="utf-8", errors="replace")
        self._path(number).replace(refused / f"{number:012d}.json")

    def __len__(self) -> int:
        """How many records wait."""
        return len(self._numbers())

    def _numbers(self) -> list[int]:
        names = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(match[1]) for match in names if match)

    def _dropped(self) -> int:
        try:
            return int((self.folder / _HIGHEST).read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:012d}.json"


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, as far as other processes can see."""
    half = path.with_name(path.name + ".half")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
