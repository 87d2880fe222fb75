"""The candidates of a sweep: its plans and searched settings, read off the spec.

`candidates` is what they are; here is where they come from.
"""

from __future__ import annotations

from sweeps.search.candidates import Candidates
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.search.uses import Uses
from sweeps.spec.overlaps import allowed_steps
from sweeps.spec.sweep import Sweep


def candidates_of(sweep: Sweep) -> Candidates:
    """What the sweep may propose; plans that overlap with a target left out where it says so."""
    plans = PlanSpace.of(sweep.intermediate, allowed_steps(sweep))
    return Candidates(plans, SettingsSpace(sweep.searched()), Uses.of(sweep))
