"""SNLI: natural language inference on picture captions. Rows without a gold label are left out."""

from __future__ import annotations

from xlt_core.tasks.forms import (
    NLI_ALIASES,
    NLI_HUB_LABELS,
    NLI_LABELS,
    NLI_TEXTS,
    sentence_pairs,
)
from xlt_core.tasks.layout import ALL_SPLITS, HubTable

SNLI = sentence_pairs(
    "snli",
    "Natural language inference on picture captions",
    labels=NLI_LABELS,
    texts=NLI_TEXTS,
    aliases=NLI_ALIASES,
    hub="stanfordnlp/snli",
    config="plain_text",
    splits=ALL_SPLITS,
    rows=HubTable(NLI_TEXTS, NLI_HUB_LABELS),
    epochs=2,
    source="Bowman et al. 2015 (SNLI), CC BY-SA 4.0",
)
