"""Worlds without an effect: how often intervals hold the truth, how often a table claims too much.

    .venv/bin/python tests/benchmarks/null_worlds.py               # --worlds 5000 --only intervals

`intervals`: coverage and width of both statements in every cell of seeds × languages × noise.
Width is the median half-width against an oracle's, who knows the variances (1.96 standard errors).
`tables`: the share of worlds in which a corrected table claims at least one effect that is not
there; in `half` every second line has a large true effect, which makes Holm's later steps easier.
`others`: correlations, effect sizes, sign flips, mixed models. One seed has no interval anywhere.
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations, permutations, product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sweeps.statistics.correlation import correlation
from sweeps.statistics.crossed import Spread, Statement, estimate, spread_of
from sweeps.statistics.effect_size import effect_size, small_sample_correction
from sweeps.statistics.mixed import Observation, mixed_model
from sweeps.statistics.multiplicity import holm
from sweeps.statistics.precedence import effects_by_cell
from sweeps.statistics.replicability import replicability
from sweeps.statistics.signflip import sign_flips
from tests.benchmarks.noise import FAMILIES, SHAPES, drawn

SEEDS, LANGUAGES = (2, 3, 5), (1, 2, 3, 4, 10, 23)
LARGE = 30.0


def intervals(worlds: int) -> None:
    """Every cell of both statements; the last line of each is its lowest and highest coverage."""
    for statement in Statement:
        lowest, highest = 1.0, 0.0
        for shape, seeds in product(SHAPES, SEEDS):
            line = []
            for languages in LANGUAGES:
                if languages == 1 and statement == Statement.LIKE_THESE:
                    line.append("not estimable")
                    continue
                held, width = covered(shape, languages, seeds, statement, worlds)
                lowest, highest = min(lowest, held), max(highest, held)
                line.append(f"{held:.3f} ({width:.1f})")
            print("interval |", statement, "|", shape, "|", seeds, "|", " | ".join(line))
        print(f"interval | {statement} | lowest {lowest:.3f}, highest {highest:.3f}")


def covered(
    shape: str, languages: int, seeds: int, statement: Statement, worlds: int
) -> tuple[float, float]:
    """Coverage and width of one cell."""
    random = np.random.default_rng([languages, seeds, len(shape), len(statement)])
    tables, own = drawn(random, shape, (worlds,), languages, seeds)
    truth = own if statement == Statement.THESE else 0.0
    reach = spread_of(tables).reach(0.05, statement)
    by_language, by_seed, together = (one**2 for one in SHAPES[shape])
    error = by_seed / seeds + together / languages / seeds
    if statement == Statement.LIKE_THESE:
        error += by_language / languages
    held = np.abs(tables.mean((1, 2)) - truth) <= reach
    return float(held.mean()), float(np.median(reach) / (1.96 * np.sqrt(error)))


def tables(worlds: int) -> None:
    """Family-wise error of each corrected table, without and with true effects beside."""
    highest = 0.0
    for kind, (shape, seeds), half in product(KINDS, product(SHAPES, SEEDS), (False, True)):
        random = np.random.default_rng([len(kind), len(shape), seeds, half])
        wrong = KINDS[kind](random, shape, seeds, worlds, half)
        highest = max(highest, wrong)
        print(f"table | {kind} | {shape} | {seeds} | {'half' if half else 'none'} | {wrong:.3f}")
    print(f"table | highest {highest:.3f}")


def of_plans(random, shape, seeds, worlds, half) -> float:
    """Ten plans' gains over one baseline in ten languages."""
    baseline, _ = drawn(random, shape, (worlds, 1), 10, seeds)
    scores, _ = drawn(random, shape, (worlds, 10), 10, seeds)
    return wrong_lines(scores - baseline, half)


