"""Cosmos QA: reading between the lines of a narrative."""

from __future__ import annotations

from xlt_core.tasks.forms import multiple_choice
from xlt_core.tasks.layout import HubChoices

COSMOSQA = multiple_choice(
    "cosmosqa",
    "Reading comprehension that needs common sense",
    choices=4,
    hub="allenai/cosmos_qa",
    rows=HubChoices(
        ("answer0", "answer1", "answer2", "answer3"),
        context="context",
        question="question",
        id="id",
    ),
    epochs=15,
    max_length=256,
    source="Huang et al. 2019 (Cosmos QA), CC BY 4.0",
)
