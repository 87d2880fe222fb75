"""What stages name: an encoder, a source of data, one split of a task. Plain values.

Next: `xlt_core.stages`, which are made of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EncoderRef:
    """An encoder: what the user wrote, its content fingerprint, and where it lies.

    `fingerprint` is the SHA-256 of config, weights and tokenizer, alike for a folder and for a hub
    id: another commit with the same files is the same encoder. `location` is a folder or a hub id,
    `revision` the commit that a hub id stood for when it was planned; neither is part of any key.
    `learner` names the learner of a user's own that it is trained by, with its version; it is empty
    where it is trained as an encoder with heads.
    """

    name: str
    fingerprint: str
    location: str
    revision: str | None = None
    learner: str = ""

    @property
    def identity(self) -> str:
        """What keys hold of it."""
        return f"{self.fingerprint} {self.learner}" if self.learner else self.fingerprint


@dataclass(frozen=True)
class SourceRef:
    """Where data come from: `hub`, `folder` (location: its path) or `lab` (location: its world).

    `revisions` are the hub's repositories and the commits that were planned, in order of names.
    """

    kind: str
    location: str = ""
    revisions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DataRef:
    """One split of one task in one language, by content.

    `fingerprint` is over the parsed examples in order, so that the same rows have the same
    fingerprint from whatever source they come.
    """

    task: str
    language: str
    split: str
    fingerprint: str
    rows: int

    @property
    def member(self) -> str:
        """As a plan writes it: the task, its language where that is not English."""
        return self.task if self.language == "en" else f"{self.task}[{self.language}]"
