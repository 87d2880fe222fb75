"""SciTail: does a sentence support a science fact. Two labels, so its head is its own."""

from __future__ import annotations

from xlt_core.tasks.layout import TSV_FILES, FolderLayout, HubLayout, HubTable, TableForm, english
from xlt_core.tasks.task import Kind, Task

SCITAIL = Task(
    name="scitail",
    kind=Kind.CLASSIFICATION,
    title="Natural language inference on science questions",
    languages=("en",),
    labels=("entailment", "not_entailment"),
    metric="accuracy",
    defaults={"epochs": 3, "learning_rate": 1e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(
        TSV_FILES,
        TableForm(
            columns=("id", "premise", "hypothesis", "label"),
            texts=("premise", "hypothesis"),
            header=True,
            aliases={"entails": "entailment", "neutral": "not_entailment"},
        ),
    ),
    hub=HubLayout(
        english("allenai/scitail", "tsv_format"),
        {"train": ("train",), "dev": ("validation",), "test": ("test",)},
        HubTable(("premise", "hypothesis"), {"entails": "entailment", "neutral": "not_entailment"}),
    ),
    source="Khot et al. 2018 (SciTail), Apache 2.0",
)
