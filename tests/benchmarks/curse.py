"""What choosing the best of 20 plans overstates, and how honest the honest gain is.

    .venv/bin/python tests/benchmarks/curse.py                     # --worlds 4000

Plans differ truly by `apart` points (standard deviation); each has noise of its own for each seed,
in all ten languages alike (`noise`), and for each seed and language (the same size). Dev and test
of one seed are of one trained model: their noise correlates by 0.9; only what is left is the test
set's own. Chosen on dev of all seeds; three ways to say what the choice gains, each less what the
chosen plan truly gains, on average: `dev`, its dev gain; `test`, its test gain on the same seeds;
`honest`, `winners_curse.honest_gain`. `fewer` is `honest` less what plans chosen with a seed fewer
truly gain, which is what it speaks of; `held` how often its intervals for these languages hold
that. With one seed there is no honest gain.
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


def measured(apart: float, noise: float, seeds: int, worlds: int) -> dict[str, float]:
    """Biases in points."""
    random = np.random.default_rng([seeds, int(10 * apart), int(10 * noise)])
    truth = apart * random.normal(size=(worlds, PLANS))
    dev, test = scores(random, truth, noise, seeds)
    by_seed, shown = dev.mean(2), test.mean(2)  # [world, plan, seed]
    world = np.arange(worlds)
    chosen = by_seed.mean(2).argmax(1)
    true = truth[world, chosen]
    found = {
        "dev": float((by_seed.mean(2)[world, chosen] - true).mean()),
        "test": float((shown.mean(2)[world, chosen] - true).mean()),
    }
    if seeds == 1:
        return found
    without = [np.delete(by_seed, s, 2).mean(2).argmax(1) for s in range(seeds)]
    tables = np.stack([test[world, own, :, s] for s, own in enumerate(without)], -1)
    own = np.stack([truth[world, one] for one in without], -1).mean(-1)
    honest = tables.mean((1, 2))
    same_as_shipped(dev, test, honest)
    spread = spread_of(tables)
    spread = replace(spread, by_seed=spread.by_seed * dependence(seeds))
    reach = spread.reach(0.05, Statement.THESE)
    return found | {
        "honest": float((honest - true).mean()),
        "fewer": float((honest - own).mean()),
        "held": float((np.abs(honest - own) <= reach).mean()),
    }


def scores(random, truth, noise, seeds) -> tuple[np.ndarray, np.ndarray]:
    """Dev and test gains [world, plan, language, seed]."""
    size = (*truth.shape, LANGUAGES, seeds)

    def noises() -> np.ndarray:
        every = random.normal(size=(*truth.shape, 1, seeds))
        return noise * (every + random.normal(size=size))

    model = noises()
    rest = np.sqrt(1 - CORRELATION)
    centre = truth[:, :, None, None] + np.sqrt(CORRELATION) * model
    return centre + rest * noises(), centre + rest * noises()


def same_as_shipped(dev, test, honest) -> None:
    """The first worlds, as the package itself computes them."""
    for at in range(3):
        names = [f"p{n:02}" for n in range(PLANS)]
        both = [
            {name: cells(own) for name, own in zip(names, table[at], strict=True)}
            for table in (dev, test)
        ]
        estimate = honest_gain(*both).estimate
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
    for noise, apart, seeds in product((0.5, 1.0, 2.0), (0.0, 0.5, 1.0, 2.0), (1, 2, 3, 5)):
        row = measured(apart, noise, seeds, worlds)
        rows.append(row)
        said = " | ".join(f"{name} {value:+.2f}" for name, value in row.items())
        print(f"noise {noise} | apart {apart} | {seeds} seeds | {said}")
    honest = [row["honest"] for row in rows if "honest" in row]
    print(f"honest: {min(honest):+.3f} to {max(honest):+.3f}")
    fewer = [row["fewer"] for row in rows if "fewer" in row]
    print(f"fewer: {min(fewer):+.3f} to {max(fewer):+.3f}")
    print(
        "expected of plans alike, noise 1, one seed:", round(expected_overstatement(1, PLANS, 1), 2)
    )


if __name__ == "__main__":
    main()
