"""The same study without xlt: a plain Ray Tune function trainable with the Hugging Face Trainer.

What a competent user would write in an afternoon: OptunaSearch over the 16 plans, one trial a
core, dynamic padding, every trial trains its whole plan. Run by `whole_job.py`; prints one JSON
line with scores and where the time went.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import time
from pathlib import Path
from typing import Any

INTERMEDIATE = ("scitail", "snli", "qqp")
LABELS = {
    "scitail": ("entailment", "not_entailment"),
    "snli": ("entailment", "neutral", "contradiction"),
    "qqp": ("not_duplicate", "duplicate"),
    "mnli": ("entailment", "neutral", "contradiction"),
}
TEXTS = {"qqp": ("sentence1", "sentence2")}
LANGUAGES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi")
LANGUAGES += ("ru", "sw", "th", "tr", "ur", "vi", "zh")


def plans() -> list[str]:
    """All orders of all subsets, the empty plan first."""
    found = [()]
    for count in (1, 2, 3):
        found += list(itertools.permutations(INTERMEDIATE, count))
    return [">".join(plan) for plan in found]


def read_train(data: Path, task: str, split: str = "train") -> list[dict[str, Any]]:
    """Rows as (first, second, label)."""
    first, second = TEXTS.get(task, ("premise", "hypothesis"))
    with (data / task / f"{split}-en.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            {"first": r[first], "second": r[second], "label": LABELS[task].index(r["label"])}
            for r in rows
        ]


def read_dev(data: Path, language: str) -> list[dict[str, Any]]:
    """XNLI's dev rows in one language."""
    lines = (data / "xnli" / f"dev-{language}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return [{"first": a, "second": b, "label": LABELS["mnli"].index(label)} for a, b, label in rows]


def trainable(config: dict[str, Any]) -> dict[str, Any]:
    """One trial: train the plan's tasks in turn, then MNLI, then score XNLI's dev sets."""
    began = time.time()
    import torch
    from datasets import Dataset
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    torch.set_num_threads(config["threads"])
    data, folder = Path(config["data"]), Path(config["scratch"]) / str(os.getpid())
    spent = {"startup": time.time() - began, "data": 0.0, "training": 0.0, "evaluation": 0.0}
    tokenizer = AutoTokenizer.from_pretrained(config["encoder"])
    collate = DataCollatorWithPadding(tokenizer)

    def encode(rows: list[dict[str, Any]]) -> Dataset:
        return Dataset.from_list(rows).map(
            lambda batch: tokenizer(
                batch["first"], batch["second"], truncation=True, max_length=128
            ),
            batched=True,
            remove_columns=["first", "second"],
        )

    def arguments(steps: int) -> TrainingArguments:
        return TrainingArguments(
            output_dir=str(folder / "trainer"),
            max_steps=steps,
            per_device_train_batch_size=32,
            per_device_eval_batch_size=32,
            learning_rate=config["learning_rate"],
            warmup_steps=round(0.1 * steps),
            weight_decay=0.01,
            lr_scheduler_type="linear",
            seed=config["seed"],
            logging_steps=10,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
        )

    weights = config["encoder"]
    plan = [task for task in config["plan"].split(">") if task]
    for task in [*plan, "mnli"]:
        mark = time.time()
        train = encode(read_train(data, task))
        spent["data"] += time.time() - mark
        mark = time.time()
        model = AutoModelForSequenceClassification.from_pretrained(
            weights, num_labels=len(LABELS[task]), ignore_mismatched_sizes=True
        )
        trainer = Trainer(
            model=model,
            args=arguments(config["steps"]),
            train_dataset=train,
            data_collator=collate,
        )
        trainer.train()
        weights = str(folder / "weights")
        model.save_pretrained(weights)
        spent["training"] += time.time() - mark

    scores = {}
    for language in LANGUAGES:
        mark = time.time()
        dev = encode(read_dev(data, language))
        spent["data"] += time.time() - mark
        mark = time.time()
        predicted = trainer.predict(dev)
        right = predicted.predictions.argmax(-1) == predicted.label_ids
        scores[language] = 100.0 * float(right.mean())
        spent["evaluation"] += time.time() - mark
    mean = sum(scores.values()) / len(scores)
    return {"objective": scores["en"], "mean": mean, "scores": scores, "spent": spent}


def main() -> None:
    """Run the study and print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    known = parser.parse_args()
    began = time.time()
    import optuna
    import ray
    from ray import tune
    from ray.tune.search.optuna import OptunaSearch

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    fixed = {
        "data": known.data,
        "encoder": known.encoder,
        "scratch": known.scratch,
        "steps": known.steps,
        "learning_rate": known.learning_rate,
        "seed": 0,
        "threads": known.threads,
    }
    searcher = OptunaSearch(
        space={"plan": optuna.distributions.CategoricalDistribution(plans())},
        metric="objective",
        mode="max",
        sampler=optuna.samplers.BruteForceSampler(seed=0),
    )
    results = tune.Tuner(
        tune.with_resources(
            tune.with_parameters(_with_fixed, fixed=fixed), {"cpu": 2 / known.concurrency}
        ),
        tune_config=tune.TuneConfig(
            search_alg=searcher, num_samples=len(plans()), max_concurrent_trials=known.concurrency
        ),
        run_config=tune.RunConfig(storage_path=known.scratch, verbose=0),
    ).fit()
    trials = [
        {
            "plan": result.config["plan"],
            **{name: result.metrics[name] for name in ("objective", "mean", "spent")},
        }
        for result in results
    ]
    print(json.dumps({"wall": time.time() - began, "trials": trials}))
    ray.shutdown()


def _with_fixed(config: dict[str, Any], fixed: dict[str, Any]) -> dict[str, Any]:
    return trainable({**fixed, **config})


if __name__ == "__main__":
    main()
