"""The lab as a data source. A member of `xlt_core.data.source`."""

from __future__ import annotations

from collections.abc import Sequence

from xlt_core.kinds.example import Example
from xlt_core.lab import examples as grown
from xlt_core.lab import reading
from xlt_core.lab.small import examples as small
from xlt_core.lab.small.world import SmallWorld
from xlt_core.lab.tasks import GROWN, lab_task
from xlt_core.lab.world import World
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint_rows
from xlt_core.vocabulary.refs import DataRef, SourceRef


class LabSource:
    """Examples of the world that `ref.location` names, made on demand.

    Tasks have train, dev and test in every language, the same rows in each; targets train in
    English alone, as zero-shot transfer has it. A task's name says which of the two worlds it is
    of: the grown one, or the small one of the same seed.
    """

    def __init__(self, ref: SourceRef) -> None:
        """Raises UserMistake where the location names no world."""
        self.ref = ref
        self.notes: tuple[str, ...] = ()
        self.world = World.parse(ref.location)
        self.small = SmallWorld(self.world.seed, self.world.null)

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        """Languages with data for `task` and `split`, sorted; empty where there is none."""
        if task in reading.TASKS:
            return reading.languages(task, split)
        found = lab_task(task)
        if task in GROWN:
            return grown.languages(self.world, found, split)
        return small.languages(found, split)

    def load(self, task: str, language: str, split: str) -> Sequence[Example]:
        """All examples, in order.

        Raises:
            UserMistake: the lab has no such task, or not in this language and split.
        """
        found = self.languages(task, split)
        if language not in found:
            there = [name for name in self.world.sizes if self.languages(task, name)]
            remedy = f"there is {', '.join(found)}" if found else f"splits: {', '.join(there)}"
            what = f"no {split} data for {task} in {language!r}"
            raise UserMistake(Mistake("lab", what, remedy))
        if task in reading.TASKS:
            return reading.examples(self.world, task, language, split)
        if task in GROWN:
            return grown.examples(self.world, lab_task(task), language, split)
        return small.examples(self.small, lab_task(task), language, split)

    def refer(self, task: str, language: str, split: str) -> DataRef:
        """The split by content. Raises what `load` raises."""
        examples = self.load(task, language, split)
        digest = fingerprint_rows(example.content() for example in examples)
        return DataRef(task, language, split, digest, len(examples))
