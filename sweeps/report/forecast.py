"""What a sweep would do: its trials, their stages merged, and how many of those are stored already.

Trains nothing. Grid and random search propose the same whatever is found, so their forecast is
exact; a search that learns is known for its first window only, the rest is drawn at random as a
stand-in and the forecast says so. Neighbours: `status` (what was done), `sweeps.search.loop`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sweeps.search.of_sweep import planned_trials
from sweeps.search.proposal import Proposal
from sweeps.spec.methods import METHODS
from sweeps.spec.stems import blaming
from sweeps.spec.sweep import Sweep
from xlt_core.stages import EvaluateStage
from xlt_core.stages.tree import StageTree
from xlt_core.vocabulary.plan import Plan

if TYPE_CHECKING:
    from sweeps.search.candidates import Candidate, Candidates
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.sweep import Settings
    from xlt_core.store import Store

MOST_STAGES = 50_000  # requests counted one by one; larger sweeps are scaled up from there
LISTED_PLANS = 50


@dataclass(frozen=True)
class StageForecast:
    """Stages of the whole sweep.

    Attributes:
        requested: every stage every trial needs, shared or not.
        distinct: after merging; `train` and `evaluate` add up to it.
        stored: distinct stages that are in the store already.
        optimizer_steps: of the training stages not stored yet; from rows, so near, not exact,
            where a recipe counts epochs.
    """

    requested: int
    distinct: int
    stored: int
    train: int
    evaluate: int
    optimizer_steps: int


@dataclass(frozen=True)
class Forecast:
    """What a sweep would do.

    Attributes:
        counted: how many of them were gone through; less than all where they are too many.
        exact: whether these are the very trials; otherwise an estimate.
        plans: the first plans, in order of trial.
        settings: theirs, of the searched fields, by dotted path.
        baselines: baselines that gains are over, one for each setting of the targets' training.
    """

    trials: int
    counted: int
    exact: bool
    stages: StageForecast
    plans: tuple[str, ...]
    settings: tuple[Settings, ...]
    baselines: int = 1

    def sentence(self) -> str:
        """The forecast in one line."""
        stages, about = self.stages, "" if self.exact else "about "
        return (
            f"{about}{self.trials} trials ask for {stages.requested} stages; after sharing "
            f"{stages.distinct} ({stages.train} to train, {stages.evaluate} to evaluate), "
            f"{stages.stored} of them in the store already{self._of_baselines()}"
        )

    def _of_baselines(self) -> str:
        return f"; {self.baselines} baselines among them" if self.baselines > 1 else ""


def forecast(
    sweep: Sweep,
    prepared: ResolvedInputs,
    store: Store,
    candidates: Candidates,
    known: Sequence[Trial] = (),
) -> Forecast:
    """Count what `sweep` would do from here.

    Args:
        candidates: the space it searches.
        known: the study's trials where the sweep has started; they come first.

    Raises:
        UserMistake: the method does not fit the space.
    """
    trials = planned_trials(sweep, candidates)
    proposals = _proposals(sweep, candidates, known)
    tree, counted, ended = StageTree(), 0, False
    listed: list[Candidate] = []
    baselines: set[str] = set()
    while tree.requested < MOST_STAGES:
        proposal = next(proposals, None)
        if proposal is None:
            ended = True
            break
        _add(tree, sweep, prepared, proposal.plan, proposal.settings)
        baselines.add(_of_targets(candidates, proposal.settings))
        counted += 1
        if len(listed) < LISTED_PLANS:
            listed.append(candidates.canonical(proposal.plan, proposal.settings))
    total = counted if ended or trials is None else max(trials, counted)
    factor = total / max(counted, 1)
    with blaming(sweep.where("store")):
        stages = _scaled(_count(tree, store), factor)
    exact = ended and _is_exact(sweep, total, known)
    plans, settings = (str(plan) for plan, _ in listed), (own for _, own in listed)
    more = round((len(baselines) - 1) * factor)  # none more where there is one for all
    return Forecast(total, counted, exact, stages, tuple(plans), tuple(settings), 1 + more)


def _proposals(sweep: Sweep, candidates: Candidates, known: Sequence[Trial]) -> Iterator[Proposal]:
    """The study's trials, then what would be proposed, results of later ones not known."""
    from sweeps.search.loop import SearchLoop
    from sweeps.search.queue import ProposalQueue
    from sweeps.search.samplers.stand_in import StandIn
    from sweeps.search.trial import TrialResult
    from sweeps.search.trials import MemoryTrials

    search = sweep.search
    yield from (trial.proposal for trial in known)
    foreseen = len(known) + search.window if METHODS[search.method].learns else None
    sampler = StandIn(search.method, candidates, search.options, foreseen)
    loop = SearchLoop(ProposalQueue(MemoryTrials(known), candidates, search, sampler=sampler))
    while isinstance(proposal := loop.next(), Proposal):
        if proposal.number >= len(known):
            yield proposal
        loop.complete(proposal.number, TrialResult.failed("not known yet"))


def _is_exact(sweep: Sweep, total: int, known: Sequence[Trial]) -> bool:
    if not METHODS[sweep.search.method].learns:
        return True
    return total <= len(known) or (total <= sweep.search.window and not sweep.search.asynchronous)


def _of_targets(candidates: Candidates, settings: Settings) -> str:
    """Equal for two trials whose gains are over the same baseline."""
    return candidates.key(*candidates.canonical(Plan(), settings))


def _add(
    tree: StageTree, sweep: Sweep, prepared: ResolvedInputs, plan: Plan, settings: Settings
) -> None:
    from sweeps.spec.trials import paths_asked

    for path in paths_asked(sweep, prepared, plan, settings):
        tree.add(path.trained, path.evaluations)


def _count(tree: StageTree, store: Store) -> StageForecast:
    stages = list(tree.stages.values())
    stored = set(store.contains_all(tree.stages))
    evaluations = sum(stage.kind == EvaluateStage.kind for stage in stages)
    return StageForecast(
        requested=tree.requested,
        distinct=tree.distinct,
        stored=len(stored),
        train=len(stages) - evaluations,
        evaluate=evaluations,
        optimizer_steps=sum(s.optimizer_steps for s in stages if s.key not in stored),
    )


def _scaled(counted: StageForecast, factor: float) -> StageForecast:
    """The counts of a part, taken for the whole; `stored` is what was found."""
    if factor == 1:
        return counted
    return replace(
        counted,
        requested=round(counted.requested * factor),
        distinct=round(counted.train * factor) + round(counted.evaluate * factor),
        train=round(counted.train * factor),
        evaluate=round(counted.evaluate * factor),
        optimizer_steps=round(counted.optimizer_steps * factor),
    )
