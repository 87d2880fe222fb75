"""QQP: do two questions ask the same."""

from __future__ import annotations

from xlt_core.tasks.forms import sentence_pairs
from xlt_core.tasks.layout import TRAIN_AND_DEV, HubTable

QQP = sentence_pairs(
    "qqp",
    "Paraphrase: do two questions ask the same",
    labels=("duplicate", "not_duplicate"),
    texts=("sentence1", "sentence2"),
    aliases={"0": "not_duplicate", "1": "duplicate"},
    hub="nyu-mll/glue",
    config="qqp",
    splits=TRAIN_AND_DEV,
    rows=HubTable(("question1", "question2"), {0: "not_duplicate", 1: "duplicate"}),
    epochs=3,
    source="Quora Question Pairs as in GLUE (Wang et al. 2019), Quora's terms",
)
