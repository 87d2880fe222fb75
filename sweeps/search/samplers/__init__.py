"""The methods of search: one file a method, one line each in the table.

To add one, write a class as `sampler.Sampler` describes, add its line here, and run the
conformance suite (tests/sweeps/search/samplers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from sweeps.search.candidates import Candidates
from sweeps.search.samplers.grid import Grid
from sweeps.search.samplers.random import Random
from sweeps.search.samplers.sampler import Sampler
from sweeps.search.samplers.tpe import Tpe
from xlt_core.vocabulary.errors import Mistake, UserMistake

METHODS: dict[str, Callable[[Candidates, Mapping[str, Any]], Sampler]] = {
    "grid": Grid,
    "random": Random,
    "tpe": Tpe,
}


def methods() -> tuple[str, ...]:
    """Names of all methods, sorted."""
    return tuple(sorted(METHODS))


def make_sampler(method: str, candidates: Candidates, options: Mapping[str, Any]) -> Sampler:
    """Make the sampler a spec asks for.

    Raises:
        UserMistake: no such method, no such option, or the method cannot search this space.
    """
    if method not in METHODS:
        near = get_close_matches(method, METHODS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UserMistake(
            Mistake(
                "search.method",
                f"there is no method {method!r}",
                f"{hint}write one of {', '.join(methods())}",
            )
        )
    return METHODS[method](candidates, options)
