"""The lab's texts: what its languages were pretrained on, and the translations beside them.

The sentences of every task's rows, each with its translation in every language.
"""

from __future__ import annotations

from functools import lru_cache

from xlt_core.kinds.masked_lm import TextExample
from xlt_core.lab.rows import rows
from xlt_core.lab.tasks import lab_tasks
from xlt_core.lab.world import LANGUAGES, World

TEXTS, TRANSLATIONS = "texts", "translations"
SPLITS = ("train", "dev")


@lru_cache(maxsize=64)
def sentences(world: World, language: str, split: str) -> tuple[str, ...]:
    """Sentences of a language; number n is the same in every language."""
    words = world.lexicon[language]
    return tuple(
        " ".join(words[index] for index in segment)
        for task in lab_tasks()
        for row in rows(world, task.name, split)
        for segment in row.segments
    )


def text_languages(task: str, split: str) -> tuple[str, ...]:
    """Languages of `texts`, or of `translations` out of English, sorted."""
    if split not in SPLITS:
        return ()
    return tuple(code for code in sorted(LANGUAGES) if task == TEXTS or code != "en")


def text_examples(world: World, task: str, language: str, split: str) -> tuple[TextExample, ...]:
    """Rows of `texts` or `translations` (English first)."""
    found = sentences(world, language, split)
    if task == TEXTS:
        return tuple(TextExample(f"{split}-{n}", text) for n, text in enumerate(found))
    english = sentences(world, "en", split)
    pairs = enumerate(zip(english, found, strict=True))
    return tuple(TextExample(f"{split}-{n}", one, other) for n, (one, other) in pairs)
