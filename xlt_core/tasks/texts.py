"""Plain texts: what masked language modelling reads. In any language; whoever has them brings them.

`texts` are sentences or paragraphs of one language, `translations` English ones and what they are
in another.
"""

from __future__ import annotations

from xlt_core.tasks.layout import FolderLayout, TextForm
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.languages import LANGUAGES

_FILES = {"train": "train-{language}.txt", "dev": "dev-{language}.txt"}
_RECIPE = {"epochs": 1, "learning_rate": 5e-5, "max_length": 128}

TEXTS = Task(
    name="texts",
    kind="masked_lm",
    title="Texts of one's own: hidden pieces",
    languages=tuple(sorted(LANGUAGES)),
    metric="masked_pieces",
    defaults=_RECIPE,
    folder=FolderLayout(_FILES, TextForm()),
    source="texts of one's own; Devlin et al. 2019 (BERT), section 3.1, has the task",
)
TRANSLATIONS = Task(
    name="translations",
    kind="masked_lm",
    title="English texts of one's own and their translations: hidden pieces",
    languages=tuple(sorted(LANGUAGES)),
    metric="masked_pieces",
    defaults=_RECIPE,
    folder=FolderLayout(_FILES, TextForm(translated=True)),
    source="texts of one's own; Conneau and Lample 2019 (XLM), section 3.3, has the task",
)
