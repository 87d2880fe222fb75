"""COPA: cause or effect of a premise; with mirrored twins (Balanced COPA) in the folder."""

from __future__ import annotations

from xlt_core.tasks.forms import COPA_QUESTIONS, multiple_choice
from xlt_core.tasks.layout import JSONL_FILES, HubChoices

COPA = multiple_choice(
    "copa",
    "The more plausible cause or effect",
    choices=2,
    questions=COPA_QUESTIONS,
    hub="aps/super_glue",
    config="copa",
    rows=HubChoices(("choice1", "choice2"), context="premise", question="question", id="idx"),
    epochs=5,
    learning_rate=3e-5,
    files={**JSONL_FILES, "test": "test-{language}.jsonl"},
    shares_text_with={
        "xcopa": "XCOPA is COPA's development and test data translated, "
        "and COPA is what it trains on"
    },
    source="Roemmele et al. 2011 (COPA), BSD 2-clause",
)
