"""The study: what was asked and what was told, one row a trial, in Optuna's own tables.

One of the two truths of a sweep (the store is the other). A row's truth is its `number`, `plan`
and `settings`; its Optuna parameters and `words` say the same once more, for dashboards. One
driver writes (`sweeps.execution` holds the lock); anybody may read (`study_reader`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sweeps.search.candidates import Candidates
from sweeps.search.connection import connect, mistakes, without_password
from sweeps.search.lease import DriverLease
from sweeps.search.parameters import distributions, parameters, words
from sweeps.search.proposal import Proposal
from sweeps.search.storage import (
    Restore,
    in_order,
    trial_of,
)
from sweeps.search.trial import Trial, TrialResult
from sweeps.spec.database import sqlite_path
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial
    from optuna.trial import TrialState as RowState

FORMAT = 1  # of our rows; raised when their meaning changes

T = TypeVar("T")

_REOPEN = (
    "update trials set state = 'RUNNING', datetime_complete = null"
    " where trial_id = :trial and state = 'FAIL'"
)
_FORGET_ERROR = "delete from trial_user_attributes where trial_id = :trial and key = 'error'"


class SweepStudy:
    """The study of one sweep in a database (see `Trials`). Made by `open` or `find`.

    One thread may write (`insert`, `tell`) while others read.
    """

    def __init__(self, storage: RDBStorage, study_id: int, where: str, name: str) -> None:
        self.name = name
        self.where = where  # the storage's URL without its password
        self._storage = storage
        self._study_id = study_id
        self._trial_ids: dict[int, int] | None = None
        self._reading = threading.Lock()
        self._stored: dict[str, BaseDistribution] = {}
        self._lease: DriverLease | None = None

    @classmethod
    def open(cls, storage_url: str, name: str) -> SweepStudy:
        """Open the study, creating storage, tables and study where they are missing.

        Raises:
            UserMistake: the storage is locked, damaged or out of reach, or the study was written
                by a newer version.
        """
        from optuna.exceptions import DuplicatedStudyError
        from optuna.study import StudyDirection

        if (path := sqlite_path(storage_url)) is not None:
            path.absolute().parent.mkdir(parents=True, exist_ok=True)
        with mistakes(without_password(storage_url)):
            storage = connect(storage_url)
            try:
                study_id = storage.create_new_study([StudyDirection.MAXIMIZE], name)
            except DuplicatedStudyError:
                study_id = storage.get_study_id_from_name(name)
        study = cls(storage, study_id, without_password(storage_url), name)
        study._check_format()
        return study

    @classmethod
    def find(cls, storage_url: str, name: str) -> SweepStudy | None:
        """Open the study if it is there.

        Raises:
            UserMistake: as `open`.
        """
        if (path := sqlite_path(storage_url)) is not None and not path.is_file():
            return None
        where = without_password(storage_url)
        with mistakes(where):
            storage = connect(storage_url)
            try:
                study_id = storage.get_study_id_from_name(name)
            except KeyError:
                return None
        return cls(storage, study_id, where, name)

    def _check_format(self) -> None:
        found = self.attrs().get("format")
        if found is None:
            self.set_attr("format", FORMAT)
        elif found > FORMAT:
            raise UserMistake(
                Mistake(
                    self.where,
                    f"Optuna's study was written in format {found}, this version reads {FORMAT}",
                    "update xlt, or give the sweep another name",
                )
            )

    def lease(
        self,
        say: Callable[[str], None] = lambda text: None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> DriverLease:
        """The right to write, to be entered; from then on every write makes sure of it."""
        engine, where = self._storage.engine, f"{self.name} in {self.where}"
        self._lease = DriverLease(engine, self._study_id, where, mistakes, say, on_lost)
        return self._lease

    def attrs(self) -> dict[str, Any]:
        """What the study says of itself."""
        with mistakes(self.where):
            return dict(self._storage.get_study_user_attrs(self._study_id))

    def set_attr(self, key: str, value: object) -> None:
        """Let the study say `value` (JSON) of itself, as the spec's hash."""
        with mistakes(self.where):
            self._storage.set_study_user_attr(self._study_id, key, value)

    def trials(self, candidates: Candidates | None = None) -> list[Trial]:
        """All trials in number order; settings as `candidates` writes them where it is given."""
        restore = candidates.settings.restore if candidates else dict
        return in_order(_trial(self.where, row, restore) for row in self._rows())

    def trial(self, number: int) -> Trial | None:
        """One trial, None where there is none; costs the same however many others there are."""
        trial_id = self._ids().get(number)
        if trial_id is None:
            return None
        with mistakes(self.where):
            return _trial(self.where, self._storage.get_trial(trial_id), dict)

    def insert(self, proposal: Proposal, candidates: Candidates) -> None:
        """Write a proposal as a RUNNING row, all of it in one transaction.

        Raises:
            UserMistake: the storage is locked, full or out of reach.
            LeaseLost: another driver writes now.
            ValueError: the number is taken.
        """
        import optuna

        self._may_write()
        ids = self._ids()
        if proposal.number in ids:
            raise ValueError(f"trial {proposal.number} is in the study already")
        own = distributions(candidates)
        params = parameters(candidates, proposal.plan, proposal.settings)
        names = {name: self._stored_name(name, own[name]) for name in params}
        template = optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING,
            params={names[name]: value for name, value in params.items()},
            distributions={names[name]: own[name] for name in params},
            user_attrs=words(candidates, proposal.plan, proposal.settings) | proposal.to_config(),
        )
        try:
            with mistakes(self.where):
                trial_id = self._storage.create_new_trial(self._study_id, template_trial=template)
        except UserMistake:
            self._trial_ids = None  # the row may be there all the same: it is looked for again
            raise
        self._stored |= template.distributions
        ids[proposal.number] = trial_id

    def tell(self, number: int, result: TrialResult) -> bool:
        """Write a trial's result, once; False where it had one already, which then stands.

        The state is written last, so that no trial fails unexplained.

        Raises:
            KeyError: no such trial.
            UserMistake: the storage is locked, full or out of reach.
            LeaseLost: another driver writes now.
        """
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        self._may_write()
        trial_id = self._ids()[number]
        value = result.objective
        with mistakes(self.where):
            try:
                for key, said in result.to_attrs().items():
                    self._storage.set_trial_user_attr(trial_id, key, said)
                state = TrialState.FAIL if value is None else TrialState.COMPLETE
                values = None if value is None else [value]
                return self._storage.set_trial_state_values(trial_id, state, values)
            except UpdateFinishedTrialError:
                return False

    def reopen(self, number: int) -> None:
        """Let a failed trial be told once more: its row is RUNNING again, its error gone.

        Optuna itself never takes a result back. One transaction: killed in between, it has failed
        as before.

        Raises:
            KeyError: no such trial.
            UserMistake: the storage is locked, full or out of reach.
            LeaseLost: another driver writes now.
        """
        import sqlalchemy

        self._may_write()
        known = {"trial": self._ids()[number]}
        with mistakes(self.where), self._storage.engine.begin() as connection:
            changed = connection.execute(sqlalchemy.text(_REOPEN), known)
            if changed.rowcount:
                connection.execute(sqlalchemy.text(_FORGET_ERROR), known)

    def _may_write(self) -> None:
        if self._lease is not None:
            self._lease.check()

    def close(self) -> None:
        """Let go of the database's connections."""
        self._storage.remove_session()
        self._storage.engine.dispose()

    def _rows(self) -> list[FrozenTrial]:
        with mistakes(self.where):
            return self._storage.get_all_trials(self._study_id, deepcopy=False)

    def _ids(self) -> dict[int, int]:
        """Optuna's id of each trial; read once, then kept up to date by `insert`."""
        with self._reading:  # else a second reader's older picture could replace the first's
            if self._trial_ids is None:
                rows = [row for row in self._rows() if "number" in row.user_attrs]
                ids = {row.user_attrs["number"]: row._trial_id for row in reversed(rows)}
                self._trial_ids = ids  # of two rows of one number, the first
                for row in rows:
                    self._stored |= row.distributions
            return self._trial_ids

    def _stored_name(self, name: str, distribution: BaseDistribution) -> str:
        """A parameter's name in the database: `pick0`, or `pick0 (2)` once the space has grown.

        Optuna refuses to let a categorical parameter's choices change under one name.
        """
        from optuna.distributions import CategoricalDistribution

        generation, stored = 1, name
        while (
            isinstance(distribution, CategoricalDistribution)
            and self._stored.get(stored, distribution) != distribution
        ):
            generation += 1
            stored = f"{name} ({generation})"
        return stored


def _trial(where: str, row: FrozenTrial, restore: Restore) -> Trial | None:
    state: RowState = row.state
    value = row.values[0] if row.values else None
    return trial_of(where, state.name, value, row.user_attrs, restore)
