"""Tatoeba: of each English sentence, its translation among all sentences of another language.

The pairs as XTREME-R has them, 41 languages, up to 1,000 each. Scored with the weights that were
trained for SQuAD, as XTREME-R does; XTREME scores the pretrained encoder itself, so that the two
belong in no one column. There is no dev: it never selects.
"""

from __future__ import annotations

from xlt_core.tasks.layout import (
    FolderLayout,
    HubLayout,
    HubParallel,
    HubPart,
    ParallelForm,
    words,
)
from xlt_core.tasks.task import Task

_LANGUAGES = words(
    "af ar az bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko lt ml mr nl pl pt ro ru "
    "sw ta te th tl tr uk ur vi zh"
)
# The code that names a config of `google/xtreme`, which lacks XTREME-R's five new languages.
_CONFIGS = dict(
    entry.split(":")
    for entry in words(
        "af:afr ar:ara bg:bul bn:ben de:deu el:ell es:spa et:est eu:eus fa:pes fi:fin fr:fra "
        "he:heb hi:hin hu:hun id:ind it:ita ja:jpn jv:jav ka:kat kk:kaz ko:kor ml:mal mr:mar "
        "nl:nld pt:por ru:rus sw:swh ta:tam te:tel th:tha tl:tgl tr:tur ur:urd vi:vie zh:cmn"
    )
)

TATOEBA = Task(
    name="tatoeba",
    kind="retrieval",
    title="Find a sentence's translation, English and 41 languages",
    languages=_LANGUAGES,
    metric="retrieval",
    roles=("target",),
    trains_on=("squad",),
    folder=FolderLayout({"test": "{language}-en.{language}"}, ParallelForm("{language}-en.en")),
    hub=HubLayout(
        {code: (HubPart("google/xtreme", f"tatoeba.{name}"),) for code, name in _CONFIGS.items()},
        {"test": ("validation",)},
        HubParallel("source_sentence", "target_sentence"),
    ),
    source="Artetxe and Schwenk 2019 (LASER's Tatoeba), CC BY 2.0 FR",
)
