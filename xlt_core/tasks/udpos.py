"""UDPOS: universal part-of-speech tags in 38 languages. Also an intermediate task: `udpos[ja]`.

On the hub 33 languages come from XTREME's own data (UD 2.5, treebanks joined), the five that
XTREME-R added from Universal Dependencies, whose rows list a fused form (tag `_`) beside its
words: there the words are kept and the fused form is left out, unlike XTREME-R.
"""

from __future__ import annotations

from xlt_core.tasks.layout import (
    ALL_SPLITS,
    THREE_TSV_FILES,
    UPOS_LABELS,
    FolderLayout,
    HubLayout,
    HubPart,
    HubTags,
    TagForm,
)
from xlt_core.tasks.task import Kind, Task

_XTREME = (
    "af:Afrikaans ar:Arabic bg:Bulgarian de:German el:Greek en:English es:Spanish et:Estonian "
    "eu:Basque fa:Persian fi:Finnish fr:French he:Hebrew hi:Hindi hu:Hungarian id:Indonesian "
    "it:Italian ja:Japanese kk:Kazakh ko:Korean mr:Marathi nl:Dutch pt:Portuguese ru:Russian "
    "ta:Tamil te:Telugu th:Thai tl:Tagalog tr:Turkish ur:Urdu vi:Vietnamese yo:Yoruba zh:Chinese"
)
_TREEBANKS = {
    "lt": ("lt_alksnis", "lt_hse"),
    "pl": ("pl_lfg", "pl_pdb"),
    "ro": ("ro_nonstandard", "ro_rrt"),
    "uk": ("uk_iu",),
    "wo": ("wo_wtb",),
}


def _parts() -> dict[str, tuple[HubPart, ...]]:
    names = dict(entry.split(":") for entry in _XTREME.split())
    parts: dict[str, tuple[HubPart, ...]] = {
        code: (HubPart("google/xtreme", f"udpos.{name}"),) for code, name in names.items()
    }
    for code, banks in _TREEBANKS.items():
        parts[code] = tuple(
            HubPart("universal-dependencies/universal_dependencies", bank) for bank in banks
        )
    return dict(sorted(parts.items()))


_PARTS = _parts()

UDPOS = Task(
    name="udpos",
    kind=Kind.TAGGING,
    title="Parts of speech, 38 languages",
    languages=tuple(_PARTS),
    labels=UPOS_LABELS,
    metric="udpos",
    roles=("intermediate", "target"),
    trains_on=("udpos",),
    defaults={"epochs": 10, "learning_rate": 2e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(THREE_TSV_FILES, TagForm()),
    hub=HubLayout(
        _PARTS,
        ALL_SPLITS,
        HubTags(tags=("pos_tags", "upos"), dropped=("_",)),
        without={"train": ("th", "tl", "yo"), "dev": ("kk", "th", "tl", "yo")},
    ),
    source="Universal Dependencies 2.5 and 2.7 as in XTREME-R, licences by treebank",
)
