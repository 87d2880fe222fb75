"""Small stage trees for tests of the machinery: nothing here is ever trained."""

from __future__ import annotations

from xlt_core.stages import EvaluateStage, TrainStage
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

ENCODER = EncoderRef("lab-small", "0" * 64, "nowhere")
SOURCE = SourceRef("lab")
RECIPE = Recipe(steps=1)


def train(*path: str, seed: int = 0) -> TrainStage:
    """The stage at the end of a path of task names."""
    stage: TrainStage | None = None
    for position, task in enumerate(path):
        data = (DataRef(task, "en", "train", f"{task}-rows", 10),)
        stage = TrainStage(ENCODER, stage, data, RECIPE, seed, str(position), SOURCE)
    assert stage is not None
    return stage


def evaluate(trained: TrainStage, *languages: str, task: str = "lab-nli") -> list[EvaluateStage]:
    """Evaluations of a trained stage, one a language."""
    return [
        EvaluateStage(trained, DataRef(task, language, "dev", f"{task}-{language}", 10))
        for language in languages
    ]
