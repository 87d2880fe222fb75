"""The stage tree: the stages of many requests with common prefixes merged.

`requested` counts every stage each request needs, `distinct` what is left after merging; their
ratio is what sharing saves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from xlt_core.vocabulary.stage import EvaluateStage, Stage, TrainStage


@dataclass
class StageTree:
    """Merged stages by key, parents before children, in the order they were first asked for."""

    stages: dict[str, Stage] = field(default_factory=dict)
    requested: int = 0

    @classmethod
    def of(cls, paths: Iterable[tuple[TrainStage, Iterable[EvaluateStage]]]) -> StageTree:
        """Merge paths: each a trained target with the evaluations asked of it."""
        tree = cls()
        for trained, evaluations in paths:
            tree.add(trained, evaluations)
        return tree

    def add(self, trained: TrainStage, evaluations: Iterable[EvaluateStage]) -> None:
        """Add one path. All its stages count as requested, shared or not."""
        path: tuple[Stage, ...] = (*trained.ancestry(), *evaluations)
        for stage in path:
            self.stages.setdefault(stage.key, stage)
            self.requested += 1

    @property
    def distinct(self) -> int:
        """Number of stages after merging."""
        return len(self.stages)


def lineage(stage: Stage) -> tuple[Stage, ...]:
    """Every stage that `stage` needs, first computed first, itself last."""
    if isinstance(stage, EvaluateStage):
        return (*stage.trained.ancestry(), stage)
    return stage.ancestry()
