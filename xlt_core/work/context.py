"""A context: what either kind of work needs at hand — the store, the settings, what is warm.

Neighbours: `train`, `evaluate`; `record` writes down what was done here. Torch is imported by who
asks for what takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlt_core.data import open_source
from xlt_core.data.encoding import encoded
from xlt_core.kinds import get_kind
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.models.head_spec import HeadSpec
from xlt_core.stages import WeightsStage
from xlt_core.stages.evaluate import Reading
from xlt_core.stages.running import Report, Settings
from xlt_core.store import Store
from xlt_core.tasks import get_task
from xlt_core.vocabulary.ending import Ending, never
from xlt_core.vocabulary.errors import Mistake, ParentMissing, UserMistake
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef
from xlt_core.worker_cache import Trained, WorkerCache

if TYPE_CHECKING:
    import torch

    from xlt_core.models.learner import Learner

WEIGHTS = "weights.safetensors"
PRETRAINED = "pretrained"  # of a record: the weights are the encoder's own


@dataclass(frozen=True)
class StageContext:
    """Store, report, settings and memory of one call of `run`.

    `report` raises StageCancelled where nobody wants the stage any longer; `ending` says whether
    it had better be handed over to another process, where it can be.
    """

    store: Store
    report: Report
    settings: Settings
    warm: WorkerCache
    ending: Ending = never

    def device(self) -> torch.device:
        """Where to compute. Raises UserMistake for a device this machine lacks."""
        import torch

        self._take_threads()
        wanted = self.settings.device
        if wanted == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if wanted.startswith("cuda") and not torch.cuda.is_available():
            raise UserMistake(
                Mistake("execution.device", f"{wanted}: there is no such device", "write auto")
            )
        return torch.device(wanted)

    def trained(self, stage: WeightsStage) -> Trained:
        """Weights and heads of a finished stage. Raises ParentMissing, NonFiniteWeights."""
        self._take_threads()
        return self.warm.trained(stage.key, lambda: self._read(stage))

    def split(self, stage: WeightsStage, ref: DataRef, recipe: Recipe | Reading) -> EncodedSplit:
        """`ref` encoded with `stage`'s tokenizer as `recipe` says. Raises DataChanged."""
        tokenizer, fingerprint = self.warm.tokenizer(stage.encoder)

        def make() -> EncodedSplit:
            length, stride, cache = recipe.max_length, recipe.stride, self.settings.cache
            source = open_source(stage.source)
            return encoded(source, ref, tokenizer, fingerprint, length, stride, cache)

        name = (ref, fingerprint, recipe.max_length, recipe.stride)
        return self.warm.split(name, make)

    def _take_threads(self) -> None:
        """Whoever computes by torch asks for a device or for weights: on the settings' threads."""
        import torch

        if torch.get_num_threads() != self.settings.threads:
            torch.set_num_threads(self.settings.threads)

    def _read(self, stage: WeightsStage) -> Trained:
        found = self.store.read(stage.key)
        if found is None:
            raise ParentMissing(f"{stage.title}: its weights ({stage.key[:12]}) are not there")
        if found.about.get(PRETRAINED):
            return Trained(self.warm.pretrained(stage.encoder), {})
        from safetensors.torch import load_file

        from xlt_core.models.finite import check_finite

        heads = {
            task: HeadSpec(get_kind(head["kind"]), tuple(head["labels"]))
            for task, head in found.about["heads"].items()
        }
        # Copies: what is loaded is a view of the file, which would follow the file's changes.
        weights = {name: value.clone() for name, value in load_file(found.path(WEIGHTS)).items()}
        found.path(WEIGHTS)  # Asked again: raises where the file was touched while it was read.
        check_finite(weights, stage.title)
        return Trained(weights, heads)


def head_of(task: str) -> HeadSpec:
    """The head a task needs."""
    known = get_task(task)
    return HeadSpec(get_kind(known.kind), known.labels)


def check_length(model: Learner, split: EncodedSplit, name: str) -> None:
    """Raise UserMistake where a row is longer than the encoder has positions for."""
    longest = int(split.lengths().max(initial=0))
    if model.most_tokens is not None and longest > model.most_tokens:
        what = f"{name} has rows of {longest} tokens, the encoder has {model.most_tokens} places"
        raise UserMistake(Mistake("recipe.max_length", what, f"write {model.most_tokens} or less"))
