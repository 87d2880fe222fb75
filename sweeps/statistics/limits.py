"""What so few seeds and languages cannot tell, said before anyone computes it.

Nothing is known of the spread of what was seen once; two values know theirs with one degree of
freedom. That can be said of a plan before it runs.
"""

from __future__ import annotations

from sweeps.statistics.signflip import smallest_p

ADVISED_SEEDS = 5


def out_of_reach(seeds: int, languages: int, level: float = 0.95) -> tuple[str, ...]:
    """What cannot be had from `seeds` seeds in `languages` languages, one sentence each.

    Args:
        seeds: how many seeds every plan is trained with.
        languages: how many languages a mean is taken over.
        level: the confidence wanted, as 0.95.
    """
    said = []
    if seeds < 2:
        said.append("One seed tells nothing of other seeds: no interval can be had.")
    if languages < 2:
        said.append("One language tells nothing of languages like it: no interval for them.")
    if seeds >= 2 and smallest_p(seeds) > 1 - level:
        said.append(
            f"{seeds} seeds can reject nothing by sign flips: p is {smallest_p(seeds):g} at the "
            "smallest. What intervals say rests on the seeds' noise being normal."
        )
    if 2 <= seeds < ADVISED_SEEDS:
        said.append(
            f"{seeds} seeds know their own spread with {seeds - 1} "
            f"degree{'s' if seeds > 2 else ''} of freedom: intervals are wide; "
            f"{ADVISED_SEEDS} are advised."
        )
    return tuple(said)
