"""QQP: do two questions ask the same."""

from __future__ import annotations

from xlt_core.tasks.layout import TSV_FILES, FolderLayout, HubLayout, HubTable, TableForm, english
from xlt_core.tasks.task import Kind, Task

QQP = Task(
    name="qqp",
    kind=Kind.CLASSIFICATION,
    title="Paraphrase: do two questions ask the same",
    languages=("en",),
    labels=("duplicate", "not_duplicate"),
    metric="accuracy",
    defaults={"epochs": 3, "learning_rate": 1e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(
        TSV_FILES,
        TableForm(
            columns=("id", "sentence1", "sentence2", "label"),
            texts=("sentence1", "sentence2"),
            header=True,
        ),
    ),
    hub=HubLayout(
        english("nyu-mll/glue", "qqp"),
        {"train": ("train",), "dev": ("validation",)},
        HubTable(("question1", "question2"), {0: "not_duplicate", 1: "duplicate"}),
    ),
    source="Quora Question Pairs as in GLUE (Wang et al. 2019), Quora's terms",
)
