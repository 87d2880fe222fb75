"""XQuAD: paragraphs and questions of SQuAD in twelve languages. No dev: its test is halved.

On the hub contexts and answers were stripped of white space and their offsets left as they were:
there the answer is the occurrence nearest to its offset.
"""

from __future__ import annotations

from xlt_core.tasks.layout import FolderLayout, HubLayout, HubSpans, SquadForm, by_language, words
from xlt_core.tasks.task import Task

_LANGUAGES = words("ar de el en es hi ro ru th tr vi zh")

XQUAD = Task(
    name="xquad",
    kind="span",
    title="Find the answer in a paragraph, twelve languages",
    languages=_LANGUAGES,
    metric="squad",
    roles=("target",),
    trains_on=("squad",),
    halve_test=True,
    defaults={
        "epochs": 3,
        "learning_rate": 3e-5,
        "batch_size": 32,
        "max_length": 384,
        "stride": 128,
    },
    folder=FolderLayout({"test": "xquad.{language}.json"}, SquadForm()),
    hub=HubLayout(
        by_language("google/xquad", _LANGUAGES, "xquad.{language}"),
        {"test": ("validation",)},
        HubSpans(stripped=True),
    ),
    source="Artetxe et al. 2020 (XQuAD), CC BY-SA 4.0",
)
