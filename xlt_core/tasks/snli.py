"""SNLI: natural language inference on picture captions. Rows without a gold label are left out."""

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

SNLI = Task(
    name="snli",
    kind=Kind.CLASSIFICATION,
    title="Natural language inference on picture captions",
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
        english("stanfordnlp/snli", "plain_text"),
        {"train": ("train",), "dev": ("validation",), "test": ("test",)},
        HubTable(("premise", "hypothesis"), {0: "entailment", 1: "neutral", 2: "contradiction"}),
    ),
    source="Bowman et al. 2015 (SNLI), CC BY-SA 4.0",
)
