"""XNLI: natural language inference in 15 languages; trains on MNLI."""

from __future__ import annotations

from xlt_core.tasks.forms import NLI_ALIASES, NLI_HUB_LABELS, NLI_LABELS, NLI_TEXTS
from xlt_core.tasks.layout import (
    THREE_TSV_FILES,
    FolderLayout,
    HubLayout,
    HubTable,
    TableForm,
    by_language,
    words,
)
from xlt_core.tasks.task import Task

_LANGUAGES = words("ar bg de el en es fr hi ru sw th tr ur vi zh")

XNLI = Task(
    name="xnli",
    kind="classification",
    title="Natural language inference, 15 languages",
    languages=_LANGUAGES,
    labels=NLI_LABELS,
    aliases=NLI_ALIASES,
    metric="accuracy",
    roles=("target",),
    trains_on=("mnli",),
    defaults={"epochs": 5, "learning_rate": 2e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(
        THREE_TSV_FILES,
        TableForm(
            columns=(*NLI_TEXTS, "label"),
            texts=NLI_TEXTS,
            header=False,
        ),
    ),
    hub=HubLayout(
        by_language("facebook/xnli", _LANGUAGES),
        {"dev": ("validation",), "test": ("test",)},
        HubTable(NLI_TEXTS, NLI_HUB_LABELS),
    ),
    source="Conneau et al. 2018 (XNLI), CC BY-NC 4.0",
)
