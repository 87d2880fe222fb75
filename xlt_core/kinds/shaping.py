"""Fields of a source's rows → examples, checked once. Whatever the source, every row passes here.

A row that cannot be shaped is reported to `Faults` and skipped. What a row must be is its kind's to
say (`TaskKind.shape`); readers of files and of hub columns hand the fields in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xlt_core.kinds.example import Example
from xlt_core.kinds.faults import Faults
from xlt_core.kinds.kind import Fields
from xlt_core.kinds.labels import Labels
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.texts import problem_of

Shape = Callable[["Shaper", str, str, Fields], Example | None]


class Shaper:
    """Shapes the rows of one file or hub split.

    Args:
        shape: makes an example of a row's fields, or None after noting what is wrong: its kind's.

    Attributes:
        blank: whether a text may be blank. Files may not; some hub data sets have such rows.
        examples: what was shaped, in order.
        labels: the task's, with their spellings.
    """

    def __init__(self, task: Task, shape: Shape, faults: Faults, *, blank: bool = False) -> None:
        self.task = task
        self.faults = faults
        self.blank = blank
        self.examples: list[Example] = []
        self.labels = Labels(task)
        self._shape = shape
        self._ids: set[str] = set()

    def add(self, row: str, key: str, **fields: object) -> None:
        """Add a row, by the fields that its kind's `shape` names."""
        made = self._shape(self, row, key, fields)
        if made is not None:
            self._ids.add(key)
            self.examples.append(made)

    def has(self, key: str) -> bool:
        """Whether an example of this id was added before."""
        return key in self._ids

    def finish(self) -> list[Example]:
        """Return the examples. Raises UserMistake where faults were found or nothing was."""
        if not self.faults.found and not self.examples:
            self.faults.add("", "holds no rows", "a split needs at least one; is the file cut off?")
        self.faults.raise_found()
        return self.examples

    def label(self, row: str, name: str) -> int | None:
        """The index of a label; None after the fault was noted that it is none of the task's."""
        index = self.labels.index(name)
        if index is None:
            what = f"label {name!r} is not one of the task's"
            self.faults.add(row, what, self.labels.remedy(name))
        return index

    def is_blank(self, row: str, texts: Mapping[str, str]) -> bool:
        """Whether one of the texts is blank though none may be; the first is noted as a fault."""
        if self.blank:
            return False
        empty = next((name for name, text in texts.items() if not text.strip()), None)
        if empty is not None:
            self.empty(row, empty)
        return empty is not None

    def empty(self, row: str, name: str) -> None:
        """Note that `name` is empty."""
        self.faults.add(row, f"{name} is empty", "fill it in, or remove the row")

    def is_sound(self, row: str, texts: Mapping[str, object]) -> bool:
        """Whether all texts are ones; the first that is not is noted as a fault."""
        for name, text in texts.items():
            problem = problem_of(text)
            if problem is not None:
                self.faults.add(row, f"{name} {problem[0]}", problem[1])
                return False
        return True
