"""What a kind of stage promises: `StageKindSuite`, by the engine's one door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlt_core import work
from xlt_core.stages import KINDS, Stage, lineage
from xlt_core.stages.running import StageResult
from xlt_core.stages.tree import StageTree
from xlt_core.testing.bench import Bench, benches
from xlt_core.vocabulary.errors import ParentMissing
from xlt_core.vocabulary.fingerprint import fingerprint

Executor = Callable[[Any, Any], StageResult]


class StageKindSuite:
    """A kind of stage: its key is its identity, it is computed once, and whoever plans, schedules,
    shares or counts it needs to know no more.

    A member gives `stage`, one of the kind on the bench `here`, that starts from another where the
    kind ever does; and `executor`, the function that computes it and publishes it in the store.
    """

    @pytest.fixture
    def here(self, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
        """Where stages are run."""
        return benches(tmp_path, tmp_path_factory.getbasetemp())()

    @pytest.fixture
    def stage(self, here: Bench) -> Stage:
        """The member."""
        raise NotImplementedError("give a stage of the kind: override this fixture")

    @pytest.fixture
    def executor(self, stage: Stage) -> Executor:
        """The function that does its work."""
        raise NotImplementedError("give the kind's executor: override this fixture")

    @pytest.fixture(autouse=True)
    def in_the_tables(
        self, stage: Stage, executor: Executor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As its lines in `xlt_core.stages.KINDS` and `xlt_core.work.EXECUTORS` would have it."""
        monkeypatch.setitem(KINDS, stage.kind, type(stage))
        monkeypatch.setitem(work.EXECUTORS, stage.kind, executor)

    def test_its_key_is_its_identity(self, stage: Stage) -> None:
        """Whatever it depends on, and its kind."""
        assert stage.key == fingerprint(stage.identity())
        assert stage.identity()["kind"] == stage.kind

    def test_its_lineage_holds_each_once_parents_first(self, stage: Stage) -> None:
        """However its ancestors are shared."""
        line = lineage(stage)
        seen: set[str] = set()
        for needed in line:
            assert {parent.key for parent in needed.parents} <= seen
            seen.add(needed.key)
        assert len(seen) == len(line) > bool(stage.parents) and line[-1] == stage

    def test_it_is_computed_once_and_answers_again_from_the_store(
        self, here: Bench, stage: Stage
    ) -> None:
        """With the same answer, by the engine's one door."""
        for needed in lineage(stage)[:-1]:
            here.run(needed)
        first, again = here.run(stage), here.run(stage)
        assert (first.executed, again.executed) == (True, False)
        assert first.answer == again.answer and (stage.answer is None) == (first.answer is None)
        about = here.about(stage)
        assert about["kind"] == stage.kind and about["identity"] == stage.identity()
        assert about["parents"] == [parent.key for parent in stage.parents]

    def test_without_its_parents_it_says_so(self, here: Bench, stage: Stage) -> None:
        """So that whoever asked has them computed; one that needs none is."""
        if not stage.parents:
            assert here.run(stage).executed
            return
        with pytest.raises(ParentMissing):
            here.run(stage)

    def test_it_is_counted_and_shared_like_any(self, stage: Stage) -> None:
        """A tree merges what two paths have in common."""
        tree = StageTree.of([(stage, ()), (stage, ())])
        assert tree.distinct == len(lineage(stage)) and tree.requested == 2 * tree.distinct
        assert stage.optimizer_steps >= 0
