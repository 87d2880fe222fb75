"""The planted effect is there: what `lab-pairs` teaches helps `lab-nli` in every language.

A plain loop of torch and transformers, so that the lab is held against something else than the
engine it is meant to test.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from xlt_core.kinds.classification import ClassificationExample
from xlt_core.lab.small.encoder import make_encoder
from xlt_core.lab.small.world import LANGUAGES, SmallWorld
from xlt_core.lab.source import LabSource
from xlt_core.lab.tasks import lab_task
from xlt_core.metrics import score
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import SourceRef

SEEDS = (0, 1)
SOURCE = LabSource(SourceRef("lab"))


class Bench:
    """Trains and scores the lab's encoder."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer

        make_encoder(folder, SmallWorld())
        self.folder, self.tokenizer = folder, AutoTokenizer.from_pretrained(folder)

    def train(self, task: str, seed: int, encoder: Any = None) -> Any:
        """A classifier fine-tuned on English by the task's own recipe."""
        import torch
        from transformers import (
            XLMRobertaForSequenceClassification,
            get_linear_schedule_with_warmup,
        )

        recipe = Recipe(**lab_task(task).defaults)
        torch.manual_seed(seed)
        model = XLMRobertaForSequenceClassification.from_pretrained(
            self.folder, num_labels=len(lab_task(task).labels)
        ).train()
        if encoder is not None:
            model.roberta.load_state_dict(encoder)
        inputs, labels = self.encode(SOURCE.load(task, "en", "train"))
        rule = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.01)
        pace = get_linear_schedule_with_warmup(rule, recipe.steps // 10, recipe.steps)
        order = torch.cat([torch.randperm(len(labels)) for _ in range(3)])
        for rows in order.split(recipe.batch_size)[: recipe.steps]:
            batch = {name: values[rows] for name, values in inputs.items()}
            rule.zero_grad()
            model(**batch, labels=labels[rows]).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            rule.step()
            pace.step()
        return model.eval()

    def accuracy(self, model: Any, task: str = "lab-nli") -> dict[str, float]:
        """Percent on test, by language."""
        import torch

        found = {}
        for language in LANGUAGES:
            examples = SOURCE.load(task, language, "test")
            with torch.no_grad():
                answers = model(**self.encode(examples)[0]).logits.argmax(-1).tolist()
            found[language] = score("accuracy", examples, answers, language, ())[1]
        return found

    def encode(self, examples: Sequence[Any]) -> tuple[dict[str, Any], Any]:
        """Inputs and labels of classification pairs."""
        import torch

        assert all(isinstance(example, ClassificationExample) for example in examples)
        pairs = [e.first for e in examples], [e.second for e in examples]
        inputs = self.tokenizer(*pairs, padding=True, return_tensors="pt")
        return dict(inputs), torch.tensor([example.label for example in examples])


@pytest.fixture(scope="module")
def accuracies(tmp_path_factory) -> tuple[dict[str, float], dict[str, float]]:
    """Mean over seeds, by language: the baseline, and after `lab-pairs`."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    bench = Bench(tmp_path_factory.mktemp("lab") / "lab-small")
    plain, after = [], []
    for seed in SEEDS:
        plain.append(bench.accuracy(bench.train("lab-nli", seed)))
        taught = bench.train("lab-pairs", seed + 100).roberta.state_dict()
        after.append(bench.accuracy(bench.train("lab-nli", seed, taught)))
    torch.set_num_threads(threads)
    means = [
        {code: sum(run[code] for run in runs) / len(SEEDS) for code in LANGUAGES}
        for runs in (plain, after)
    ]
    return means[0], means[1]


def test_the_baseline_learns_and_transfers(accuracies):
    """Clearly above chance, a third, in English and in languages it was not trained on."""
    plain, _ = accuracies
    assert all(value > 50 for value in plain.values())


def test_the_shared_skill_pays_in_every_language(accuracies):
    """And not by a hair."""
    plain, after = accuracies
    assert all(after[code] > plain[code] + 4 for code in LANGUAGES)


def test_the_far_family_gains_less(accuracies):
    """What is learnt of English reaches Lab-B through more noise."""
    plain, after = accuracies
    gain = {code: after[code] - plain[code] for code in LANGUAGES}
    assert gain["qlc"] < (gain["qla"] + gain["qlb"]) / 2
