"""SIB-200: the topic of a sentence, 50 of its languages. Also an intermediate task."""

from __future__ import annotations

from xlt_core.tasks.layout import (
    ALL_SPLITS,
    THREE_TSV_FILES,
    FolderLayout,
    HubLayout,
    HubPart,
    HubTable,
    TableForm,
    words,
)
from xlt_core.tasks.task import Task

_LABELS = (
    "science/technology",
    "travel",
    "politics",
    "sports",
    "health",
    "entertainment",
    "geography",
)

# language code → the FLORES-200 code that names the config on the hub
_FLORES = dict(
    entry.split(":")
    for entry in words(
        "af:afr_Latn ar:arb_Arab az:azj_Latn bg:bul_Cyrl bn:ben_Beng de:deu_Latn "
        "el:ell_Grek en:eng_Latn es:spa_Latn et:est_Latn eu:eus_Latn fa:pes_Arab "
        "fi:fin_Latn fr:fra_Latn gu:guj_Gujr he:heb_Hebr hi:hin_Deva ht:hat_Latn "
        "hu:hun_Latn id:ind_Latn it:ita_Latn ja:jpn_Jpan jv:jav_Latn ka:kat_Geor "
        "kk:kaz_Cyrl ko:kor_Hang lt:lit_Latn ml:mal_Mlym mr:mar_Deva ms:zsm_Latn "
        "my:mya_Mymr nl:nld_Latn pa:pan_Guru pl:pol_Latn pt:por_Latn qu:quy_Latn "
        "ro:ron_Latn ru:rus_Cyrl sw:swh_Latn ta:tam_Taml te:tel_Telu th:tha_Thai "
        "tl:tgl_Latn tr:tur_Latn uk:ukr_Cyrl ur:urd_Arab vi:vie_Latn wo:wol_Latn "
        "yo:yor_Latn zh:zho_Hans"
    )
)

SIB200 = Task(
    name="sib200",
    kind="classification",
    title="Topic of a sentence, the same sentences in 50 languages",
    languages=tuple(_FLORES),
    labels=_LABELS,
    metric="accuracy",
    roles=("intermediate", "target"),
    trains_on=("sib200",),
    defaults={"epochs": 20, "learning_rate": 2e-5, "batch_size": 32, "max_length": 128},
    folder=FolderLayout(
        THREE_TSV_FILES,
        TableForm(columns=("id", "text", "label"), texts=("text",), header=True),
    ),
    hub=HubLayout(
        {code: (HubPart("Davlan/sib200", name),) for code, name in _FLORES.items()},
        ALL_SPLITS,
        HubTable(("text",), label="category", id="index_id"),
    ),
    source="Adelani et al. 2024 (SIB-200) on FLORES-200 sentences, CC BY-SA 4.0",
)
