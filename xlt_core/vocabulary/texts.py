"""Texts of users: what none may be, and how much of a long one is shown."""

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


def abbreviated(text: str, most: int = 40) -> str:
    """The text, or its beginning and an ellipsis, `most` characters in all."""
    return text if len(text) <= most else f"{text[: most - 3]}…"


def _half_pair(text: str) -> str | None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return text[error.start]
    return None
