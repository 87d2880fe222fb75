"""Worlds with an effect of known size: how often it is shown, with which sign, and who is best.

    .venv/bin/python tests/benchmarks/planted_worlds.py            # --worlds 5000

`power`: at the gains for which `power.detectable_gain` states 30, 60 and 90 of 100, how many are
shown in simulated worlds; `pilot`: the same stated from a pilot's own variances, which is as
uncertain as the pilot. `sign`: shown effects of the wrong sign, at small and large gains. `ranks`:
Kendall's tau between 16 plans' true gains (standard deviation 1 point) and what is measured.
`flattens`: how often the count at which a planted curve flattens is found; `order`: how often a
planted order effect of one pair of four tasks is shown, and how often any other.
"""

from __future__ import annotations

import argparse
import sys
from itertools import permutations, product
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sweeps.statistics.crossed import Statement, spread_of
from sweeps.statistics.power import (
    Components,
    Design,
    components,
    detectable_gain,
    power,
)
from sweeps.statistics.precedence import effects_by_cell
from sweeps.statistics.saturation import saturation
from tests.benchmarks.noise import SHAPES, drawn


def of_power(worlds: int) -> None:
    """Stated against found; the last line is the largest difference."""
    worst = 0.0
    for shape, seeds, languages, statement in product(SHAPES, (2, 3, 5), (2, 4, 10), Statement):
        design, variances = Design(languages, seeds, statement), true_components(shape)
        line = []
        for stated in (0.3, 0.6, 0.9):
            gain = detectable_gain(variances, design, stated)
            assert gain is not None
            found = shown(shape, design, gain, worlds)[0]
            worst = max(worst, abs(found - stated))
            line.append(f"{gain:.2f}: {found:.3f}")
        print("power |", shape, "|", seeds, "|", languages, "|", statement, "|", " | ".join(line))
    print(f"power | largest difference {worst:.3f}")


