"""The methods of search: one file a method, one line each in the table.

To add one, write a class as `sampler.Sampler` describes, add its line here, and run the
conformance suite (tests/sweeps/search/samplers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from sweeps.search.candidates import Candidates
from sweeps.search.samplers.grid import Grid
from sweeps.search.samplers.options import wrong_options
from sweeps.search.samplers.random import Random
from sweeps.search.samplers.sampler import Sampler
from sweeps.search.samplers.tpe import Tpe
from xlt_core.vocabulary.errors import Mistake, UserMistake

METHODS: dict[str, type[Sampler]] = {
    "grid": Grid,
    "random": Random,
    "tpe": Tpe,
}


def methods() -> tuple[str, ...]:
    """Names of all methods, sorted."""
    return tuple(sorted(METHODS))


def option_mistakes(method: str, options: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Everything wrong with the options of a method that there is; `where` is the option's name."""
    return tuple(wrong_options(method, options, METHODS[method].options))


def make_sampler(method: str, candidates: Candidates, options: Mapping[str, Any]) -> Sampler:
    """Make the sampler a spec asks for.

    Raises:
        UserMistake: no such method, an option it does not have or not with this value, or it
            cannot search this space.
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
    if wrong := option_mistakes(method, options):
        raise UserMistake(replace(each, where=f"search.options.{each.where}") for each in wrong)
    return METHODS[method](candidates, options)
