"""Stage runners for tests of the machinery: they publish at once, fail, or wait for a file.

What a stage does is read off its task's name, so that a test can say it in a plan. The plug-ins
`befalling` and `ailing` put them into the table.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from typing import TYPE_CHECKING

from tests.benchmarks.at_once import publish
from xlt_core.stages import EvaluateStage, Stage, TrainStage, lineage
from xlt_core.stages.running import StageResult
from xlt_core.vocabulary.errors import (
    Mistake,
    NonFiniteLoss,
    NotReached,
    ProcessEnding,
    StageCancelled,
    StageFailed,
)
from xlt_core.vocabulary.events import StageProgress, StageStarted

if TYPE_CHECKING:
    from xlt_core.work.context import StageContext

GATE = "gate"
MENDED = "mended"
BLIGHT = "blight"  # holds ids of processes
FAULTS = {
    "away": ConnectionResetError("the store went away"),
    "unreached": NotReached(Mistake("hub data set some/thing", "cannot be had", "try later")),
    "full": OSError(errno.ENOSPC, "No space left on device"),
}

BUGS = {
    "wrong": ValueError("the plug-in's own"),
    "random": RuntimeError("cumsum_cuda does not have a deterministic implementation"),
}


def run(stage: Stage, context: StageContext) -> StageResult:
    """Publish `stage`, unless its task's name says that something befalls it."""
    context.report(StageStarted(stage.title, stage=stage.key))
    task = _task_of(stage)
    if task == "broken":
        raise NonFiniteLoss("loss is nan at step 3; lower recipe.train.learning_rate")
    if task == "mistaken":
        raise StageFailed("no such label")
    if task == "odd":
        raise RuntimeError("CUDA error: nobody foresaw this")
    if task in BUGS:
        raise BUGS[task]
    if task.startswith("flaky"):
        _fail_once(context, stage)
    if _is_blighted(context):
        raise FAULTS["away"]
    if task in FAULTS and not (context.settings.cache / MENDED).exists():
        context.settings.cache.mkdir(parents=True, exist_ok=True)
        (context.settings.cache / f"met-{task}").touch()
        raise FAULTS[task]
    if task.startswith("gated"):
        _wait(context, stage)
    if task == "shown":
        _show(context, stage)
    return publish(stage, context)


def _task_of(stage: Stage) -> str:
    """What is trained or scored; nothing of made-up kinds."""
    if isinstance(stage, TrainStage):
        return stage.data[0].task
    return stage.data.task if isinstance(stage, EvaluateStage) else ""


def _is_blighted(context: StageContext) -> bool:
    """Whether this process is one that a test has fail everything."""
    blight = context.settings.cache / BLIGHT
    return blight.exists() and str(os.getpid()) in blight.read_text().split()


def _show(context: StageContext, stage: Stage) -> None:
    """Write down what this process has been given."""
    gpus, device = os.environ.get("CUDA_VISIBLE_DEVICES"), context.settings.device
    context.settings.cache.mkdir(parents=True, exist_ok=True)
    saw = json.dumps({"kind": stage.kind, "gpus": gpus, "device": device, "pid": os.getpid()})
    (context.settings.cache / f"saw-{stage.key}.json").write_text(saw)


def _fail_once(context: StageContext, stage: Stage) -> None:
    mark = context.settings.cache / f"tried-{stage.key}"
    if not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        raise OSError("the disk went away")


def _wait(context: StageContext, stage: Stage) -> None:
    """Say that the stage has begun, then wait for the gate, reporting as training does."""
    context.settings.cache.mkdir(parents=True, exist_ok=True)
    (context.settings.cache / f"began-{stage.key}").touch()
    pause = threading.Event()
    try:
        while not (context.settings.cache / GATE).exists():
            if context.ending():
                raise ProcessEnding(1)
            context.report(StageProgress(stage.title, 1, 2, 0.5, 1e-3, 10.0, stage=stage.key))
            pause.wait(0.02)
    except StageCancelled:
        (context.settings.cache / f"stopped-{stage.key}").touch()
        raise


def run_ailing(stage: Stage, context: StageContext) -> StageResult:
    """Publish `stage`; until it is mended, fail what the file `ailing` names, as it says.

    `ailing` holds `away` or `broken` and the number of stages before the target's training.
    """
    context.report(StageStarted(stage.title, stage=stage.key))
    ails = context.settings.cache / "ailing"
    if isinstance(stage, TrainStage) and ails.exists():
        how, depth = ails.read_text().split()
        if len(lineage(stage)) - 1 == int(depth) and stage.data[0].task == "lab-nli":
            raise FAULTS["away"] if how == "away" else StageFailed("no such label")
    return publish(stage, context)
