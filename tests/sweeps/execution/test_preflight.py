"""What is refused before a sweep begins on a cluster; on a real one: test_submit.py."""

from __future__ import annotations

from dataclasses import replace

from sweeps.execution.checks.check import Finding, LookedAt, ok, warning, wrong
from sweeps.execution.preflight import refusals


def looked(node: str, *findings: Finding) -> LookedAt:
    """One node, its findings called by their remedies."""
    return LookedAt(node, tuple(replace(each, check=each.remedy or "fine") for each in findings))


def test_what_is_wrong_is_refused_with_its_nodes() -> None:
    """Once, however many nodes have it; what all have is said so; warnings are heard."""
    heard: list[str] = []
    nodes = [
        looked("head", ok("well"), wrong("slow clock", "clock")),
        looked("node1", wrong("not seen", "store"), wrong("slow clock", "clock")),
        looked(
            "node2", wrong("not seen", "store"), wrong("slow clock", "clock"), warning("x", "y")
        ),
    ]
    refused = [str(mistake) for mistake in refusals(nodes, False, heard.append)]
    assert refused == [
        "all 3 nodes, clock: slow clock\n    → clock",
        "node node1, node2, store: not seen\n    → store",
    ]
    assert heard == ["node node2, y: x (y)"]


def test_a_sweep_that_goes_on_does_without_mlflow() -> None:
    """Its records wait on disk; one that has not begun may have a wrong address."""
    heard: list[str] = []
    away = [LookedAt("head", (replace(wrong("is away", "start it"), check="MLflow"),))]
    assert list(refusals(away, True, heard.append)) == [] and "is away" in heard[0]
    assert [mistake.what for mistake in refusals(away, False, heard.append)] == ["is away"]
