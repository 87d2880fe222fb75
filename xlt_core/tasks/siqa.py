"""Social IQa: what people do, want and feel. The first stage of XCOPA's own training."""

from __future__ import annotations

from xlt_core.tasks.forms import multiple_choice
from xlt_core.tasks.layout import HubChoices

SIQA = multiple_choice(
    "siqa",
    "Questions on social situations",
    choices=3,
    hub="allenai/social_i_qa",
    rows=HubChoices(
        ("answerA", "answerB", "answerC"), context="context", question="question", first_label="1"
    ),
    epochs=5,
    learning_rate=3e-5,
    shares_text_with={"xcopa": "Social IQa is the first stage of XCOPA's own training"},
    source="Sap et al. 2019 (Social IQa), CC BY 4.0",
)
