"""STS-B: how alike two English sentences are, from 0 to 5."""

from __future__ import annotations

from xlt_core.tasks.layout import (
    ALL_SPLITS,
    THREE_TSV_FILES,
    FolderLayout,
    HubLayout,
    HubTable,
    TableForm,
    english,
)
from xlt_core.tasks.task import Task

_TEXTS = ("sentence1", "sentence2")

STSB = Task(
    name="stsb",
    kind="regression",
    title="how alike two sentences are, 0 to 5",
    languages=("en",),
    metric="correlation",
    roles=("intermediate",),
    defaults={"epochs": 3, "learning_rate": 2e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(
        THREE_TSV_FILES,
        TableForm(columns=("id", *_TEXTS, "label"), texts=_TEXTS, header=True),
    ),
    hub=HubLayout(
        english("nyu-mll/glue", "stsb"),
        {split: names for split, names in ALL_SPLITS.items() if split != "test"},  # hidden there
        HubTable(texts=_TEXTS, id="idx"),
    ),
    source="Cer et al. 2017, SemEval-2017 task 1",
)
