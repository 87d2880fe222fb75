"""The lab's texts as rows to be read: what encoders for its languages are pretrained on.

`lab-texts` and `lab-translations` are the grown world's. `texts` and `translations` are the small
one's: the sentences of its tasks' rows, each with its translation in every language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from xlt_core.kinds.masked_lm import TextExample
from xlt_core.lab import texts as grown
from xlt_core.lab.languages import CODES
from xlt_core.lab.small.rows import rows
from xlt_core.lab.small.tasks import TASKS as SMALL_TASKS
from xlt_core.lab.small.world import LANGUAGES, SmallWorld
from xlt_core.lab.world import World

TEXTS, TRANSLATIONS = "lab-texts", "lab-translations"
SMALL_TEXTS, SMALL_TRANSLATIONS = "texts", "translations"
SPLITS = ("train", "dev")
ENGLISH = "en"


def languages(task: str, split: str) -> tuple[str, ...]:
    """Languages of the texts, or of the translations out of English, sorted."""
    if split not in SPLITS:
        return ()
    codes = CODES if task in (TEXTS, TRANSLATIONS) else LANGUAGES
    return tuple(code for code in sorted(codes) if task in (TEXTS, SMALL_TEXTS) or code != ENGLISH)


def examples(world: World, task: str, language: str, split: str) -> tuple[TextExample, ...]:
    """The rows of a split, in order; a translation's English text comes first."""
    return TASKS[task](world, language, split)


def _texts(world: World, language: str, split: str) -> tuple[TextExample, ...]:
    return _named(split, ((text,) for text in grown.texts(world, language, split)))


def _translations(world: World, language: str, split: str) -> tuple[TextExample, ...]:
    return _named(split, grown.translations(world, language, split))


def _small_texts(world: World, language: str, split: str) -> tuple[TextExample, ...]:
    return _named(split, ((text,) for text in _sentences(_small(world), language, split)))


def _small_translations(world: World, language: str, split: str) -> tuple[TextExample, ...]:
    sides = (_sentences(_small(world), code, split) for code in (ENGLISH, language))
    return _named(split, zip(*sides, strict=True))


def _named(split: str, found: Iterable[tuple[str, ...]]) -> tuple[TextExample, ...]:
    return tuple(TextExample(f"{split}-{n}", *one) for n, one in enumerate(found))


def _small(world: World) -> SmallWorld:
    return SmallWorld(world.seed, world.null)


@lru_cache(maxsize=64)
def _sentences(world: SmallWorld, language: str, split: str) -> tuple[str, ...]:
    """Sentences of a language; number n is the same in every language."""
    words = world.lexicon[language]
    return tuple(
        " ".join(words[index] for index in segment)
        for task in SMALL_TASKS
        for row in rows(world, task.name, split)
        for segment in row.segments
    )


TASKS: dict[str, Callable[[World, str, str], tuple[TextExample, ...]]] = {
    TEXTS: _texts,
    TRANSLATIONS: _translations,
    SMALL_TEXTS: _small_texts,
    SMALL_TRANSLATIONS: _small_translations,
}