def of_families(random, shape, seeds, worlds, half) -> float:
    """One plan's gain in 15 families of unequal size, seven of them of one language."""
    by_language, by_seed, together = SHAPES[shape]
    common = by_seed * random.normal(size=(worlds, 1, seeds))
    p, means = [], []
    for size in (size for size in FAMILIES if size > 1):
        own = by_language * random.normal(size=(worlds, size, 1))
        gains = common + own + together * random.normal(size=(worlds, size, seeds))
        gains = gains + LARGE * (half and len(p) % 2)
        means.append(gains.mean((1, 2)))
        p.append(spread_of(gains).p_value(means[-1]))
    return claimed(np.stack(p, -1), half)


def of_counts(random, shape, seeds, worlds, half) -> float:
    """Six contrasts of counts 0 to 3 in four languages; count 0 is the baseline, all zeros."""
    gains, _ = drawn(random, shape, (worlds, 4), 4, seeds)
    gains[:, 0] = 0
    pairs = list(combinations(range(4), 2))
    # With half: count 3 is far above the rest, so that only its three contrasts are true.
    gains[:, 3] += LARGE * half
    contrasts = np.stack([gains[:, b] - gains[:, a] for a, b in pairs], 1)
    found = p_of(contrasts)
    null = [at for at, (_, b) in enumerate(pairs) if not (half and b == 3)]
    return float((holm(found)[:, null] < 0.05).any(-1).mean())


def of_orders(random, shape, seeds, worlds, half) -> float:
    """Six pairs of four tasks from every order of two and of three, in four languages."""
    orders = [o for size in (2, 3) for o in permutations("abcd", size)]
    gains, _ = drawn(random, shape, (worlds, len(orders)), 4, seeds)
    # The effects are linear in the plans' gains: of each plan alone they are the weights.
    alone = {
        o: {(f"{n:02}", 0): float(n == at) for n in range(len(orders))}
        for at, o in enumerate(orders)
    }
    weights = np.array([list(cells.values()) for cells in effects_by_cell(alone).values()])
    return wrong_lines(np.einsum("po,wols->wpls", weights, gains), half)


def of_languages(random, shape, seeds, worlds, half) -> float:
    """Partial conjunction over ten languages: more are said to gain than do."""
    effect = LARGE * half * (np.arange(10) % 2)
    own = null_languages(random, shape, worlds, seeds) + effect[:, None]
    mean = own.mean(-1)
    spread = Spread(0.0, own.var(-1) / (seeds - 1), 0.0, 1, seeds)
    p = spread.p_value(mean, Statement.THESE)
    p = np.where(mean > 0, p / 2, 1 - p / 2)
    names = [str(n) for n in range(10)]
    counts = [replicability(dict(zip(names, map(float, one), strict=True))).count for one in p]
    return float(np.mean(np.array(counts) > (5 if half else 0)))


def null_languages(random, shape, worlds, seeds):
    """Ten languages whose own gain is nothing, seeds shared."""
    _, by_seed, together = SHAPES[shape]
    return by_seed * random.normal(size=(worlds, 1, seeds)) + together * random.normal(
        size=(worlds, 10, seeds)
    )


def wrong_lines(lines: np.ndarray, half: bool) -> float:
    """Lines [world, line, language, seed]: the share of worlds with a false claim."""
    if half:
        lines = lines + LARGE * (np.arange(lines.shape[1]) % 2)[:, None, None]
    return claimed(p_of(lines), half)


def p_of(lines: np.ndarray) -> np.ndarray:
    """Two-sided p [world, line] as `crossed` has it."""
    return np.asarray(spread_of(lines).p_value(lines.mean((-2, -1))))


def claimed(p: np.ndarray, half: bool) -> float:
    """The share of worlds with a line claimed that has no effect (with `half`, the even ones)."""
    found = holm(p) < 0.05
    return float((found[:, ::2] if half else found).any(-1).mean())


KINDS = {
    "plans": of_plans,
    "families": of_families,
    "counts": of_counts,
    "orders": of_orders,
    "languages that gain": of_languages,
}


