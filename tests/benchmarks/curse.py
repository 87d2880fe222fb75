"""What choosing the best of 20 plans overstates, and how honest the honest gain is.

    .venv/bin/python tests/benchmarks/curse.py                     # --worlds 4000

Plans differ truly by `apart` points (standard deviation), and each suits some languages better than
others by `suits`; each has noise of its own for each seed, in all ten languages alike (`noise`),
and for each seed and language (the same size). Dev and test of one seed are of one trained model:
their noise correlates by 0.9; only what is left is the test set's own. Chosen on dev of all seeds;
what the choice is said to gain, less what the chosen plan truly gains, on average: `dev`, its dev
gain; `test`, its test gain on the same seeds; `honest`, `winners_curse.honest_gain`. `fewer` is
`honest` less what plans chosen with one fewer truly gain, which is what it speaks of; `held` how
often its interval holds that. For these languages alone, and for languages like these. With one
seed there is no honest gain.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sweeps.statistics.crossed import Statement, spread_of
from sweeps.statistics.winners_curse import dependence, expected_overstatement, honest_gain

PLANS, LANGUAGES, CORRELATION = 20, 10, 0.9


def measured(
    statement: Statement, suits: float, apart: float, noise: float, seeds: int, worlds: int
) -> dict[str, float]:
    """Biases in points."""
    random = np.random.default_rng([seeds, *(int(10 * one) for one in (suits, apart, noise))])
    general = apart * random.normal(size=(worlds, PLANS, 1))
    own = general + suits * random.normal(size=(worlds, PLANS, LANGUAGES))
    dev, test = scores(random, own, noise, seeds)
    # What is true of other languages is what a plan gains in general.
    truth = np.broadcast_to(general, own.shape) if statement == Statement.LIKE_THESE else own
    chosen = dev.mean((2, 3)).argmax(1)
    true = of_chosen(truth.mean(2)[..., None], chosen[:, None])[:, 0]
    found = {
        "dev": float((of_chosen(dev.mean((2, 3))[..., None], chosen[:, None])[:, 0] - true).mean()),
        "test": float(
            (of_chosen(test.mean((2, 3))[..., None], chosen[:, None])[:, 0] - true).mean()
        ),
    }
    if seeds == 1:
        return found
    choice = chosen_without(dev, statement)
    tables = of_chosen(test, choice)
    fewer = of_chosen(np.broadcast_to(truth[..., None], test.shape), choice).mean((1, 2))
    honest = tables.mean((1, 2))
    same_as_shipped(dev, test, honest, statement)
    spread = spread_of(tables)
    reach = replace(
        spread,
        by_seed=spread.by_seed * dependence(seeds),
        by_language=spread.by_language * dependence(LANGUAGES),
    ).reach(0.05, statement)
    return found | {
        "honest": float((honest - true).mean()),
        "fewer": float((honest - fewer).mean()),
        "held": float((np.abs(honest - fewer) <= reach).mean()),
    }


def chosen_without(dev: np.ndarray, statement: Statement) -> np.ndarray:
    """The best plan [world, language, seed] by the dev of other seeds (in other languages)."""
    left = dev.sum((2, 3), keepdims=True) - dev.sum(2, keepdims=True)
    if statement == Statement.LIKE_THESE:
        left = left - dev.sum(3, keepdims=True) + dev
    best = left.argmax(1)
    return np.broadcast_to(best, (len(dev), *dev.shape[2:]))


def of_chosen(values: np.ndarray, choice: np.ndarray) -> np.ndarray:
    """Of values [world, plan, …] those of the plan chosen."""
    return np.take_along_axis(
        values, choice[:, None].reshape(len(values), 1, *values.shape[2:]), 1
    )[:, 0]


def scores(random, own, noise, seeds) -> tuple[np.ndarray, np.ndarray]:
    """Dev and test gains [world, plan, language, seed]."""
    size = (*own.shape, seeds)

    def noises() -> np.ndarray:
        every = random.normal(size=(*own.shape[:2], 1, seeds))
        return noise * (every + random.normal(size=size))

    rest = np.sqrt(1 - CORRELATION)
    centre = own[..., None] + np.sqrt(CORRELATION) * noises()
    return centre + rest * noises(), centre + rest * noises()


def same_as_shipped(dev, test, honest, statement) -> None:
    """The first worlds, as the package itself computes them."""
    for at in range(3):
        names = [f"p{n:02}" for n in range(PLANS)]
        both = [
            {name: cells(own) for name, own in zip(names, table[at], strict=True)}
            for table in (dev, test)
        ]
        estimate = honest_gain(*both, statement=statement).estimate
        assert estimate is not None
        assert abs(estimate.mean - honest[at]) < 1e-9


def cells(table: np.ndarray) -> dict[tuple[str, int], float]:
    """A table [language, seed] as cells."""
    return {(f"{at[0]:02}", at[1]): float(value) for at, value in np.ndenumerate(table)}


def main() -> None:
    """Measure and print; the last lines are the extremes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=4000)
    worlds = parser.parse_args().worlds
    rows = []
    settings = product(Statement, (0.0, 1.0), (0.5, 1.0, 2.0), (0.0, 0.5, 1.0, 2.0), (1, 2, 3, 5))
    for statement, suits, noise, apart, seeds in settings:
        row = measured(statement, suits, apart, noise, seeds, worlds)
        rows.append(row)
        said = " | ".join(f"{name} {value:+.2f}" for name, value in row.items())
        print(
            f"{statement} | suits {suits} | noise {noise} | apart {apart} | {seeds} seeds | {said}"
        )
    honest = [row["honest"] for row in rows if "honest" in row]
    print(f"honest: {min(honest):+.3f} to {max(honest):+.3f}")
    fewer = [row["fewer"] for row in rows if "fewer" in row]
    print(f"fewer: {min(fewer):+.3f} to {max(fewer):+.3f}")
    print(
        "expected of plans alike, noise 1, one seed:", round(expected_overstatement(1, PLANS, 1), 2)
    )


if __name__ == "__main__":
    main()
