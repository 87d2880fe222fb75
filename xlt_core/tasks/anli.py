"""ANLI: inference that fooled earlier models, all three rounds. ANLI+ is `anli+mnli+snli`."""

from __future__ import annotations

from xlt_core.tasks.forms import (
    NLI_ALIASES,
    NLI_HUB_LABELS,
    NLI_LABELS,
    NLI_TEXTS,
    sentence_pairs,
)
from xlt_core.tasks.layout import HubTable

ANLI = sentence_pairs(
    "anli",
    "Adversarial natural language inference, rounds 1 to 3",
    labels=NLI_LABELS,
    texts=NLI_TEXTS,
    aliases=NLI_ALIASES,
    hub="facebook/anli",
    config="plain_text",
    splits={
        "train": ("train_r1", "train_r2", "train_r3"),
        "dev": ("dev_r1", "dev_r2", "dev_r3"),
        "test": ("test_r1", "test_r2", "test_r3"),
    },
    rows=HubTable(NLI_TEXTS, NLI_HUB_LABELS, id="uid"),
    epochs=2,
    source="Nie et al. 2020 (ANLI), CC BY-NC 4.0",
)
