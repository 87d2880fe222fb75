"""PAWS-Wiki: paraphrase with high word overlap."""

from __future__ import annotations

from xlt_core.tasks.forms import sentence_pairs
from xlt_core.tasks.layout import ALL_SPLITS, HubTable

_TEXTS = ("sentence1", "sentence2")

PAWS = sentence_pairs(
    "paws",
    "Paraphrase with high word overlap",
    labels=("paraphrase", "not_paraphrase"),
    texts=_TEXTS,
    aliases={"0": "not_paraphrase", "1": "paraphrase"},
    hub="google-research-datasets/paws",
    config="labeled_final",
    splits=ALL_SPLITS,
    rows=HubTable(_TEXTS, {0: "not_paraphrase", 1: "paraphrase"}),
    epochs=3,
    source="Zhang et al. 2019 (PAWS), free for any purpose",
)
