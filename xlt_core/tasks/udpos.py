"""UDPOS: universal part-of-speech tags in 38 languages. Also an intermediate task: `udpos[ja]`.

On the hub all languages come from Universal Dependencies 2.7, every treebank whose name begins with
the language's code joined in the order of their names, as XTREME-R's own script has it: fused forms
are kept (`xlt_core.data.ud_rows`), empty nodes are left out, and so are sentences whose words are
withheld by licence. How these rows differ from those that XTREME-R's published scores were made on:

* those 33 languages were of UD 2.5, all but lt pl ro uk wo: 2.7 has corrected tags and a few
  treebanks more (such as Indonesian CSUI and Persian PerDT);
* a fused form's tag is that of its highest word; where two are as high, tags outside the script's
  list of precedence, which would have stopped it, come last.
"""

from __future__ import annotations

from xlt_core.tasks.layout import (
    THREE_TSV_FILES,
    UPOS_LABELS,
    FolderLayout,
    HubLayout,
    HubPart,
    HubTrees,
    TagForm,
    words,
)
from xlt_core.tasks.task import Task

_LANGUAGES = words(
    "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko lt mr nl pl pt ro ru ta te th tl "
    "tr uk ur vi wo yo zh"
)
_UD = "universal-dependencies/universal_dependencies"
_PARTS = {
    code: (HubPart(_UD, f"{code}_*", branch="2.7", files="parquet/{config}/{split}.parquet"),)
    for code in _LANGUAGES
}

UDPOS = Task(
    name="udpos",
    kind="tagging",
    title="Parts of speech, 38 languages",
    languages=_LANGUAGES,
    labels=UPOS_LABELS,
    metric="udpos",
    roles=("intermediate", "target"),
    trains_on=("udpos",),
    defaults={"epochs": 10, "learning_rate": 2e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(THREE_TSV_FILES, TagForm()),
    hub=HubLayout(
        _PARTS,
        {"train": ("train",), "dev": ("dev",), "test": ("test",)},
        HubTrees(),
        without={"train": ("th", "tl", "yo"), "dev": ("kk", "th", "tl", "yo")},
    ),
    source="Universal Dependencies 2.5 and 2.7 as in XTREME-R (hub: 2.7), licences by treebank",
)
