"""Optuna speaks of every study it makes; on our standard error that is noise."""

from __future__ import annotations


def quiet_optuna() -> None:
    """Keep Optuna's log to warnings."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
