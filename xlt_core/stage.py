"""The engine's one door: `run(stage, store, report)` computes one stage and publishes it.

It knows nothing of searching, Ray or MLflow and runs in a plain process. What is passed in
`Settings` cannot change a result beyond rounding. The work itself is in `xlt_core.work`, imported
when a stage is run, so that planning a sweep does not wait for torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlt_core.stages.running import Report, Settings, StageResult
from xlt_core.stages.stage import Stage
from xlt_core.vocabulary.ending import Ending, never

if TYPE_CHECKING:
    from xlt_core.store import Store
    from xlt_core.store.stored import StoredStage
    from xlt_core.worker_cache import WorkerCache

__all__ = ["Report", "Settings", "StageResult", "run", "stored_answer"]


def run(
    stage: Stage,
    store: Store,
    report: Report,
    settings: Settings,
    warm: WorkerCache | None = None,
    ending: Ending = never,
) -> StageResult:
    """Compute `stage` and publish it, unless it is in the store.

    Args:
        store: where its parents are read and its result is published.
        report: is told stage_started, stage_progress (every `log_steps` steps) and
            stage_finished; may raise StageCancelled.
        warm: what stays in memory between calls; results are the same without.
        ending: asked after every step of training; where it says yes the stage is handed over.

    Raises:
        ParentMissing: the results it starts from are not in the store.
        NonFinite, DataChanged: trying again would only repeat it.
        StageCancelled: `report` raised it; a checkpoint was saved.
        ProcessEnding: `ending` said yes; a checkpoint was saved.
        UserMistake: recipe and encoder do not go together, or data cannot be read.
        OSError: the disk or network failed.
    """
    found = store.read(stage.key)
    if found is not None:
        seconds = float(found.about.get("seconds", 0.0))
        return StageResult(stage.key, stored_answer(stage, found), False, seconds)
    from xlt_core.work import execute

    return execute(stage, store, report, settings, warm, ending)


def stored_answer(stage: Stage, found: StoredStage) -> dict[str, object] | None:
    """What `stage` hands to whoever asked, from what the store holds of it."""
    if stage.answer is None:
        return None
    answer: dict[str, object] = found.json(stage.answer)
    return answer
