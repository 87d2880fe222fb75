"""SQuAD 1.1: find the answer in a paragraph. What XQuAD, MLQA and LAReQA train on."""

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

SQUAD = Task(
    name="squad",
    kind="span",
    title="Find the answer in a paragraph",
    languages=("en",),
    metric="squad",
    defaults={
        "epochs": 3,
        "learning_rate": 3e-5,
        "batch_size": 32,
        "max_length": 384,
        "stride": 128,
    },
    shares_text_with={
        "xquad": "XQuAD is a part of SQuAD 1.1's development data translated, "
        "and SQuAD is what it trains on",
        "squad2": "SQuAD 2.0 holds the questions of SQuAD 1.1",
    },
    folder=FolderLayout({"train": "train-v1.1.json", "dev": "dev-v1.1.json"}, SquadForm()),
    hub=HubLayout(
        english("rajpurkar/squad", "plain_text"),
        TRAIN_AND_DEV,
        HubSpans(),
    ),
    source="Rajpurkar et al. 2016 (SQuAD 1.1), CC BY-SA 4.0",
)
