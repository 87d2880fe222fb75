"""PAN-X (WikiANN): named entities in 48 languages, IOB2. Also an intermediate task: `panx[ru]`."""

from __future__ import annotations

from xlt_core.tasks.layout import (
    ALL_SPLITS,
    THREE_TSV_FILES,
    FolderLayout,
    HubLayout,
    HubTags,
    TagForm,
    by_language,
    words,
)
from xlt_core.tasks.task import Task

_LANGUAGES = words(
    "af ar az bg bn de el en es et eu fa fi fr gu he hi hu id it ja jv ka kk ko lt ml mr ms "
    "my nl pa pl pt qu ro ru sw ta te th tl tr uk ur vi yo zh"
)

PANX = Task(
    name="panx",
    kind="tagging",
    title="Named entities: people, organisations, places, 48 languages",
    languages=_LANGUAGES,
    labels=("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"),
    metric="panx",
    roles=("intermediate", "target"),
    trains_on=("panx",),
    defaults={"epochs": 10, "learning_rate": 2e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(THREE_TSV_FILES, TagForm()),
    hub=HubLayout(
        by_language("unimelb-nlp/wikiann", _LANGUAGES),
        ALL_SPLITS,
        HubTags(names=("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")),
    ),
    source="Pan et al. 2017 and Rahimi et al. 2019 (WikiANN), from Wikipedia, CC BY-SA",
)
