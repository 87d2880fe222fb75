"""Stage runners for tests of the machinery: they publish at once, fail, or wait for a file.

What a stage does is read off its task's name, so that a test can say it in a plan.
"""

from __future__ import annotations

import errno
import threading
from pathlib import Path
from typing import Any

from tests.benchmarks import noop
from xlt_core.stage import Report, Settings
from xlt_core.stages import Stage, TrainStage, lineage
from xlt_core.store import Store
from xlt_core.vocabulary.errors import (
    Mistake,
    NonFiniteLoss,
    NotReached,
    StageCancelled,
    StageFailed,
)
from xlt_core.vocabulary.events import StageProgress, StageStarted

GATE = "gate"
MENDED = "mended"
FAULTS = {
    "away": ConnectionResetError("the store went away"),
    "unreached": NotReached(Mistake("hub data set some/thing", "cannot be had", "try later")),
    "full": OSError(errno.ENOSPC, "No space left on device"),
}


def run(stage: Stage, store: Store, report: Report, settings: Settings) -> Any:
    """Publish `stage`, unless its task's name says that something befalls it."""
    report(StageStarted(stage.title, stage=stage.key))
    task = stage.data[0].task if isinstance(stage, TrainStage) else stage.data.task
    if task == "broken":
        raise NonFiniteLoss("loss is nan at step 3; lower recipe.train.learning_rate")
    if task == "mistaken":
        raise StageFailed("no such label")
    if task == "odd":
        raise ValueError("nobody foresaw this")
    if task.startswith("flaky"):
        _fail_once(settings, stage)
    if task in FAULTS and not (settings.cache / MENDED).exists():
        settings.cache.mkdir(parents=True, exist_ok=True)
        (settings.cache / f"met-{task}").touch()
        raise FAULTS[task]
    if task.startswith("gated"):
        _wait(settings, stage, report)
    return noop.run(stage, store, report, settings)


def _fail_once(settings: Settings, stage: Stage) -> None:
    mark = settings.cache / f"tried-{stage.key}"
    if not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        raise OSError("the disk went away")


def _wait(settings: Settings, stage: Stage, report: Report) -> None:
    """Say that the stage has begun, then wait for the gate, reporting as training does."""
    settings.cache.mkdir(parents=True, exist_ok=True)
    (settings.cache / f"began-{stage.key}").touch()
    pause = threading.Event()
    try:
        while not (Path(settings.cache) / GATE).exists():
            report(StageProgress(stage.title, 1, 2, 0.5, 1e-3, 10.0, stage=stage.key))
            pause.wait(0.02)
    except StageCancelled:
        (settings.cache / f"stopped-{stage.key}").touch()
        raise


def run_any(stage: Stage, store: Store, report: Report, settings: Settings) -> Any:
    """Publish a stage of whatever kind."""
    report(StageStarted(stage.title, stage=stage.key))
    return noop.run(stage, store, report, settings)


def run_ailing(stage: Stage, store: Store, report: Report, settings: Settings) -> Any:
    """Publish `stage`; until it is mended, fail what the file `ailing` names, as it says.

    `ailing` holds `away` or `broken` and the number of stages before the target's training.
    """
    report(StageStarted(stage.title, stage=stage.key))
    ails = settings.cache / "ailing"
    if isinstance(stage, TrainStage) and ails.exists():
        how, depth = ails.read_text().split()
        if len(lineage(stage)) - 1 == int(depth) and stage.data[0].task == "lab-nli":
            raise FAULTS["away"] if how == "away" else StageFailed("no such label")
    return noop.run(stage, store, report, settings)