def of_pilots(worlds: int) -> None:
    """A pilot of three seeds in six languages states the power of five seeds in ten."""
    random, design = np.random.default_rng(1), Design(10, 5)
    for shape in SHAPES:
        gain = detectable_gain(true_components(shape), design, 0.8)
        assert gain is not None
        pilots, _ = drawn(random, shape, (worlds // 20,), 6, 3)
        for upper in (None, 0.8):
            stated = [
                power(found, gain, design)
                for one in pilots
                if (found := components(cells(one), upper)) is not None
            ]
            low, middle, high = np.quantile(stated, (0.1, 0.5, 0.9))
            print(
                f"pilot | {shape} | upper {upper} | truly 0.80 | {low:.2f} {middle:.2f} {high:.2f}"
            )


def of_signs(worlds: int) -> None:
    """Shown, and shown with the wrong sign, of all worlds and of those shown."""
    for shape, seeds, share in product(SHAPES, (2, 3, 5), (0.1, 0.5, 1.0)):
        design = Design(10, seeds)
        gain = share * (detectable_gain(true_components(shape), design) or 0.0)
        right, wrong = shown(shape, design, gain, 20 * worlds)
        print(
            f"sign | {shape} | {seeds} | gain {gain:.2f} | shown {right:.3f} | wrong {wrong:.4f} | "
            f"of shown {wrong / (right + wrong):.4f}"
        )


def of_ranks(worlds: int) -> None:
    """Mean Kendall's tau, and how often the truly best is measured best, in ten languages."""
    random = np.random.default_rng(2)
    for shape in SHAPES:
        line = []
        for seeds in (1, 2, 3, 5, 10):
            truth = random.normal(size=(worlds // 20, 16))
            noise, _ = drawn(random, shape, truth.shape, 10, seeds)
            measured = truth + noise.mean((-2, -1))
            tau = np.mean([kendalltau(*one)[0] for one in zip(truth, measured, strict=True)])
            best = np.mean(truth.argmax(1) == measured.argmax(1))
            line.append(f"{seeds}: {tau:.2f} ({best:.2f})")
        print("ranks |", shape, "|", " | ".join(line))


def of_counts(worlds: int) -> None:
    """Gains of 0, 1, 2, 2 points with no, one, two, three tasks: enough is two."""
    random = np.random.default_rng(3)
    for shape, seeds in product(SHAPES, (3, 5, 10)):
        found = []
        for _ in range(worlds // 20):
            common, _ = drawn(random, shape, (1,), 10, seeds)
            rest, _ = drawn(random, "interaction", (4,), 10, seeds)
            tables = common + 0.5 * rest + np.array([0, 1, 2, 2])[:, None, None]
            tables[0] = 0
            found.append(saturation({k: cells(one) for k, one in enumerate(tables)}).enough)
        shares = {k: np.mean([one == k for one in found]) for k in (0, 1, 2)}
        known = " | ".join(f"enough {k}: {share:.2f}" for k, share in shares.items())
        print("flattens |", shape, "|", seeds, "|", known)


def of_orders(worlds: int) -> None:
    """a before b is worth a gain; every order of two and three of four tasks, ten languages."""
    random = np.random.default_rng(4)
    orders = [order for size in (2, 3) for order in permutations("abcd", size)]
    alone = {
        order: {(f"{n:02}", 0): float(n == at) for n in range(len(orders))}
        for at, order in enumerate(orders)
    }
    effects = effects_by_cell(alone)
    weights = np.array([list(own.values()) for own in effects.values()])
    planted = [pair == ("a", "b") for pair in effects]
    plans = np.array(["a" in o and "b" in o and o.index("a") < o.index("b") for o in orders])
    for shape, seeds, gain in product(SHAPES, (2, 3, 5), (0.5, 1.0, 2.0)):
        gains, _ = drawn(random, shape, (worlds // 10, len(orders)), 10, seeds)
        lines = np.einsum("po,wols->wpls", weights, gains + gain * plans[:, None, None])
        means = lines.mean((-2, -1))
        # As `multiplicity.table` claims: by intervals that hold all at once.
        claimed = np.abs(means) > spread_of(lines).reach(0.05 / len(effects))
        right = (claimed & (means > 0))[:, planted].mean()
        other = claimed[:, ~np.array(planted)].any(1).mean()
        print(f"order | {shape} | {seeds} | {gain} | shown {right:.2f} | another {other:.3f}")


def shown(shape: str, design: Design, gain: float, worlds: int) -> tuple[float, float]:
    """The shares of worlds in which a gain of `gain` is shown as a gain, and as a loss."""
    random = np.random.default_rng([design.languages, design.seeds, len(shape)])
    tables, own = drawn(random, shape, (worlds,), design.languages, design.seeds)
    if design.statement == Statement.THESE:
        # What these languages add is part of their gain.
        tables = tables - own[:, None, None]
    means = tables.mean((1, 2)) + gain
    reach = spread_of(tables).reach(0.05, design.statement)
    return float((means > reach).mean()), float((means < -reach).mean())


def true_components(shape: str) -> Components:
    """The variances that a pilot would estimate."""
    return Components(*(one**2 for one in SHAPES[shape]), languages=0, seeds=0)


def cells(table: np.ndarray) -> dict[tuple[str, int], float]:
    """A table [language, seed] as cells."""
    return {(f"{at[0]:02}", at[1]): float(value) for at, value in np.ndenumerate(table)}


PARTS = {
    "power": of_power,
    "pilot": of_pilots,
    "sign": of_signs,
    "ranks": of_ranks,
    "flattens": of_counts,
    "order": of_orders,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=5000)
    parser.add_argument("--only", choices=PARTS)
    wanted = parser.parse_args()
    for name, part in PARTS.items():
        if wanted.only in (None, name):
            part(wanted.worlds)


if __name__ == "__main__":
    main()