def gaps(worlds: int) -> None:
    """Coverage where every fifth cell is missing at random: the jackknife's intervals."""
    for statement, shape, seeds, languages in product(Statement, SHAPES, (3, 5), (4, 10)):
        random = np.random.default_rng([seeds, languages, len(shape)])
        tables, own = drawn(random, shape, (worlds,), languages, seeds)
        there = random.random(tables.shape) > 0.2
        held = []
        for table, kept, mine in zip(tables, there, own, strict=True):
            cells = {(f"{n:02}", s): float(table[n, s]) for n, s in np.argwhere(kept)}
            found = estimate(cells, statement=statement).interval if cells else None
            # Of these languages: those that are there at all.
            truth = mine if statement == Statement.THESE else 0.0
            if found is not None and kept.any(1).all():
                held.append(found.low <= truth <= found.high)
        share = np.mean(held)
        print(f"gaps | {statement} | {shape} | {seeds} | {languages} | {share:.3f} | n {len(held)}")


def others(worlds: int) -> None:
    """What is not a table of crossed intervals."""
    random = np.random.default_rng(0)
    for rows, columns in ((5, 5), (10, 10), (5, 20), (10, 50)):
        found = []
        for _ in range(worlds):
            x, y = (matrix(random, rows, columns) for _ in range(2))
            found.append(correlation(x, y, permutations=199))
        rejected = np.mean([one.p <= 0.05 for one in found])
        held = np.mean([one.interval.low <= 0 <= one.interval.high for one in found])
        print(f"correlation | {rows} × {columns} | QAP rejects {rejected:.3f} | held {held:.3f}")
    for seeds, true in product((3, 5), (0.0, 1.0)):
        sizes = [
            effect_size(
                {("a", s): float(v) for s, v in enumerate(true + random.normal(size=seeds))}
            )
            for _ in range(worlds)
        ]
        scale = small_sample_correction(seeds - 1)
        held = np.mean([s.interval.low <= true * scale <= s.interval.high for s in sizes])
        print(f"effect size | {seeds} seeds | true {true} | held {held:.3f}")
    for seeds in (3, 5, 6):
        p = [
            sign_flips({("a", s): float(v) for s, v in enumerate(random.normal(size=seeds))}).p
            for _ in range(worlds)
        ]
        print(f"sign flips | {seeds} seeds | rejects {np.mean(np.array(p) <= 0.05):.3f}")
    for shape, seeds in product(SHAPES, (3, 5)):
        fits = [fitted(random, shape, seeds) for _ in range(worlds // 5)]
        held = [fit.effects["task=b"].interval for fit in fits if fit.converged]
        share = np.mean([one.low <= 0 <= one.high for one in held])
        print(
            f"mixed | {shape} | {seeds} | held {share:.3f} | converged {len(held) / len(fits):.2f}"
        )


def matrix(random, rows, columns):
    """Source × target values with a part of each source's and each target's own."""
    names = [[f"{kind}{n}" for n in range(size)] for kind, size in (("s", rows), ("t", columns))]
    table = (
        random.normal(size=(rows, 1))
        + random.normal(size=(1, columns))
        + random.normal(size=(rows, columns))
    )
    return dict(zip(product(*names), map(float, table.ravel()), strict=True))


def fitted(random, shape, seeds):
    """A model of two tasks in six languages: each has luck of its own with a seed, a language."""
    gains, _ = drawn(random, shape, (2,), 6, seeds)
    common, _ = drawn(random, "all", (1,), 6, seeds)
    rows = [
        Observation(float(gains[t, n, s] + common[0, n, s]), f"l{n}", s, "ab"[t], {"task": "ab"[t]})
        for t in (0, 1)
        for n in range(6)
        for s in range(seeds)
    ]
    return mixed_model(rows)


PARTS = {"intervals": intervals, "tables": tables, "gaps": gaps, "others": others}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=5000)
    parser.add_argument("--only", choices=PARTS)
    wanted = parser.parse_args()
    assert estimate({("a", 0): 1.0, ("b", 0): 2.0}).interval is None
    for name, part in PARTS.items():
        if wanted.only in (None, name):
            part(wanted.worlds if name in ("intervals", "tables") else min(wanted.worlds, 1000))


if __name__ == "__main__":
    main()
