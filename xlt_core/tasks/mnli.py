"""MNLI: does the premise entail, contradict or leave open the hypothesis."""

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

MNLI = Task(
    name="mnli",
    kind=Kind.CLASSIFICATION,
    title="Natural language inference, many genres",
    languages=("en",),
    labels=NLI_LABELS,
    metric="accuracy",
    defaults={"epochs": 2, "learning_rate": 1e-5, "batch_size": 32, "max_length": 128},
    shares_text_with={
        "xnli": "XNLI is MNLI's development and test data translated, and MNLI is what it trains on"
    },
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
        english("nyu-mll/multi_nli", "default"),
        {"train": ("train",), "dev": ("validation_matched",)},
        HubTable(("premise", "hypothesis"), {0: "entailment", 1: "neutral", 2: "contradiction"}),
    ),
    source="Williams et al. 2018 (MultiNLI), under several licences",
)
