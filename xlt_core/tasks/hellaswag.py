"""HellaSwag: which ending follows."""

from __future__ import annotations

from xlt_core.tasks.forms import multiple_choice
from xlt_core.tasks.layout import HubChoices

HELLASWAG = multiple_choice(
    "hellaswag",
    "Which ending follows",
    choices=4,
    hub="Rowan/hellaswag",
    rows=HubChoices(("endings",), context="ctx", first_label="0", id="ind"),
    epochs=7,
    source="Zellers et al. 2019 (HellaSwag), MIT",
)
