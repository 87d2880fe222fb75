"""Tokens a second of the training loop and of evaluation against the Hugging Face Trainer.

    .venv/bin/python tests/benchmarks/throughput.py

Same model, same examples, same batch size and cut, one thread each, in one process and in turn
(A B A B …), so that a drift of the machine's speed touches both alike. Tokens are real tokens;
padding does not count. `--grouped` lets the Trainer batch rows by length too, as xlt always does.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


def main() -> None:
    """Time both in turn and print the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", default="mnli")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--grouped", action="store_true", help="the Trainer groups by length")
    known = parser.parse_args()
    import torch

    torch.set_num_threads(known.threads)
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(known.rounds):
            scratch = Path(tempfile.mkdtemp(dir=folder))
            rows.append({**ours(scratch, known), **theirs(scratch, known)})
    table = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    for kind in ("training", "evaluation"):
        ratios = [row[f"xlt {kind}"] / row[f"trainer {kind}"] for row in rows]
        table[f"ratio {kind}"] = statistics.median(ratios)
        print(
            f"{kind}: xlt {table[f'xlt {kind}']:.0f}, Trainer {table[f'trainer {kind}']:.0f} "
            f"tokens/s, ratio {min(ratios):.2f} {table[f'ratio {kind}']:.2f} {max(ratios):.2f}",
            file=sys.stderr,
        )
    print(json.dumps(table))


def ours(scratch: Path, known: argparse.Namespace) -> dict[str, float]:
    """One training and one evaluation stage through the engine's door."""
    from xlt_core.data import open_source
    from xlt_core.models.encoders import refer_encoder
    from xlt_core.stage import Settings, run
    from xlt_core.stages import EvaluateStage, TrainStage
    from xlt_core.store import Store
    from xlt_core.vocabulary.recipe import Recipe
    from xlt_core.vocabulary.refs import SourceRef
    from xlt_core.worker_cache import WorkerCache

    source = SourceRef("folder", str(SHARED / "data"))
    opened = open_source(source)
    encoder = refer_encoder(str(SHARED / "models" / "xlt-mini"))
    recipe = Recipe(steps=known.steps, learning_rate=3e-4)
    trained = TrainStage(
        encoder, None, (opened.refer(known.task, "en", "train"),), recipe, 0, "0", source
    )
    store, warm = Store(scratch / "stages"), WorkerCache()
    settings = Settings(cache=scratch / "cache", device="cpu", threads=known.threads)
    run(trained, store, lambda event: None, settings, warm=warm)
    about = store.read(trained.key).about  # type: ignore[union-attr]
    scored = EvaluateStage(trained, opened.refer(known.task, "en", "dev"))
    run(scored, store, lambda event: None, settings, warm=warm)
    scored_about = store.read(scored.key).about  # type: ignore[union-attr]
    return {
        "xlt training": about["tokens_per_second"],
        "xlt evaluation": scored_about["tokens_per_second"],
    }


def theirs(scratch: Path, known: argparse.Namespace) -> dict[str, float]:
    """The Trainer on the same rows."""
    import plain_tune
    from datasets import Dataset
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    folder = str(SHARED / "models" / "xlt-mini")
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def encode(rows: list[dict[str, Any]]) -> Dataset:
        texts = [row["first"] for row in rows], [row["second"] for row in rows]
        encoded = tokenizer(*texts, truncation=True, max_length=128)
        return Dataset.from_dict({**encoded, "label": [row["label"] for row in rows]})

    train = encode(plain_tune.read_train(SHARED / "data", known.task))
    dev = encode(plain_tune.read_train(SHARED / "data", known.task, "dev"))
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(scratch / "trainer"),
            max_steps=known.steps,
            per_device_train_batch_size=32,
            per_device_eval_batch_size=32,
            learning_rate=3e-4,
            warmup_steps=round(0.1 * known.steps),
            weight_decay=0.01,
            logging_steps=10,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
            train_sampling_strategy="group_by_length" if known.grouped else "random",
            include_num_input_tokens_seen="non_padding",
        ),
        train_dataset=train,
        data_collator=DataCollatorWithPadding(tokenizer),
    )
    began = time.perf_counter()
    trainer.train()
    training = trainer.state.num_input_tokens_seen / (time.perf_counter() - began)
    began = time.perf_counter()
    trainer.predict(dev)
    tokens = sum(len(row) for row in dev["input_ids"])
    return {
        "trainer training": training,
        "trainer evaluation": tokens / (time.perf_counter() - began),
    }


if __name__ == "__main__":
    main()
