"""SQuAD 2.0: find the answer in a paragraph, or say that there is none."""

from __future__ import annotations

from xlt_core.tasks.layout import (
    TRAIN_AND_DEV,
    FolderLayout,
    HubLayout,
    HubSpans,
    SquadForm,
    english,
)
from xlt_core.tasks.task import Task

SQUAD2 = Task(
    name="squad2",
    kind="span",
    title="Find the answer in a paragraph, or see that there is none",
    languages=("en",),
    metric="squad2",
    unanswerable=True,
    defaults={
        "epochs": 3,
        "learning_rate": 3e-5,
        "batch_size": 32,
        "max_length": 384,
        "stride": 128,
    },
    shares_text_with={
        "xquad": "XQuAD is a part of SQuAD's development data translated; "
        "SQuAD 2.0 has its articles",
        "squad": "SQuAD 2.0 holds the questions of SQuAD 1.1",
    },
    folder=FolderLayout(
        {"train": "train-{language}.json", "dev": "dev-{language}.json"},
        SquadForm(),
    ),
    hub=HubLayout(
        english("rajpurkar/squad_v2", "squad_v2"),
        TRAIN_AND_DEV,
        HubSpans(),
    ),
    source="Rajpurkar et al. 2018 (SQuAD 2.0), CC BY-SA 4.0",
)
