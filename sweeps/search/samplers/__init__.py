"""Samplers: one file each. `sweeps.spec.methods` has the table.

To add one, write a class as `sampler.Sampler` describes, have it pass
`sweeps.testing.samplers.SamplerSuite`, and add its line to the table.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from sweeps.search.candidates import Candidates
from sweeps.search.samplers.sampler import Sampler
from sweeps.spec.methods import METHODS, option_mistakes
from xlt_core.vocabulary.errors import Mistake, UserMistake


def make_sampler(method: str, candidates: Candidates, options: Mapping[str, object]) -> Sampler:
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
                f"{hint}write one of {', '.join(sorted(METHODS))}",
            )
        )
    if wrong := option_mistakes(method, options):
        raise UserMistake(replace(each, where=f"search.options.{each.where}") for each in wrong)
    known = METHODS[method]
    usual = {name: option.default for name, option in known.options.items()}
    module, _, name = known.sampler.partition(":")
    made: Sampler = getattr(importlib.import_module(module), name)(candidates, {**usual, **options})
    return made
