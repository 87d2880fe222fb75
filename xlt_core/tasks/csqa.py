"""CommonsenseQA: a question on common sense, five answers, no context."""

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

CSQA = Task(
    name="csqa",
    kind=Kind.MULTIPLE_CHOICE,
    title="Common-sense questions without a context",
    languages=("en",),
    metric="accuracy",
    defaults={"epochs": 10, "learning_rate": 1e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(JSONL_FILES, ChoiceForm(choices=5)),
    hub=HubLayout(
        english("tau/commonsense_qa", "default"),
        {"train": ("train",), "dev": ("validation",)},
        HubChoices(
            ("choices.text",), question="question", label="answerKey", first_label="A", id="id"
        ),
    ),
    source="Talmor et al. 2019 (CommonsenseQA), MIT",
)
