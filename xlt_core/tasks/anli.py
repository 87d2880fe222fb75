"""ANLI: inference that fooled earlier models, all three rounds. ANLI+ is `anli+mnli+snli`."""

from __future__ import annotations

from xlt_core.tasks.layout import (
    NLI_LABELS,
    TSV_FILES,
    FolderLayout,
    HubLayout,
    HubTable,
    TableForm,
    english,
)
from xlt_core.tasks.task import Kind, Task

ANLI = Task(
    name="anli",
    kind=Kind.CLASSIFICATION,
    title="Adversarial natural language inference, rounds 1 to 3",
    languages=("en",),
    labels=NLI_LABELS,
    metric="accuracy",
    defaults={"epochs": 2, "learning_rate": 1e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(
        TSV_FILES,
        TableForm(
            columns=("id", "premise", "hypothesis", "label"),
            texts=("premise", "hypothesis"),
            header=True,
            aliases={"contradictory": "contradiction"},
        ),
    ),
    hub=HubLayout(
        english("facebook/anli", "plain_text"),
        {
            "train": ("train_r1", "train_r2", "train_r3"),
            "dev": ("dev_r1", "dev_r2", "dev_r3"),
            "test": ("test_r1", "test_r2", "test_r3"),
        },
        HubTable(
            ("premise", "hypothesis"), {0: "entailment", 1: "neutral", 2: "contradiction"}, id="uid"
        ),
    ),
    source="Nie et al. 2020 (ANLI), CC BY-NC 4.0",
)
