"""What pretraining takes, and what it gives: hidden pieces found, and transfer from English.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.pretraining --steps 1000 --parallel 0.3

Pretrains a skeleton on the lab's texts, then trains the target in English alone and scores it in
every language, from the pretrained weights and from the skeleton's own. Prints one line a language.
The encoder is one of `PRETRAININGS`, or else one for the small lab.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.skeletons import lab_pretraining, lab_skeleton
from xlt_core.data import open_source
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.pretrainings import Pretraining, pretraining_of
from xlt_core.stage import Settings, run
from xlt_core.stages import EvaluateStage, PretrainedStage, PretrainStage, TrainStage, WeightsStage
from xlt_core.stages.evaluate import Reading
from xlt_core.store import Store
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.worker_cache import WorkerCache


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        _Measured(asked, Path(folder)).tell()


class _Measured:
    def __init__(self, asked: argparse.Namespace, home: Path) -> None:
        self.asked, self.warm = asked, WorkerCache()
        self.store, self.settings = Store(home / "store"), Settings(home / "cache", device="cpu")
        recipe = Recipe(
            steps=asked.steps,
            batch_size=asked.batch,
            learning_rate=asked.rate,
            max_length=48,
            attention_dropout=0.0,
        )
        how = pretraining_of(asked.encoder) or self._of_small_lab(home / "skeleton")
        how = replace(
            how,
            recipe=recipe,
            parallel=asked.parallel,
            alpha=asked.alpha,
            masked=asked.masked,
            dropout=not asked.no_dropout,
        )
        self.root = PretrainStage.of(how, refer_encoder(how.skeleton))
        self.source = open_source(self.root.source)
        self.bare = PretrainedStage(self.root.encoder, self.root.source, recipe)

    def _of_small_lab(self, folder: Path) -> Pretraining:
        return lab_pretraining(lab_skeleton(folder, self.asked.hidden, self.asked.layers))

    def tell(self) -> None:
        """Everything."""
        begun = time.process_time()
        self._run(self.root)
        processor = time.process_time() - begun
        about = self.store.read(self.root.key).about  # type: ignore[union-attr]
        seconds, texts = float(about["seconds"]), sum(ref.rows for ref in self.root.texts)
        print(f"{texts} texts; {processor:.1f} s of a core, encoding included")
        steps, tokens = self.root.optimizer_steps / seconds, float(about["tokens_per_second"])
        print(f"by the clock {seconds:.1f} s, {steps:.1f} steps/s, {tokens:.0f} tokens/s")
        target = {name: self._transfer(parent) for name, parent in self._origins().items()}
        print("language  hidden pieces found, likely  " + "  ".join(target))
        for ref in self.root.texts:
            code = ref.language
            hidden = self._score(self.root, ref.task, code, "dev").metrics
            shown = "  ".join(
                f"{_mean(found[code]):5.1f} ± {_half(found[code]):.1f}" for found in target.values()
            )
            print(f"{code:8}  {hidden['accuracy']:5.1f}  {hidden['probability']:5.2f}  {shown}")

    def _origins(self) -> dict[str, WeightsStage | None]:
        return {"pretrained": self.root, "skeleton": None}

    def _transfer(self, parent: WeightsStage | None) -> dict[str, list[float]]:
        """Accuracy on test by language, a seed each."""
        task, found = self.asked.target, {}
        recipe = Recipe(
            steps=self.asked.target_steps,
            batch_size=16,
            learning_rate=self.asked.target_rate,
            max_length=48,
        )
        english = self.source.refer(task, "en", "train")
        for seed in range(self.asked.seeds):
            trained = TrainStage(
                self.root.encoder, parent, (english,), recipe, seed, "target", self.source.ref
            )
            self._run(trained)
            for code in self.source.languages(task, "test"):
                scores = self._score(trained, task, code, "test")
                found.setdefault(code, []).append(scores.primary)
        return found

    def _score(self, trained: WeightsStage, task: str, language: str, split: str):  # type: ignore[no-untyped-def]
        reading = Reading.of(self.root.recipe)
        stage = EvaluateStage(trained, self.source.refer(task, language, split), reading)
        return self._run(stage).scores

    def _run(self, stage):  # type: ignore[no-untyped-def]
        return run(stage, self.store, lambda event: None, self.settings, self.warm)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _half(values: list[float]) -> float:
    """Half of the range."""
    return (max(values) - min(values)) / 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (
        ("steps", 1500),
        ("batch", 64),
        ("hidden", 64),
        ("layers", 2),
        ("target-steps", 100),
        ("seeds", 3),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, value in (
        ("rate", 4e-3),
        ("target-rate", 1e-3),
        ("alpha", 0.3),
        ("parallel", 0.0),
        ("masked", 0.3),
    ):
        parser.add_argument(f"--{name}", type=float, default=value)
    parser.add_argument("--target", default="lab-nli")
    parser.add_argument("--encoder", default="")
    parser.add_argument("--no-dropout", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
