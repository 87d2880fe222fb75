"""PAWS-Wiki: paraphrase with high word overlap."""

from __future__ import annotations

from xlt_core.tasks.layout import TSV_FILES, FolderLayout, HubLayout, HubTable, TableForm, english
from xlt_core.tasks.task import Kind, Task

PAWS = Task(
    name="paws",
    kind=Kind.CLASSIFICATION,
    title="Paraphrase with high word overlap",
    languages=("en",),
    labels=("paraphrase", "not_paraphrase"),
    metric="accuracy",
    defaults={"epochs": 3, "learning_rate": 1e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(
        TSV_FILES,
        TableForm(
            columns=("id", "sentence1", "sentence2", "label"),
            texts=("sentence1", "sentence2"),
            header=True,
            aliases={"0": "not_paraphrase", "1": "paraphrase"},
        ),
    ),
    hub=HubLayout(
        english("google-research-datasets/paws", "labeled_final"),
        {"train": ("train",), "dev": ("validation",), "test": ("test",)},
        HubTable(("sentence1", "sentence2"), {0: "not_paraphrase", 1: "paraphrase"}),
    ),
    source="Zhang et al. 2019 (PAWS), free for any purpose",
)
