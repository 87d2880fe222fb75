"""Records waiting on disk for MLflow: one file each, numbered, in order, across restarts.

One process puts (the driver), one drains (`process`). What MLflow refuses is kept in `refused/`
with its reason, and taken back to be sent again; what stands there is said by `backlog`. A record
is written under another name and renamed, without fsync: a killed process loses nothing; what a
power cut tears is set aside, and `xlt sync` projects it again from the two truths.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sweeps.tracking.records import RunRecord
from xlt_core.vocabulary.address import starred

_log = logging.getLogger(__name__)
_NAME = re.compile(r"(\d{12})\.json")
_HIGHEST = "dropped"
LINE = 200  # characters shown of a reason
_REFUSED = "refused"
_AWAY, _GAP, _NAMESAKE = "away.txt", "gap.txt", "namesake.txt"
_PAGE = "page.txt"


class Spool:
    """A folder of records. Numbers only grow, so that dropping never hits a later record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._next = 1 + max([self._dropped(), *self._numbers(), *self.refused()])

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
        """Move a record that is not taken to `refused/`, with the reason beside it."""
        reason = starred(reason)
        _log.warning("record %d of %s set aside: %s", number, self.folder, reason)
        refused = self.folder / _REFUSED
        refused.mkdir(exist_ok=True)
        (refused / f"{number:012d}.txt").write_text(reason, encoding="utf-8", errors="replace")
        self._path(number).replace(refused / f"{number:012d}.json")

    def refused(self) -> dict[int, str]:
        """Numbers of the records set aside, and the first line of why."""
        places = self.folder.glob(f"{_REFUSED}/*.json")
        numbers = [int(match[1]) for path in places if (match := _NAME.fullmatch(path.name))]
        return {number: self._line(f"{_REFUSED}/{number:012d}.txt") for number in sorted(numbers)}

    def take_back(self) -> int:
        """Let everything set aside be sent again, before what waits; return how much it is."""
        numbers = self.refused()
        for number in numbers:
            (self.folder / _REFUSED / f"{number:012d}.json").replace(self._path(number))
        return len(numbers)

    def forget_refused(self, numbers: Iterable[int]) -> None:
        """Drop records set aside: what they said has been said another way."""
        for number in numbers:
            for ending in ("json", "txt"):
                (self.folder / _REFUSED / f"{number:012d}.{ending}").unlink(missing_ok=True)

    @property
    def away(self) -> str:
        """Why records wait: what the last try met; empty where it met nothing."""
        return self._line(_AWAY)

    @away.setter
    def away(self, reason: str) -> None:
        self._keep(_AWAY, reason)

    @property
    def gap(self) -> str:
        """What MLflow has lost of what it had taken; empty where nothing is known to be."""
        return self._line(_GAP)

    @gap.setter
    def gap(self, what: str) -> None:
        self._keep(_GAP, what)

    @property
    def namesake(self) -> str:
        """That MLflow has another sweep of this name; said when this one's run was made there."""
        return self._line(_NAMESAKE)

    @namesake.setter
    def namesake(self, what: str) -> None:
        self._keep(_NAMESAKE, what)

    @property
    def page(self) -> str:
        """Where the sweep's own run is, `tracking address EXPERIMENT/RUN`; empty before it is."""
        return self._line(_PAGE)

    @page.setter
    def page(self, where: str) -> None:
        self._keep(_PAGE, where)

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

    def _line(self, name: str) -> str:
        try:
            lines = (self.folder / name).read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return ""
        return lines[0][:LINE]

    def _keep(self, name: str, text: str) -> None:
        if text:
            replace_text(self.folder / name, starred(text))
        elif (self.folder / name).exists():
            (self.folder / name).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:012d}.json"


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, as far as other processes can see."""
    half = path.with_name(path.name + ".half")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
