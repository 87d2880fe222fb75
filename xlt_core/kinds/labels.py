"""From the name of a label, as a source spells it, to its index in the task. One door for all.

A name that is neither a label of the task nor a known spelling of one is no label: nothing falls
back to an order that a source did not state. `xlt_core.tasks` says which spellings are known.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from xlt_core.tasks.task import Task


class Labels:
    """The labels of a task and their spellings. Case, outer spaces, `-` and `_` make no other."""

    def __init__(self, task: Task) -> None:
        self._known = task.labels
        self._exact = {label: index for index, label in enumerate(task.labels)}
        self._spelt = {_plain(label): index for label, index in self._exact.items()}
        self._spelt |= {_plain(name): self._exact[label] for name, label in task.aliases.items()}

    def index(self, name: str) -> int | None:
        """The index of the label that `name` spells, None where it spells none."""
        found = self._exact.get(name)
        return self._spelt.get(_plain(name)) if found is None else found

    def indices(self, names: Sequence[str]) -> tuple[int, ...] | None:
        """The indices of all names, None where one spells no label."""
        found = [self.index(name) for name in names]
        known = tuple(index for index in found if index is not None)
        return known if len(known) == len(found) else None

    def first_unknown(self, names: Sequence[str]) -> int:
        """The place of the first name that spells no label, 0 where all do."""
        return next((n for n, name in enumerate(names) if self.index(name) is None), 0)

    def remedy(self, name: str) -> str:
        """What to say of a name that spells no label."""
        near = difflib.get_close_matches(name, self._known, n=1, cutoff=0.5)
        known = ", ".join(self._known)
        return f"did you mean {near[0]}? Known: {known}" if near else f"known: {known}"


def _plain(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")


def number_names(names: Sequence[str]) -> bool:
    """Whether names of classes only repeat their numbers (`0`, `1`, …), and so name nothing."""
    return list(names) == [str(number) for number in range(len(names))]
