"""SciTail: does a sentence support a science fact. Two labels, so its head is its own.

On the hub it is read from `snli_format`: `tsv_format` was made with quoting on and lost 499 of
23,596 training rows.
"""

from __future__ import annotations

from xlt_core.tasks.forms import NLI_TEXTS, sentence_pairs
from xlt_core.tasks.layout import ALL_SPLITS, HubTable

_ALIASES = {
    **dict.fromkeys(("entail", "entails", "entailed"), "entailment"),
    **dict.fromkeys(("neutral", "non_entailment"), "not_entailment"),
}

SCITAIL = sentence_pairs(
    "scitail",
    "Natural language inference on science questions",
    labels=("entailment", "not_entailment"),
    texts=NLI_TEXTS,
    aliases=_ALIASES,
    hub="allenai/scitail",
    config="snli_format",
    splits=ALL_SPLITS,
    rows=HubTable(("sentence1", "sentence2"), label="gold_label"),
    epochs=3,
    source="Khot et al. 2018 (SciTail), Apache 2.0",
)
