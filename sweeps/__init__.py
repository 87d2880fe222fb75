"""xlt's search: from a spec to finished trials and an answer. In Python as on the command line:

    import sweeps

    first = sweeps.run("first.yaml")  # or a mapping of the same shape
    first = sweeps.submit("first.yaml", address="http://HOST:8265")  # on a Ray cluster
    first = sweeps.load("first")  # by name, folder or URL
    test = first.results().query("split == 'test' and primary")
    test.groupby(["plan", "family"]).gain.mean()

To read on, start at `sweeps.interface` (what these do), `sweeps.spec` (what the user asks) and
`sweeps.execution.driver` (how it is done). Nothing is imported before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweeps.interface.loaded import load
    from sweeps.interface.running import run
    from sweeps.interface.submitting import submit

__all__ = ["load", "run", "submit"]

_HOMES = {
    "load": "sweeps.interface.loaded",
    "run": "sweeps.interface.running",
    "submit": "sweeps.interface.submitting",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
