"""CommonsenseQA: a question on common sense, five answers, no context."""

from __future__ import annotations

from xlt_core.tasks.forms import multiple_choice
from xlt_core.tasks.layout import HubChoices

CSQA = multiple_choice(
    "csqa",
    "Common-sense questions without a context",
    choices=5,
    hub="tau/commonsense_qa",
    rows=HubChoices(
        ("choices.text",), question="question", label="answerKey", first_label="A", id="id"
    ),
    epochs=10,
    source="Talmor et al. 2019 (CommonsenseQA), MIT",
)
