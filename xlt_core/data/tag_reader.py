"""`token<TAB>tag` lines → sentences → `shape`. A line without a token ends a sentence.

`quoting` says whether a file is quoted as CSV is, `sentences` what a whole file shows.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlt_core.data.quoting import Line, read_lines
from xlt_core.data.sentences import Sentence, put_right
from xlt_core.kinds.shaping import Shaper

_DOCUMENT = "-DOCSTART-"  # CoNLL's line between documents, no token

Word = tuple[str, str, str]  # row, word, tag


def read_tags(text: str, shaper: Shaper) -> None:
    """Read all sentences, in order. Faults go to `shaper.faults`."""
    lines = read_lines(text, shaper.faults, 2, [0])
    for number, sentence in enumerate(put_right(list(_sentences(lines, shaper)), shaper.faults)):
        wrong = shaper.labels.first_unknown(sentence.tags)
        row = sentence.rows[wrong]
        shaper.add(row, str(number), words=sentence.words, tags=sentence.tags)


def _sentences(lines: list[Line], shaper: Shaper) -> Iterator[Sentence]:
    words: list[Word] = []
    for line in lines:
        if not line.blank and not line.fields[0].startswith(_DOCUMENT):
            word = _word(line, shaper)
            if word is not None:
                words.append(word)
        elif words:
            yield _sentence(words)
            words = []
    if words:
        yield _sentence(words)


def _sentence(words: list[Word]) -> Sentence:
    rows, forms, tags = zip(*words, strict=True)
    return Sentence(rows, forms, tags)


def _word(line: Line, shaper: Shaper) -> Word | None:
    """Row, word and tag; None after a fault is noted. A word may be all space, of any kind."""
    row, fields = f"line {line.number}", line.fields
    if len(fields) == 2 and fields[0] and fields[1].strip():
        return row, fields[0].strip(" ") or fields[0], fields[1].strip()
    shown = "\t".join(fields)[:60]
    remedy = "expected token<TAB>tag, and an empty line between sentences"
    shaper.faults.add(row, f"is {shown!r}", remedy)
    return None
