"""MNLI: does the premise entail, contradict or leave open the hypothesis."""

from __future__ import annotations

from xlt_core.tasks.forms import (
    NLI_ALIASES,
    NLI_HUB_LABELS,
    NLI_LABELS,
    NLI_TEXTS,
    sentence_pairs,
)
from xlt_core.tasks.layout import HubTable

MNLI = sentence_pairs(
    "mnli",
    "Natural language inference, many genres",
    labels=NLI_LABELS,
    texts=NLI_TEXTS,
    aliases=NLI_ALIASES,
    hub="nyu-mll/multi_nli",
    config="default",
    splits={"train": ("train",), "dev": ("validation_matched",)},
    rows=HubTable(NLI_TEXTS, NLI_HUB_LABELS),
    epochs=2,
    shares_text_with={
        "xnli": "XNLI's data were collected as MNLI's were, and MNLI is what it trains on"
    },
    source="Williams et al. 2018 (MultiNLI), under several licences",
)
