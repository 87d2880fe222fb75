"""The stages of a sweep: its plans as a tree, and what sharing their beginnings saved."""

from __future__ import annotations

from collections.abc import Iterator

from sweeps.report.document import Column, Figure, Kind, Part, Shown, Table, Tree
from sweeps.report.plan_picture import plan_tree
from sweeps.results.facts import SweepFacts
from sweeps.results.sharing import sharing


def stages(facts: SweepFacts) -> Iterator[Part]:
    """The tree of plans, and stages by kind."""
    if facts.results.trials:
        yield _tree(facts)
    if facts.stages:
        yield _by_kind(facts)


def _tree(facts: SweepFacts) -> Figure:
    caption = "Plans as a tree: what begins alike is trained once; mean gain over targets, points"
    entries = plan_tree(facts.results)
    data = Table(
        "plan-tree",
        caption,
        (Column("plan"), Column("trial", Kind.COUNT), Column("gain", Kind.POINTS)),
        tuple((e["plan"], e["trial"], e["gain"]) for e in entries),  # type: ignore[misc]
        (
            Shown("plan", ("plan",), folds=True),
            Shown("trial", ("trial",)),
            Shown("gain", ("gain",)),
        ),
    )
    return Figure(
        data.name,
        caption,
        f"A tree of {len(entries)} plans by their steps, a bar for each one's gain.",
        Tree("plan", "trial", "gain"),
        data,
    )


def _by_kind(facts: SweepFacts) -> Table:
    found = sharing(facts.stages)
    requested, distinct = sum(one.requested for one in found), sum(one.distinct for one in found)
    return Table(
        "stages",
        "Stages by kind: what trials ask for, shared or not, and what became of it",
        (
            Column("kind"),
            *(
                Column(name, Kind.COUNT)
                for name in ("requested", "distinct", "executed", "reused", "open")
            ),
            Column("seconds", Kind.SECONDS),
            Column("seconds_saved", Kind.SECONDS),
        ),
        tuple(
            (
                *(one.kind, one.requested, one.distinct, one.executed, one.reused, one.open),
                *(one.seconds, one.saved),
            )
            for one in found
        ),
        sentence=(
            f"Trials ask for {requested:,} stages, {distinct:,} of them distinct: the others are "
            "shared."
        ),
        notes=(
            "Reused: taken from the store, where another sweep had put it. Seconds are computing "
            "time of what is in the store, whoever computed it; saved is what it would take more "
            "were nothing shared or reused.",
        ),
    )
