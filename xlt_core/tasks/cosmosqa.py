"""Cosmos QA: reading between the lines of a narrative."""

from __future__ import annotations

from xlt_core.tasks.layout import (
    JSONL_FILES,
    ChoiceForm,
    FolderLayout,
    HubChoices,
    HubLayout,
    english,
)
from xlt_core.tasks.task import Kind, Task

COSMOSQA = Task(
    name="cosmosqa",
    kind=Kind.MULTIPLE_CHOICE,
    title="Reading comprehension that needs common sense",
    languages=("en",),
    metric="accuracy",
    defaults={"epochs": 15, "learning_rate": 1e-5, "batch_size": 32, "max_length": 256},
    folder=FolderLayout(JSONL_FILES, ChoiceForm(choices=4)),
    hub=HubLayout(
        english("allenai/cosmos_qa", "default"),
        {"train": ("train",), "dev": ("validation",)},
        HubChoices(
            ("answer0", "answer1", "answer2", "answer3"),
            context="context",
            question="question",
            id="id",
        ),
    ),
    source="Huang et al. 2019 (Cosmos QA), CC BY 4.0",
)
