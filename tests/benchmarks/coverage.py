"""How often intervals hold the truth, and how wide they are, in worlds whose truth is known.

    .venv/bin/python tests/benchmarks/coverage.py                  # --worlds 20000 --json FILE

A world is a table of gains by language and seed: what each language adds, what each seed adds, and
what both do together, drawn anew; the truth is 0. Five shapes of noise (which of the three is
large), each with {2, 3, 5} seeds and {2, 4, 10, 23} languages. Width is the median half-width
against an oracle's, who knows the variances: 1.96 standard errors. `--tails` draws from heavy and
skewed distributions too, for which no t interval from so few can hold what it says.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sweeps.statistics.crossed import spread_of
from tests.benchmarks.noise import SHAPES

SEEDS, LANGUAGES = (2, 3, 5), (2, 4, 10, 23)
DRAWS = {
    "normal": lambda random, size: random.normal(size=size),
    "student, 4 degrees": lambda random, size: random.standard_t(4, size) / np.sqrt(2),
    "exponential": lambda random, size: random.exponential(size=size) - 1,
}


def measured(
    distribution: str, shape: str, languages: int, seeds: int, worlds: int
) -> dict[str, object]:
    """Coverage and width of one cell of the table."""
    random = np.random.default_rng([languages, seeds, len(shape), len(distribution)])
    draw, (by_language, by_seed, by_both) = DRAWS[distribution], SHAPES[shape]
    tables = (
        by_language * draw(random, (worlds, languages, 1))
        + by_seed * draw(random, (worlds, 1, seeds))
        + by_both * draw(random, (worlds, languages, seeds))
    )
    widths = spread_of(tables).reach(0.05)
    held = np.abs(tables.mean((1, 2))) <= widths
    error = np.sqrt(
        by_language**2 / languages + by_seed**2 / seeds + by_both**2 / languages / seeds
    )
    return {
        "distribution": distribution,
        "noise": shape,
        "seeds": seeds,
        "languages": languages,
        "coverage": float(held.mean()),
        "width": float(np.median(widths) / (1.96 * error)),
    }


def table(worlds: int, distributions: list[str]) -> Iterator[dict[str, object]]:
    """Every cell, printed as it is measured."""
    for distribution in distributions:
        for shape in SHAPES:
            for seeds in SEEDS:
                for languages in LANGUAGES:
                    row = measured(distribution, shape, languages, seeds, worlds)
                    print(*(f"{v:.3f}" if isinstance(v, float) else v for v in row.values()))
                    yield row


def main() -> None:
    """Measure and print; the last line is the lowest coverage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20000)
    parser.add_argument("--tails", action="store_true")
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    rows = list(table(wanted.worlds, list(DRAWS) if wanted.tails else ["normal"]))
    if wanted.json:
        wanted.json.write_text(json.dumps(rows, indent=1))
    print("lowest coverage", min(float(str(row["coverage"])) for row in rows))


if __name__ == "__main__":
    main()
