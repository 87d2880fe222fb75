"""The lease of a study: one driver at a time, whatever file systems and clocks do.

It stands in the study's own database, as an attribute of the study that only its holder changes:
a heart replaces it again and again. Nobody compares times. Whoever finds it held watches whether
it changes; if it does not for long enough, its driver is gone, and it is taken over in one
statement that fails where somebody else was faster.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING, Any

from xlt_core.store.owner import Owner
from xlt_core.vocabulary.errors import Mistake, UserMistake, XltError

if TYPE_CHECKING:
    from sqlalchemy import Engine

KEY = "driver"  # of the study's attribute
BEAT_SECONDS = 3.0
LOOK_SECONDS = 1.0
LOOKS = 30  # without a change, after which a driver is gone: ten beats missed

_INSERT = (
    "insert into study_user_attributes (study_id, key, value_json) values (:study, :key, :new)"
)
_UPDATE = (
    "update study_user_attributes set value_json = :new"
    " where study_id = :study and key = :key and value_json = :old"
)

_log = logging.getLogger(__name__)


class LeaseLost(XltError):
    """Another driver has taken the study over; this one must write nothing more."""


class DriverLease:
    """A context: holds the lease of one study while a driver is at work.

    Args:
        where: names the study to people.
        mistakes: turns what databases raise into mistakes (see `study`).
        say: told what is waited for.
        on_lost: called once, from whatever thread finds that the lease is another's.

    Raises:
        UserMistake: on entry, where another driver is alive.
    """

    def __init__(
        self,
        engine: Engine,
        study_id: int,
        where: str,
        mistakes: Callable[[str], AbstractContextManager[None]],
        say: Callable[[str], None] = lambda text: None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine, self._study_id, self._where = engine, study_id, where
        self._mistakes, self._say, self._on_lost = mistakes, say, on_lost
        self._token = secrets.token_hex(8)
        self._said = ""  # our own words in the database
        self._beats = 0
        self._writing = threading.Lock()
        self._lost = threading.Event()
        self._over = threading.Event()
        self._heart = threading.Thread(target=self._beat_on, name="xlt-lease", daemon=True)

    @property
    def lost(self) -> bool:
        """Whether another driver has it now."""
        return self._lost.is_set()

    def __enter__(self) -> DriverLease:
        with self._mistakes(self._where):
            found = self._read()
            if found is not None and not _is_free(found) and self._is_alive(found):
                raise UserMistake(held_mistake(self._where, found))
            self._said = self._words()
            if not self._replace(found, self._said):
                raise UserMistake(held_mistake(self._where, self._read() or "{}"))
        self._heart.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._heart.join()
        if not self.lost:
            try:
                self._replace(self._said, "{}")
            except Exception as error:  # whoever comes next finds this process dead, or silent
                what = str(error).partition("\n")[0]
                _log.warning("the lease of %s could not be given back: %s", self._where, what)

    def check(self) -> None:
        """Before every write: raise LeaseLost where the lease is another's."""
        with self._mistakes(self._where):
            if not self.lost and _holder(self._read()) != self._token:
                self._lose()
        if self.lost:
            raise LeaseLost(f"{self._where}: {_who(self._read() or '{}')} has taken it over")

    def mistake(self) -> UserMistake:
        """What to tell people of a lease that was lost."""
        with self._mistakes(self._where):
            taker = _who(self._read() or "{}")
        what = f"{taker} has taken over this sweep while this one was silent; it stopped here"
        return UserMistake(Mistake(self._where, what, "nothing is lost: the other one goes on"))

    def _is_alive(self, found: str) -> bool:
        """Watch the lease: its holder is alive if it changes."""
        self._say(f"{_who(found)} holds this sweep; watching for {LOOKS} s whether it is alive")
        for _ in range(LOOKS):
            self._over.wait(LOOK_SECONDS)
            now = self._read()
            if now != found:
                return now is not None and not _is_free(now)
        return False

    def _beat_on(self) -> None:
        failing = False
        while not self._over.wait(BEAT_SECONDS) and not self.lost:
            try:
                self._beat()
                failing = False
            except Exception as error:  # tried again; if another takes over, `_beat` finds out
                if not failing:
                    what = str(error).partition("\n")[0]
                    _log.warning("the lease of %s is not renewed for now: %s", self._where, what)
                failing = True

    def _beat(self) -> None:
        with self._writing:
            words = self._words()
            if self._replace(self._said, words):
                self._said = words
                return
            found = self._read()
            # An answer of the database may have been lost on the way: the words are ours after all.
            if _holder(found) == self._token and found is not None:
                self._said = found
            else:
                self._lose()

    def _lose(self) -> None:
        if not self._lost.is_set():
            self._lost.set()
            self._on_lost()

    def _words(self) -> str:
        self._beats += 1
        owner = asdict(Owner.current())
        return json.dumps({"holder": self._token, "owner": owner, "beat": self._beats})

    def _read(self) -> str | None:
        from sqlalchemy import text

        sql = "select value_json from study_user_attributes where study_id = :study and key = :key"
        with self._engine.begin() as connection:
            found = connection.execute(text(sql), self._row).first()
        return None if found is None else str(found[0])

    def _replace(self, old: str | None, new: str) -> bool:
        """Write the lease where it still is `old` (None: not there at all); whether it was."""
        from sqlalchemy import text
        from sqlalchemy.exc import IntegrityError

        sql = _INSERT if old is None else _UPDATE
        try:
            with self._engine.begin() as connection:
                done = connection.execute(text(sql), {**self._row, "old": old, "new": new})
                return bool(done.rowcount)
        except IntegrityError:  # somebody else was the first
            return False

    @property
    def _row(self) -> dict[str, object]:
        return {"study": self._study_id, "key": KEY}


def is_held(read: Callable[[], str | None]) -> bool:
    """Whether a living driver holds a lease; watched for two beats where nothing else tells.

    Args:
        read: the lease's words as they stand in the database now.
    """
    found, pause = read(), threading.Event()
    if found is None or _is_free(found):
        return False
    for _ in range(1 + round(2 * BEAT_SECONDS / LOOK_SECONDS)):
        pause.wait(LOOK_SECONDS)
        now = read()
        if now != found:
            return now is not None and not _is_free(now)
    return False


def held_mistake(where: str, words: str) -> Mistake:
    """What to tell a second driver."""
    return Mistake(
        where,
        f"another driver is running this sweep: {_who(words)}",
        "end that one first, or give this sweep another name",
    )


def _is_free(words: str) -> bool:
    """Given back, or left by a process of this machine that is dead."""
    found = _parsed(words)
    if not found.get("holder"):
        return True
    try:
        return Owner(**found["owner"]).is_dead()
    except (KeyError, TypeError):
        return False


def _holder(words: str | None) -> str:
    return str(_parsed(words or "{}").get("holder", ""))


def _who(words: str) -> str:
    owner = _parsed(words).get("owner") or {}
    return f"process {owner.get('pid', '?')} on {owner.get('host', 'another machine')}"


def _parsed(words: str) -> Mapping[str, Any]:
    found = json.loads(words)
    return found if isinstance(found, dict) else {}
