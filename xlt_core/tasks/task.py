"""What a task is. One file a task beside this one, one line each in `xlt_core.tasks`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from xlt_core.tasks.layout import FolderLayout, HubLayout

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Beside:
    """A split that is read beside a scored one: what its rows are found among.

    Attributes:
        split: its name, in layouts and for the kind, as `candidates`.
        all_languages: whether in every language that the source has; otherwise in the language of
            the scored split.
    """

    split: str
    all_languages: bool = False


@dataclass(frozen=True)
class Task:
    """A dataset with a kind, languages, splits and a metric.

    Attributes:
        name: lower case, as written in plans.
        kind: what a model has to do, a name in the table of `xlt_core.kinds`.
        title: one line for people.
        languages: of the full data set, sorted; a source may hold fewer.
        labels: label names in index order (classification, tagging), else empty.
        aliases: other spellings of a label that data sets use → the label, whatever the source.
        questions: the words `question` is one of (multiple choice), empty where it is any text.
        metric: name in the table of `xlt_core.metrics`.
        unanswerable: whether a question may have no answer in its context (span).
        roles: `intermediate`, `target`, or both.
        trains_on: for a target, the English training tasks, one stage each, in order
            (XNLI: mnli; XCOPA: siqa, copa); None: itself; none at all where nothing is trained for
            it, and what comes before is scored as it is.
        halve_test: whether the task has no dev and its test split is halved.
        beside: splits that an evaluation reads beside the scored one; they are never scored.
        defaults: recipe fields that differ from `Recipe`'s (PROTOCOL's baseline recipes).
        shares_text_with: other tasks it shares text with → the reason, in words.
        folder: how the folder source reads it (see `xlt_core.data.folder`).
        hub: how the hub source reads it (see `xlt_core.data.hub`).
        source: paper or page, and licence where known.
        version: raised by hand when the same rows are learnt or scored otherwise.
    """

    name: str
    kind: str
    title: str
    languages: tuple[str, ...]
    metric: str
    labels: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict, hash=False)
    questions: tuple[str, ...] = ()
    unanswerable: bool = False
    roles: tuple[str, ...] = ("intermediate",)
    trains_on: tuple[str, ...] | None = None
    halve_test: bool = False
    beside: tuple[Beside, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)
    shares_text_with: Mapping[str, str] = field(default_factory=dict, hash=False)
    folder: FolderLayout | None = None
    hub: HubLayout | None = None
    source: str = ""
    version: int = 1

    @property
    def training(self) -> tuple[str, ...]:
        """The tasks that are trained for it as a target, in order."""
        return (self.name,) if self.trains_on is None else self.trains_on

    def nature(self, scored: bool) -> dict[str, object]:
        """What decides, beside the rows, how they are learnt, and how `scored`; plain JSON."""
        learnt = {"kind": self.kind, "labels": list(self.labels), "unanswerable": self.unanswerable}
        return learnt | ({"metric": self.metric} if scored else {})

    def check_split(self, name: str) -> None:
        """Raise UserMistake where no split of it has such a name."""
        known = (*SPLITS, *(beside.split for beside in self.beside))
        if name not in known:
            remedy = f"write {', '.join(known[:-1])} or {known[-1]}"
            raise UserMistake(Mistake("", f"{name!r} is not a split", remedy))

    @property
    def sources(self) -> tuple[str, ...]:
        """Where its data may come from: `hub`, `folder` and `lab`, whichever it has."""
        in_lab = self.name.startswith("lab-")
        has = {"hub": self.hub is not None, "folder": self.folder is not None, "lab": in_lab}
        return tuple(name for name, holds in has.items() if holds)

    @property
    def is_target(self) -> bool:
        """Whether the task may be a sweep's target."""
        return "target" in self.roles
