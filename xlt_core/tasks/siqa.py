"""Social IQa: what people do, want and feel. The first stage of XCOPA's own training."""

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

SIQA = Task(
    name="siqa",
    kind=Kind.MULTIPLE_CHOICE,
    title="Questions on social situations",
    languages=("en",),
    metric="accuracy",
    defaults={"epochs": 5, "learning_rate": 3e-5, "batch_size": 32, "max_length": 128},
    shares_text_with={"xcopa": "Social IQa is the first stage of XCOPA's own training"},
    folder=FolderLayout(JSONL_FILES, ChoiceForm(choices=3)),
    hub=HubLayout(
        english("allenai/social_i_qa", "default"),
        {"train": ("train",), "dev": ("validation",)},
        HubChoices(
            ("answerA", "answerB", "answerC"),
            context="context",
            question="question",
            first_label="1",
        ),
    ),
    source="Sap et al. 2019 (Social IQa), CC BY 4.0",
)
