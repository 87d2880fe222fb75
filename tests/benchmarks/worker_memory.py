"""Memory of one worker that trains on long rows and then evaluates many languages.

    .venv/bin/python tests/benchmarks/worker_memory.py         # --keep: as without giving back

SQuAD, CommonsenseQA and SciTail, then UDPOS in all its languages and XCOPA, with `xlt-mini`, in one
process as a worker has it. Prints what the process holds after each stage, and the most it ever
held. Needs the real data and the small encoder in `../shared`.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
MIB = 1 << 20


def main() -> None:
    """Run the chain and print a table and a JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--keep", action="store_true", help="leave idle memory with the process")
    known = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        held = list(stages(Path(folder), known.steps, known.batch, known.keep))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'most at any moment':40s} {most:7.0f} MiB")
    print(json.dumps({"after": dict(held), "most": round(most), "keep": known.keep}))


def stages(home: Path, steps: int, batch: int, keep: bool):  # type: ignore[no-untyped-def]
    """Each stage's name and the MiB held after it."""
    from xlt_core import heap
    from xlt_core.data import open_source
    from xlt_core.models.encoders import refer_encoder
    from xlt_core.stage import Settings, run
    from xlt_core.stages import EvaluateStage, TrainStage
    from xlt_core.store import Store
    from xlt_core.vocabulary.recipe import Recipe
    from xlt_core.vocabulary.refs import SourceRef
    from xlt_core.worker_cache import WorkerCache

    if keep:
        heap._glibc = lambda: None  # type: ignore[assignment]
    place = SourceRef("folder", str(SHARED / "data"))
    source, encoder = open_source(place), refer_encoder(str(SHARED / "models" / "xlt-mini"))
    store, warm, settings = (
        Store(home / "store"),
        WorkerCache(),
        Settings(home / "cache", device="cpu"),
    )

    def compute(stage: TrainStage | EvaluateStage) -> tuple[str, int]:
        run(stage, store, lambda event: None, settings, warm)
        held = psutil.Process().memory_info().rss // MIB
        print(f"{stage.title:40.40s} {held:7d} MiB", flush=True)
        return stage.title, held

    def train(parent: TrainStage | None, task: str, position: str, length: int = 128) -> TrainStage:
        recipe = Recipe(steps=steps, batch_size=batch, max_length=length)
        data = (source.refer(task, "en", "train"),)
        return TrainStage(encoder, parent, data, recipe, 0, position, place)

    last: TrainStage | None = None
    for position, (task, length) in enumerate((("squad", 384), ("csqa", 128), ("scitail", 128))):
        last = train(last, task, str(position), length)
        yield compute(last)
    for target, path in (("udpos", ("udpos",)), ("xcopa", ("siqa", "copa"))):
        trained = last
        for number, task in enumerate(path):
            trained = train(trained, task, f"target.{number}" if number else "target")
            yield compute(trained)
        assert trained is not None
        for language in sorted(source.languages(target, "test")):
            yield compute(EvaluateStage(trained, source.refer(target, language, "test")))


if __name__ == "__main__":
    main()
