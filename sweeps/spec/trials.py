"""From a trial to its stages: a plan and settings, over all seeds and targets. Pure.

Plan and baseline share the target's position and seed (common random numbers); plans with a
common beginning share its stages, whose keys are equal. A trial whose targets are trained by other
settings than trial 0's brings a baseline with those very settings along: without it nobody could
say what the plan gains.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.recipes import WHOLE, Share, recipe_for, trains_on
from sweeps.spec.sweep import Settings, Sweep
from xlt_core.stages import EvaluateStage, PretrainedStage, TrainStage, WeightsStage
from xlt_core.stages.evaluate import Reading
from xlt_core.stages.tree import StageTree
from xlt_core.vocabulary.fingerprint import canonical_json
from xlt_core.vocabulary.plan import Member, Plan, Step
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef


@dataclass(frozen=True)
class TrialPath:
    """One target with one seed: the stage trained last and the evaluations asked of it."""

    target: str
    seed: int
    trained: WeightsStage
    evaluations: tuple[EvaluateStage, ...]


def paths_of_trial(
    sweep: Sweep, prepared: ResolvedInputs, plan: Plan, settings: Settings
) -> tuple[TrialPath, ...]:
    """Every path of one trial, by seed, then target.

    Stages that paths have in common are the same objects. A field that has no value in `settings`,
    because it was not searched yet when the trial was proposed, has the baseline's.

    Raises:
        ValueError: the plan uses data that were not prepared.
    """
    chain = _chain(sweep, prepared, settings)
    paths = []
    for seed in sweep.seeds:
        before = chain.intermediate(plan, seed)
        for target in sweep.targets:
            trained = chain.on_target(target.task, before, seed)
            paths.append(chain.path(target.task, seed, trained))
    return tuple(paths)


def baseline_beside(
    sweep: Sweep, prepared: ResolvedInputs, plan: Plan, settings: Settings
) -> tuple[TrialPath, ...]:
    """The baseline that a trial's gains are over, as far as trial 0 is not that baseline.

    So none where the settings of the targets' own training are trial 0's, and none of a baseline.
    """
    if plan.is_baseline:
        return ()
    own, first = (_chain(sweep, prepared, found) for found in (settings, {}))
    found = []
    for seed in sweep.seeds:
        for target in sweep.targets:
            path, of_trial_0 = (one.baseline(target.task, seed) for one in (own, first))
            if path != of_trial_0:
                found.append(path)
    return tuple(found)


def paths_asked(
    sweep: Sweep, prepared: ResolvedInputs, plan: Plan, settings: Settings
) -> tuple[TrialPath, ...]:
    """All that one trial asks for: its own paths, then those of the baseline beside it.

    Raises what `paths_of_trial` raises.
    """
    own = paths_of_trial(sweep, prepared, plan, settings)
    return own + baseline_beside(sweep, prepared, plan, settings)


def stage_tree(
    sweep: Sweep, prepared: ResolvedInputs, trials: Iterable[tuple[Plan, Settings]]
) -> StageTree:
    """The stages that many trials ask for, common prefixes merged."""
    return StageTree.of(
        (path.trained, path.evaluations)
        for plan, settings in trials
        for path in paths_asked(sweep, prepared, plan, settings)
    )


def _chain(sweep: Sweep, prepared: ResolvedInputs, settings: Settings) -> _Chain:
    """The chain of these settings: of the last few, the one that is there already.

    Thousands of trials are looked at several times each, and most of their stages are shared.
    """
    key = (id(sweep), id(prepared), canonical_json(dict(settings)))
    chain = _chains.get(key)
    if chain is None or len(chain) > _STAGES:
        chain = _chains[key] = _Chain(sweep, prepared, settings)  # holds both: their ids stay
        while len(_chains) > _CHAINS:
            _chains.pop(next(iter(_chains)), None)
    return chain


_CHAINS, _STAGES = 4, 50_000  # kept at most; a stage takes about a kilobyte
_chains: dict[tuple[int, int, str], _Chain] = {}


class _Chain:
    """Chains stages of trials with the same settings; each is made once, its key computed once."""

    def __init__(self, sweep: Sweep, prepared: ResolvedInputs, settings: Settings) -> None:
        opening = {path: range_.opening for path, range_ in sweep.searched().items()}
        self._sweep, self._prepared, self._settings = sweep, prepared, opening | dict(settings)
        self._root = prepared.root_of(self._settings)
        self._made: dict[tuple[object, ...], TrainStage] = {}
        self._recipes: dict[tuple[object, ...], Recipe] = {}
        self._paths: dict[tuple[object, ...], TrialPath] = {}
        self._scored = 0

    def __len__(self) -> int:
        """How many stages it holds."""
        return len(self._made) + self._scored

    def intermediate(self, plan: Plan, seed: int) -> WeightsStage | None:
        """The last stage before the target; the encoder's pretraining for the baseline, or None."""
        last: WeightsStage | None = self._root
        for place, step in enumerate(plan.steps):
            share = Share(place, len(plan.steps))
            last = self._stage(last, step, str(place), seed, "train", share=share)
        return last

    def baseline(self, target: str, seed: int) -> TrialPath:
        """The path of the empty plan."""
        before = self.intermediate(Plan(), seed)
        return self.path(target, seed, self.on_target(target, before, seed))

    def on_target(self, target: str, before: WeightsStage | None, seed: int) -> WeightsStage:
        """The target's own training: one stage for each task it trains on; where it trains on
        nothing, what comes before, or the encoder as it is."""
        last = before
        for number, name in enumerate(trains_on(target)):
            position = f"target.{number}" if number else "target"
            last = self._stage(last, Step((Member(name),)), position, seed, "target", target)
        if last is None:
            encoder = self._prepared.encoder_of(self._settings)
            return PretrainedStage(encoder, self._prepared.source, self._read(target))
        return last

    def path(self, target: str, seed: int, trained: WeightsStage) -> TrialPath:
        """A target's path: its last training, and what of it is scored, by split and language."""
        key = (target, seed, id(trained))  # which the path holds, so that its id stays
        if key not in self._paths:
            self._paths[key] = self._path(target, seed, trained)
            self._scored += len(self._paths[key].evaluations)
        return self._paths[key]

    def _path(self, target: str, seed: int, trained: WeightsStage) -> TrialPath:
        reading = None
        if not trains_on(target):
            reading = Reading.of(self._read(target))
        evaluations = (
            EvaluateStage(trained, ref, reading, self._prepared.beside(ref))
            for split in self._sweep.splits
            for ref in self._prepared.evaluated(target, split)
        )
        return TrialPath(target, seed, trained, tuple(evaluations))

    def _stage(
        self,
        parent: WeightsStage | None,
        step: Step,
        position: str,
        seed: int,
        role: str,
        target: str | None = None,
        share: Share = WHOLE,
    ) -> TrainStage:
        recipe = self._recipe(step, role, target, share)
        key = (id(parent), step, position, seed, recipe)
        if key not in self._made:
            self._made[key] = TrainStage(
                encoder=self._prepared.encoder_of(self._settings),
                parent=parent,
                data=tuple(self._data(member) for member in step.members),
                recipe=recipe,
                seed=seed,
                position=position,
                source=self._prepared.source,
            )
        return self._made[key]

    def _recipe(self, step: Step, role: str, target: str | None, share: Share) -> Recipe:
        key = (step, role, target, share)
        if key not in self._recipes:
            names = tuple(dict.fromkeys(member.task for member in step.members))
            made = recipe_for(self._sweep, names, role, self._settings, target, share)
            self._recipes[key] = made
        return self._recipes[key]

    def _read(self, target: str) -> Recipe:
        """How a target is read that trains on nothing."""
        return self._recipe(Step((Member(target),)), "target", target, WHOLE)

    def _data(self, member: Member) -> DataRef:
        try:
            return self._prepared.data[member.task, member.language, "train"]
        except KeyError:
            raise ValueError(
                f"{member} was not prepared: it is not among the sweep's intermediate tasks"
            ) from None
