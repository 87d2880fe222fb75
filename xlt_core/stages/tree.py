"""The stage tree: the stages of many requests with common prefixes merged.

`requested` counts every stage each request needs, `distinct` what is left after merging; their
ratio is what sharing saves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from xlt_core.stages.stage import Stage, lineage


@dataclass
class StageTree:
    """Merged stages by key, parents before children, in the order they were first asked for."""

    stages: dict[str, Stage] = field(default_factory=dict)
    requested: int = 0

    @classmethod
    def of(cls, paths: Iterable[tuple[Stage, Iterable[Stage]]]) -> StageTree:
        """Merge paths: each a trained target with the evaluations asked of it."""
        tree = cls()
        for trained, evaluations in paths:
            tree.add(trained, evaluations)
        return tree

    def add(self, trained: Stage, evaluations: Iterable[Stage]) -> None:
        """Add one path. All its stages count as requested, shared or not."""
        path: tuple[Stage, ...] = (*lineage(trained), *evaluations)
        for stage in path:
            self.stages.setdefault(stage.key, stage)
            self.requested += 1

    @property
    def distinct(self) -> int:
        """Number of stages after merging."""
        return len(self.stages)
