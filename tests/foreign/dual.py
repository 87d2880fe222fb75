"""Answers to questions, found among the sentences of all languages: a kind with candidates.

As LAReQA has it (Roy et al. 2020): one encoder for both, learnt with the answers of a few
neighbouring rows as each other's wrong ones; a question is scored by mean average precision over
the twenty sentences nearest to it, whatever their language, several of which may be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xlt_core.kinds.arrays import is_cut, sequence_arrays
from xlt_core.kinds.kind import Encoding
from xlt_core.metrics.metric import Metric
from xlt_core.tasks import Task
from xlt_core.tasks.layout import FolderLayout, TableForm
from xlt_core.tasks.task import Beside

NEAREST = 20


@dataclass(frozen=True)
class DualExample:
    """A question, a sentence, or both, and the ids of the sentences that answer it."""

    id: str
    question: str
    sentence: str
    right: tuple[str, ...] = ()

    def content(self) -> list[object]:
        return [self.id, self.question, self.sentence, list(self.right)]


class Dual:
    name = "dual"
    version = 1
    has_windows = False
    has_choices = True  # a row may be two sequences
    has_classes = False
    has_head = True

    def shape(self, shaper, row, key, fields):
        texts = fields["texts"]
        if not shaper.is_sound(row, {"id": key, **texts}):
            return None
        return DualExample(key, **texts, right=tuple(fields["label"].split()))

    def example(self, fields):
        key, _, question, sentence, right = fields
        return DualExample(key, question, sentence, tuple(right))

    def encode(self, examples, tokenizer, max_length, stride):
        width = 2 if examples[0].question and examples[0].sentence else 1
        texts = [t for one in examples for t in (one.question, one.sentence) if t]
        made = tokenizer(texts, truncation=True, max_length=max_length)
        cut = np.reshape([is_cut(made, n, max_length) for n in range(len(texts))], (-1, width))
        arrays = sequence_arrays(made["input_ids"], made.get("token_type_ids", ()))
        return Encoding(arrays, int(cut.any(axis=1).sum()), width=width)

    def targets(self, split, rows, layout):
        return {"labels": rows}

    def predictions(self, outputs, task):
        """For each question the names of the nearest sentences: language, colon, id."""
        names, vectors = [], []
        for other in outputs.beside:
            assert other.rows.role == "candidates"
            names += [f"{other.rows.language}:{one.id}" for one in other.rows.examples]
            vectors += other.logits
        questions = np.stack(outputs.logits).reshape(len(outputs.logits), -1)
        index = np.stack(vectors).reshape(len(vectors), -1)
        found = questions[:, : index.shape[1]] @ index.T
        return [[names[n] for n in (-row).argsort(kind="stable")[:NEAREST]] for row in found]

    def record(self, example, prediction, task):
        return {"prediction": prediction, "gold": list(example.right)}

    @property
    def learning(self) -> Any:
        import torch
        import torch.nn.functional as F
        from torch import nn

        from xlt_core.kinds.learning import FirstTokenLearning

        class Learning(FirstTokenLearning):
            together = 4

            def head(self, build, labels):
                return nn.Linear(build.size, build.size)

            def logits(self, raw, batch):
                width = batch["input_ids"].shape[1]
                return F.normalize(raw.view(-1, width, raw.shape[-1]), dim=2).flatten(1)

            def loss(self, logits, batch):
                questions, answers = logits.unflatten(1, (2, -1)).unbind(1)
                total = logits.new_zeros(())
                for start in range(0, len(logits), self.together):
                    part = slice(start, start + self.together)
                    alike = 20 * questions[part] @ answers[part].T
                    total = total + F.cross_entropy(
                        alike, torch.arange(len(alike), device=alike.device), reduction="sum"
                    )
                return total

        return Learning()


def mean_average_precision(examples, predictions, language, labels):
    scores = []
    for example, found in zip(examples, predictions, strict=True):
        hits = np.array([name in example.right for name in found[:NEAREST]], dtype=float)
        precision = hits.cumsum() / np.arange(1, len(hits) + 1)
        scores.append((hits * precision).sum() / min(len(example.right), NEAREST))
    return {"map_at_20": 100 * float(np.mean(scores))}


MAP = Metric("map20", "mean average precision at 20", mean_average_precision, ("map_at_20",), "")
DUAL = Dual()
ANSWERS = Task(
    name="answers",
    kind="dual",
    title="find the sentences that answer a question, in any language",
    languages=("de", "en", "sw"),
    metric="map20",
    roles=("intermediate", "target"),
    beside=(Beside("candidates", all_languages=True),),
    folder=FolderLayout(
        {
            "train": "train-{language}.tsv",
            "dev": "dev-{language}.tsv",
            "test": "test-{language}.tsv",
            "candidates": "candidates-{language}.tsv",
        },
        TableForm(("id", "question", "sentence", "label"), ("question", "sentence"), False),
    ),
)
