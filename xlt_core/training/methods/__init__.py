"""The table of training methods: one file a method beside this one, one line each here.

`method` says what a method is; `plain` is the one the others begin from. A new one passes
`xlt_core.testing.methods.MethodSuite`.
"""

from __future__ import annotations

from xlt_core.training.methods.l2sp import L2SP
from xlt_core.training.methods.method import Course, Method, Option, Scene
from xlt_core.training.methods.plain import Plain
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.plugged import of_ones_own

__all__ = ["METHODS", "Course", "Method", "Option", "Scene", "get_method", "option_fields"]

METHODS: dict[str, Method] = {method.name: method for method in (Plain(), L2SP())}


def get_method(name: str) -> Method:
    """The method called `name`. Raises UserMistake where there is none."""
    found = METHODS.get(name)
    if found is None:
        remedy = f"there are {', '.join(METHODS)}; {of_ones_own()}"
        raise UserMistake(Mistake("", f"{name!r} is not a training method", remedy))
    return found


def option_fields(method: Method) -> dict[str, Option]:
    """A method's options by the names that recipes are written with."""
    return {f"{method.name}_{name}": option for name, option in method.options.items()}
