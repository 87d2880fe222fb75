"""Which versions there are: of Python, of this very code, of the libraries that results hang on."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

from sweeps.execution.checks.check import Finding, Subject, ok, wrong
from xlt_core.plugins import content_of

PACKAGES = ("ray", "torch", "transformers", "datasets", "optuna", "mlflow")
CODE = ("sweeps", "xlt_core")
_REMEDY = "have one environment on every machine: constraints.txt names the versions"
_CODE_REMEDY = "have one version of xlt on every machine, and start the cluster anew"


def versions(subject: Subject) -> Iterator[Finding]:
    """All of them; what is not installed is wrong."""
    found = {"python": platform.python_version(), "xlt": _version("xlt") or "not installed"}
    found |= {name: _version(name) or "" for name in PACKAGES}
    lacking = [name for name, number in found.items() if not number]
    if lacking:
        yield wrong(f"{', '.join(lacking)}: not installed", _REMEDY)
    text = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    yield ok(text, **found, code=content_of(CODE)[:12])


def differences(mine: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[Finding]:
    """What another machine has otherwise than this one.

    Of Python its minor version counts, of torch not for which devices it was built; of xlt the code
    itself, whatever it calls itself.
    """
    for name in ("python", *PACKAGES):
        here, there = mine.get(name, ""), theirs.get(name, "")
        if _counting(name, here) != _counting(name, there):
            what = f"{name} {there or 'is not installed'}, where the sweep is driven {here}"
            yield wrong(what, _REMEDY)
    if mine.get("code") != theirs.get("code"):
        what = f"xlt's code is another ({theirs.get('xlt')}) than where the sweep is driven"
        yield wrong(f"{what} ({mine.get('xlt')})", _CODE_REMEDY)


def _counting(name: str, number: str) -> str:
    """The part of a version that results hang on."""
    return ".".join(number.split(".")[:2]) if name == "python" else number.partition("+")[0]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
