"""The methods of search, as specs name them: what each is and needs, one line each in the table.

How a method chooses is a sampler's business, a file in `sweeps.search.samplers`; the search stands
above this layer, so that it is named here and imported where one is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sweeps.spec.search_options import SearchOption, wrong_options
from xlt_core.vocabulary.errors import Mistake


@dataclass(frozen=True)
class SearchMethod:
    """What a method of search is.

    Attributes:
        sampler: the class that chooses, `module:class`.
        learns: whether what it proposes depends on results.
        exhaustive: whether it walks a space to its end; others never finish by themselves.
        fractions: whether ranges without steps (`log`, `float`) are for it.
        options: what `search.options` may hold.
    """

    sampler: str
    learns: bool = False
    exhaustive: bool = False
    fractions: bool = True
    options: Mapping[str, SearchOption] = field(default_factory=dict)


METHODS: dict[str, SearchMethod] = {
    "grid": SearchMethod("sweeps.search.samplers.grid:Grid", exhaustive=True, fractions=False),
    "random": SearchMethod("sweeps.search.samplers.random:Random"),
    "tpe": SearchMethod(
        "sweeps.search.samplers.tpe:Tpe",
        learns=True,
        options={
            # told trials before which it draws at random
            "n_startup_trials": SearchOption("whole", 10, 0, 10**9),
            # draws of which the best is taken; each is held against every trial, in memory
            "n_ei_candidates": SearchOption("whole", 24, 1, 10**5),
            # trials under way count as poor, so that the next are elsewhere
            "constant_liar": SearchOption("switch", True),
        },
    ),
}


def option_mistakes(method: str, options: Mapping[str, object]) -> tuple[Mistake, ...]:
    """Everything wrong with the options of a method that there is; `where` is the option's name."""
    return tuple(wrong_options(method, options, METHODS[method].options))
