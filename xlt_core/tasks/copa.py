"""COPA: cause or effect of a premise; with mirrored twins (Balanced COPA) in the folder."""

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

COPA = Task(
    name="copa",
    kind=Kind.MULTIPLE_CHOICE,
    title="The more plausible cause or effect",
    languages=("en",),
    metric="accuracy",
    defaults={"epochs": 5, "learning_rate": 3e-5, "batch_size": 32, "max_length": 128},
    shares_text_with={
        "xcopa": "XCOPA is COPA's development and test data translated, "
        "and COPA is what it trains on"
    },
    folder=FolderLayout({**JSONL_FILES, "test": "test-{language}.jsonl"}, ChoiceForm(choices=2)),
    hub=HubLayout(
        english("aps/super_glue", "copa"),
        {"train": ("train",), "dev": ("validation",)},
        HubChoices(("choice1", "choice2"), context="premise", question="question", id="idx"),
    ),
    source="Roemmele et al. 2011 (COPA), BSD 2-clause",
)
