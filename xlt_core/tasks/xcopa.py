"""XCOPA: the more plausible cause or effect in eleven languages; trains on Social IQa, then COPA.

English rows (COPA's own) may lie beside the translated ones; they are not one of the eleven.
"""

from __future__ import annotations

from xlt_core.tasks.forms import COPA_QUESTIONS
from xlt_core.tasks.layout import CopaForm, FolderLayout, HubChoices, HubLayout, by_language, words
from xlt_core.tasks.task import Task

_LANGUAGES = words("et ht id it qu sw ta th tr vi zh")

XCOPA = Task(
    name="xcopa",
    kind="multiple_choice",
    title="The more plausible cause or effect, 11 languages",
    languages=_LANGUAGES,
    questions=COPA_QUESTIONS,
    metric="accuracy",
    roles=("target",),
    trains_on=("siqa", "copa"),
    defaults={"epochs": 5, "learning_rate": 3e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(
        {
            "train": "train-{language}.jsonl",
            "dev": "val-{language}.jsonl",
            "test": "test-{language}.jsonl",
        },
        CopaForm(),
    ),
    hub=HubLayout(
        by_language("cambridgeltl/xcopa", _LANGUAGES),
        {"dev": ("validation",), "test": ("test",)},
        HubChoices(
            ("choice1", "choice2"),
            context="premise",
            question="question",
            id="idx",
            question_from="et",
        ),
    ),
    source="Ponti et al. 2020 (XCOPA), CC BY 4.0",
)
