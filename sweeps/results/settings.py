"""Searched settings in words: short where trials are told apart, whole where one is to be repeated.

Neighbours: `results`, which reads a trial's settings; `sweeps.search.settings`, their space.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from sweeps.search.of_sweep import candidates_of
from sweeps.search.settings import label
from sweeps.spec.sweep import Settings, Sweep, Value

if TYPE_CHECKING:
    from sweeps.search.trial import Trial


def settings_of(sweep: Sweep, trial: Trial) -> dict[str, Value]:
    """The searched settings that a trial was trained with, by dotted path.

    Those that its plan takes. One that was not searched yet when the trial was proposed has the
    baseline's value.
    """
    return candidates_of(sweep).canonical(trial.plan, trial.settings)[1]


def short(settings: Settings) -> str:
    """The settings for a table, numbers at four digits, folders by their names."""
    return ", ".join(
        f"{path.removeprefix('recipe.')} {_rounded(settings[path])}" for path in sorted(settings)
    )


def whole(settings: Settings) -> str:
    """The settings in full, as a spec or `--set` takes them."""
    return ", ".join(f"{path}={label(settings[path])}" for path in sorted(settings))


def _rounded(value: object) -> str:
    if isinstance(value, str):  # an encoder's folder goes by its name
        return PurePath(value).name
    return f"{value:.4g}" if isinstance(value, float) else label(value)
