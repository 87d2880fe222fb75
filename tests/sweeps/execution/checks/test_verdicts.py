"""What is judged without looking: versions between machines, clocks."""

from __future__ import annotations

import pytest

from sweeps.execution.checks.check import Verdict
from sweeps.execution.checks.clock import judged
from sweeps.execution.checks.versions import differences

MINE = {"python": "3.11.7", "torch": "2.13.0+cpu", "ray": "2.60.0", "code": "abc", "xlt": "0.1.0"}


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ({}, []),
        ({"python": "3.11.2"}, []),
        ({"torch": "2.13.0+cu126"}, []),
        ({"python": "3.12.1"}, ["python 3.12.1, where the sweep is driven 3.11.7"]),
        ({"torch": "2.12.0"}, ["torch 2.12.0, where the sweep is driven 2.13.0+cpu"]),
        ({"ray": ""}, ["ray is not installed, where the sweep is driven 2.60.0"]),
        ({"code": "xyz"}, ["xlt's code is another (0.1.0) than where the sweep is driven (0.1.0)"]),
    ],
)
def test_versions_that_differ(theirs: dict[str, str], said: list[str]) -> None:
    """Those that results hang on, not what devices a library was built for."""
    found = list(differences(MINE, MINE | theirs))
    assert [each.found for each in found] == said
    assert all(each.verdict == Verdict.WRONG and each.remedy for each in found)


@pytest.mark.parametrize(
    ("ahead", "verdict", "said"),
    [
        (0.5, Verdict.OK, "within 3 s"),
        (-12.0, Verdict.WARNING, "12 s behind the store's"),
        (4000.0, Verdict.WRONG, "4,000 s ahead of the store's"),
    ],
)
def test_clocks(ahead: float, verdict: Verdict, said: str) -> None:
    """Services refuse requests of another time."""
    found = judged(ahead, "the store's")
    assert found.verdict == verdict and said in found.found
