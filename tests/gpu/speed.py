"""Tokens a second of training and evaluation, ours against the Hugging Face Trainer's.

Both train on the very same batches, cut by length; tokens are real ones, padding does not count.
The share of the chip's peak is of arithmetic a token needs (6 operations a weight in training, 2 in
evaluation, attention's own added; Kaplan et al. 2020, section 2.1) by a large bfloat16 matrix
product as measured here, in the same call.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from tests.gpu.rows import Row
from tests.gpu.world import (
    PAD,
    SIZES,
    Folder,
    Machine,
    make_job,
    make_model,
    make_pace,
    make_split,
    train,
    with_heads,
)
from xlt_core.kinds.classification import CLASSIFICATION
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.models.embedding_subset import narrowed
from xlt_core.models.logits import features_logits
from xlt_core.training.job import TrainingJob
from xlt_core.training.loop import Point
from xlt_core.vocabulary.recipe import Recipe

BATCH, WARM = 32, 10
LENGTHS = {"length 128": 128, "length 384": 384, "natural lengths": None}


def check(machine: Machine) -> Iterator[Row]:
    """Every size and length; with the encoder's attention dropout and without."""
    peak = matrix_product(machine)
    yield Row("speed", "a large matrix product", peak / 1e12, "TFLOP/s")
    for size in machine.sizes:
        for name, length in LENGTHS.items():
            if machine.small and length == 384:
                continue
            split = make_split(CLASSIFICATION, _steps(machine) * BATCH, length, SIZES[size][3])
            yield from _training(machine, size, name, split, peak)
            yield from _evaluation(machine, size, name, split, peak)


def _training(
    machine: Machine, size: str, name: str, split: EncodedSplit, peak: float
) -> Iterator[Row]:
    job = make_job({"rows": split}, _recipe(machine, _steps(machine)))
    theirs = trainer_training(machine, size, job)
    yield Row("speed", f"training {size}, {name}, Trainer", theirs, "tokens/s")
    rates: list[float] = []
    for dropout in (None, 0.0):
        ours = our_training(machine, size, split, dropout)
        rates.append(ours)
        label = f"training {size}, {name}, {'own' if dropout is None else 'no'} attention dropout"
        yield Row("speed", label, ours, "tokens/s")
        yield Row("speed", f"{label}: share of peak", ours * _work(size, split, 3) / peak, "of 1")
        yield Row("speed", f"{label}: against the Trainer", ours / theirs, "times")
    gained = f"training {size}, {name}: real tokens alone against padded batches"
    yield Row("speed", gained, rates[1] / rates[0], "times")


def _evaluation(
    machine: Machine, size: str, name: str, split: EncodedSplit, peak: float
) -> Iterator[Row]:
    theirs = trainer_evaluation(machine, size, split)
    ours = our_evaluation(machine, size, split)
    yield Row("speed", f"evaluation {size}, {name}, Trainer", theirs, "tokens/s")
    yield Row("speed", f"evaluation {size}, {name}", ours, "tokens/s")
    share = ours * _work(size, split, 1) / peak
    yield Row("speed", f"evaluation {size}, {name}: share of peak", share, "of 1")
    yield Row("speed", f"evaluation {size}, {name}: against the Trainer", ours / theirs, "times")


def matrix_product(machine: Machine) -> float:
    """Operations a second of a large bfloat16 matrix product (float32 on a CPU)."""
    side = 8192 if machine.device.type == "cuda" else 512
    kind = torch.bfloat16 if machine.device.type == "cuda" else torch.float32
    one = torch.randn(side, side, device=machine.device).to(kind)
    seconds = []
    for _ in range(10):
        machine.wait()
        began = time.perf_counter()
        one @ one
        machine.wait()
        seconds.append(time.perf_counter() - began)
    return 2 * side**3 / statistics.median(seconds)


def our_training(machine: Machine, size: str, split: EncodedSplit, dropout: float | None) -> float:
    """Tokens a second of the loop, embeddings narrowed to the words that occur, as ever."""
    return statistics.median(our_rates(machine, size, split, dropout, _steps(machine)))


def our_rates(
    machine: Machine,
    size: str,
    split: EncodedSplit,
    dropout: float | None,
    steps: int,
    ready: Callable[[], None] = lambda: None,
) -> list[float]:
    """Tokens a second every few steps of `steps`; `ready` is called before the first is timed."""
    model = with_heads(make_model(size, machine.device), (CLASSIFICATION,))
    model.set_attention_dropout(dropout)
    found: list[float] = []

    def tell(point: Point) -> None:
        if point.step == WARM:
            ready()
        if point.step > WARM:
            found.append(point.tokens_per_second)

    with tempfile.TemporaryDirectory() as home, narrowed(model, {"rows": split}) as narrow:
        rows = split if narrow is None else narrow.split(split)
        job = make_job({"rows": rows}, _recipe(machine, steps))
        train(model, job, make_pace(machine.device), Folder(Path(home)), tell)
    return found


