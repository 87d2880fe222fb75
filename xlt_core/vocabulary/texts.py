"""What no text may be: something else than a text, or one that cannot be written as UTF-8."""

from __future__ import annotations


def problem_of(text: object) -> tuple[str, str] | None:
    """What is wrong with a text, and what to do; None where it is one.

    Half a surrogate pair (`"\\ud83d"` in JSON) stands for no character. NUL stands in no text, but
    is what UTF-16 and files damaged by a power cut read as.
    """
    if not isinstance(text, str):
        return f"is {str(text)[:40]!r}, which is no text", "write a text, or remove the row"
    if "\0" in text:
        return "holds the character NUL", "delete it; is the file whole, and was it UTF-8?"
    half = None if text.isascii() else _half_pair(text)
    if half is not None:
        return f"holds half a surrogate pair, {half!r}", "delete it, or write the whole character"
    return None


def _half_pair(text: str) -> str | None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return text[error.start]
    return None
