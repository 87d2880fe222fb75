"""Do the engine and the Hugging Face Trainer reach the same scores? Several seeds of one training.

    .venv/bin/python tests/benchmarks/same_scores.py --seeds 8

The baseline of `whole_job.py` (MNLI, then XNLI's dev sets in 15 languages) by both, at the same
steps, batch size, lengths and learning rate. A single seed says little at 150 steps; the means
over seeds and their difference with a 95 % interval (Welch's t) do. One core each, side by side.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]


def main() -> None:
    """Run each side in a process of its own and compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--side", choices=["xlt", "trainer"], help="compute one, print its scores")
    known = parser.parse_args()
    if known.side:
        one = {"xlt": ours, "trainer": theirs}[known.side]
        with tempfile.TemporaryDirectory() as folder:
            scores = [one(Path(folder), seed, known.steps) for seed in range(known.seeds)]
        print(json.dumps(scores))
        return
    with ThreadPoolExecutor(2) as pool:
        both = dict(zip(SIDES, pool.map(lambda side: in_process(side, known), SIDES), strict=True))
    print(json.dumps(compared(both), indent=1))


SIDES = ("xlt", "trainer")


def in_process(side: str, known: argparse.Namespace) -> list[float]:
    """The scores of one side, from a fresh process."""
    command = [sys.executable, __file__, "--side", side]
    command += ["--seeds", str(known.seeds), "--steps", str(known.steps)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    found: list[float] = json.loads(done.stdout.decode().strip().splitlines()[-1])
    return found


def compared(both: dict[str, list[float]]) -> dict[str, Any]:
    """Mean and deviation of each, and the interval of the difference."""
    from scipy import stats

    first, second = (both[side] for side in SIDES)
    interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    return {
        **{
            side: {"mean": statistics.mean(v), "sd": statistics.stdev(v)}
            for side, v in both.items()
        },
        "difference": statistics.mean(first) - statistics.mean(second),
        "interval": [interval.low, interval.high],
        "scores": both,
    }


def ours(scratch: Path, seed: int, steps: int) -> float:
    """Mean over languages of the engine's accuracy."""
    from plain_tune import LANGUAGES

    from xlt_core.data import open_source
    from xlt_core.models.encoders import refer_encoder
    from xlt_core.stage import Settings, run
    from xlt_core.stages import EvaluateStage, TrainStage
    from xlt_core.store import Store
    from xlt_core.vocabulary.recipe import Recipe
    from xlt_core.vocabulary.refs import SourceRef

    place = SourceRef("folder", str(SHARED / "data"))
    source, store = open_source(place), Store(scratch / "stages")
    settings = Settings(cache=scratch / "cache", device="cpu")
    trained = TrainStage(
        refer_encoder(str(SHARED / "models" / "xlt-mini")),
        None,
        (source.refer("mnli", "en", "train"),),
        Recipe(steps=steps, learning_rate=3e-4, batch_size=32, max_length=128),
        seed,
        "target",
        place,
    )
    run(trained, store, lambda event: None, settings)
    scored = [EvaluateStage(trained, source.refer("xnli", code, "dev")) for code in LANGUAGES]
    results = [run(stage, store, lambda event: None, settings).scores for stage in scored]
    return statistics.mean(scores.primary for scores in results if scores is not None)


def theirs(scratch: Path, seed: int, steps: int) -> float:
    """Mean over languages of the Trainer's accuracy."""
    from plain_tune import trainable

    told = trainable(
        {
            "plan": "",
            "data": str(SHARED / "data"),
            "encoder": str(SHARED / "models" / "xlt-mini"),
            "scratch": str(scratch),
            "steps": steps,
            "learning_rate": 3e-4,
            "seed": seed,
            "threads": 1,
        }
    )
    return float(told["mean"])


if __name__ == "__main__":
    main()
