"""HellaSwag: which ending follows."""

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

HELLASWAG = Task(
    name="hellaswag",
    kind=Kind.MULTIPLE_CHOICE,
    title="Which ending follows",
    languages=("en",),
    metric="accuracy",
    defaults={"epochs": 7, "learning_rate": 1e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(JSONL_FILES, ChoiceForm(choices=4)),
    hub=HubLayout(
        english("Rowan/hellaswag", "default"),
        {"train": ("train",), "dev": ("validation",)},
        HubChoices(("endings",), context="ctx", first_label="0", id="ind"),
    ),
    source="Zellers et al. 2019 (HellaSwag), MIT",
)
