"""What a sweep would do, from where its study stands now: for whoever plans or starts one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sweeps.spec.stems import blaming

if TYPE_CHECKING:
    from sweeps.report.forecast import Forecast
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.sweep import Sweep


def known_trials(sweep: Sweep) -> Sequence[Trial]:
    """The trials of the sweep's study, none where it has not begun. Raises UserMistake."""
    from sweeps.search.study_reader import read_trials

    with blaming(sweep.where("storage")):
        return read_trials(sweep.storage, sweep.name)


def forecast_of(sweep: Sweep, prepared: ResolvedInputs, known: Sequence[Trial]) -> Forecast:
    """The forecast, from where the sweep's study stands now: its trials."""
    from sweeps.report.forecast import forecast
    from sweeps.search.of_sweep import candidates_of
    from xlt_core.store import Store

    with blaming(sweep.where("store")):
        store = Store(sweep.store)
    return forecast(sweep, prepared, store, candidates_of(sweep, prepared), known)


def cautions_of(sweep: Sweep, prepared: ResolvedInputs) -> tuple[str, ...]:
    """What is hardly meant, and which tables will stay empty."""
    from sweeps.report.cautions import cautions
    from sweeps.search.of_sweep import candidates_of

    return tuple(cautions(sweep, prepared, candidates_of(sweep)))
