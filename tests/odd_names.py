"""Names that a folder may have and that mean something else in an address, a shell or a format."""

from __future__ import annotations

ODD = (
    "q?mark",
    "a#b",
    "100%25",
    "50%",
    "%41",
    "a b",
    "ünï—文",
    'it\'s "q"',
    "new\nline",
    "-dash",
    "c:d",
    "semi;colon",
    "a&b=c",
    "{x}",
    "me:secret@host",
    "back\\slash",
    "~home",
    "$HOME",
    "${HOME}",
    "[x]",
    "+plus",
    "s3:",
)