def our_evaluation(machine: Machine, size: str, split: EncodedSplit) -> float:
    """Tokens a second of prediction, batches and copies back included."""
    model = with_heads(make_model(size, machine.device), (CLASSIFICATION,))
    for _ in range(2):  # the first one warms up
        machine.wait()
        began = time.perf_counter()
        with _autocast(machine):
            features_logits(model, "classification", split)
        seconds = time.perf_counter() - began
    return float(split.tokens().sum()) / seconds


def trainer_training(machine: Machine, size: str, job: TrainingJob) -> float:
    """Tokens a second of the Trainer on the batches of `job`."""
    from transformers import Trainer, TrainerCallback

    batches = _batches(job)
    marks: dict[int, float] = {}

    class Clock(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step in (WARM, job.steps):
                machine.wait()
                marks[state.global_step] = time.perf_counter()

    with tempfile.TemporaryDirectory() as home:
        trainer = Trainer(
            model=_their_model(machine, size),
            args=_arguments(machine, home),
            train_dataset=batches,
            data_collator=lambda rows: rows[0],
            callbacks=[Clock()],
        )
        trainer._get_train_sampler = lambda *_: None  # in order: the batches, one by one
        trainer.train()
    tokens = sum(int(batch["attention_mask"].sum()) for batch in batches[WARM:])
    return tokens / (marks[job.steps] - marks[WARM])


def trainer_evaluation(machine: Machine, size: str, split: EncodedSplit) -> float:
    """Tokens a second of the Trainer's predict, rows longest first, 128 at once."""
    from transformers import Trainer

    order = torch.from_numpy(split.lengths().astype("int64")).argsort(descending=True, stable=True)
    batches = [_torch(split.batch(rows.tolist())) for rows in order.split(128)]
    with tempfile.TemporaryDirectory() as home:
        trainer = Trainer(
            model=_their_model(machine, size),
            args=_arguments(machine, home),
            data_collator=lambda rows: rows[0],
        )
        for _ in range(2):
            began = time.perf_counter()
            trainer.predict(batches)
            seconds = time.perf_counter() - began
    return float(split.tokens().sum()) / seconds


def _steps(machine: Machine) -> int:
    return WARM + (5 if machine.small else 20)


def _recipe(machine: Machine, steps: int) -> Recipe:
    precision = "bfloat16" if machine.device.type == "cuda" else "float32"
    return Recipe(steps=steps, batch_size=BATCH, precision=precision)


def _autocast(machine: Machine) -> torch.autocast:
    kind = machine.device.type
    return torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda")


def _batches(job: TrainingJob) -> list[dict[str, torch.Tensor]]:
    """What the loop would see, step by step."""
    data = job.members["rows"].data
    return [_torch(data.batch(job.order.batch(step)[1].tolist())) for step in range(job.steps)]


def _torch(batch: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(values) for name, values in batch.items()}


def _their_model(machine: Machine, size: str) -> Any:
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    layers, hidden, heads, words = SIZES[size]
    config = XLMRobertaConfig(
        vocab_size=words, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=4 * hidden, max_position_embeddings=514, type_vocab_size=1,
        pad_token_id=PAD, num_labels=3,
    )  # fmt: skip
    with torch.device(machine.device):
        return XLMRobertaForSequenceClassification(config)


def _arguments(machine: Machine, home: str) -> Any:
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=home, max_steps=_steps(machine), per_device_train_batch_size=1,
        per_device_eval_batch_size=1, learning_rate=2e-5, weight_decay=0.01, logging_steps=10_000,
        save_strategy="no", report_to=[], disable_tqdm=True, use_cpu=machine.device.type == "cpu",
        bf16=machine.device.type == "cuda", dataloader_pin_memory=machine.device.type == "cuda",
    )  # fmt: skip


def _work(size: str, split: EncodedSplit, passes: int) -> float:
    """Operations a real token costs; `passes` is 1 forward, 3 with the backward pass."""
    layers, hidden, _, _ = SIZES[size]
    lengths = split.lengths().astype(float)
    weights = layers * 12 * hidden**2
    attention = 2 * layers * hidden * float((lengths**2).sum() / lengths.sum())
    return 2 * passes * (weights + attention)
