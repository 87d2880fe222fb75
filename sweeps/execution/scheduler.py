"""Which waiting trial Tune starts next: it is left to the order in which they were proposed.

Tune's own first-in-first-out scheduler names the oldest waiting trial, and Tune then gives it the
actor that has just become free, throwing away the one that is starting for it; the trial proposed
next has to start another. With trials shorter than the start of an actor only one of them ever
runs, and each costs a process. A scheduler that names none leaves the freed actor to the next
trial and lets the starting ones start. Stopping trials early would be decided here too.
"""

from __future__ import annotations

from ray.tune.schedulers import FIFOScheduler


class KeepStartingActors(FIFOScheduler):
    """First in, first out, without taking a starting actor from anybody."""

    def choose_trial_to_run(self, tune_controller: object) -> None:
        """None: Tune goes through its queue of waiting trials, oldest first."""
        return
