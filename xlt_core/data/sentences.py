"""Tagged sentences as files and repositories have them → words and tags as tasks have them.

What a whole file shows is put right here, before `shape` looks at each sentence: WikiANN's words
with their language before them (`en:Ann`), and entities tagged by IOB1 instead of IOB2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from xlt_core.kinds.faults import Faults

_PREFIX = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:")
_CHANCE = 2  # different words with one such beginning that a sentence may have by chance


@dataclass(frozen=True)
class Sentence:
    """Words with a tag each; `rows` says where each word stands: `line 3`."""

    rows: tuple[str, ...]
    words: tuple[str, ...]
    tags: tuple[str, ...]


def put_right(sentences: Sequence[Sentence], faults: Faults) -> list[Sentence]:
    """The sentences of one file, without prefixes and in IOB2.

    Raises:
        TooManyFaults: only some sentences have prefixes.
    """
    return _in_iob2(_without_prefix(sentences, faults))


def _without_prefix(sentences: Sequence[Sentence], faults: Faults) -> list[Sentence]:
    """Take `en:` away where every word of the file begins so; single words may by chance."""
    prefixes = [_common_prefix(sentence.words) for sentence in sentences]
    if prefixes and prefixes[0] and set(prefixes) == {prefixes[0]}:
        return [_cut(sentence, len(prefixes[0]), faults) for sentence in sentences]
    for sentence, prefix in zip(sentences, prefixes, strict=True):
        if prefix and len(set(sentence.words)) > _CHANCE:
            raise faults.fatal(
                sentence.rows[0],
                f"every word of the sentence begins with {prefix!r}, as in WikiANN's own files, "
                "but not every word of the file does",
                "take the language off all words: Ann, not en:Ann",
            )
    return list(sentences)


def _common_prefix(words: Sequence[str | None]) -> str:
    """What all words begin with. A word of the hub may be missing: `shape` will say so."""
    match = _PREFIX.match(words[0] or "")
    prefix = match[0] if match else ""
    return prefix if all((word or "").startswith(prefix) for word in words) else ""


def _cut(sentence: Sentence, length: int, faults: Faults) -> Sentence:
    words = tuple(word[length:] for word in sentence.words)
    for row, word in zip(sentence.rows, words, strict=True):
        if not word:
            faults.add(row, "is a language without a word", "remove the line, or write the word")
    return replace(sentence, words=words)


def _in_iob2(sentences: list[Sentence]) -> list[Sentence]:
    """IOB1 has `B-` only where an entity follows another of its type; IOB2 begins all with it."""
    inside = beginning = False
    for sentence in sentences:
        for before, tag in zip(("O", *sentence.tags), sentence.tags, strict=False):
            if _type(before) != _type(tag):
                inside |= tag.startswith("I-")
                beginning |= tag.startswith("B-")
    if not inside or beginning:
        return sentences
    return [replace(sentence, tags=_begun(sentence.tags)) for sentence in sentences]


def _begun(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags with `B-` where an entity begins."""
    pairs = zip(("O", *tags), tags, strict=False)
    return tuple(
        f"B-{tag[2:]}" if tag.startswith("I-") and _type(before) != _type(tag) else tag
        for before, tag in pairs
    )


def _type(tag: str) -> str:
    """`PER` of `B-PER` and `I-PER`; empty for `O` and for tags that are no entity's."""
    return tag[2:] if tag[:2] in ("B-", "I-") else ""
