"""Small searches that suites run: spaces of every form, and made-up truths about them."""

from __future__ import annotations

from collections.abc import Callable

from sweeps.search.backends import InProcess, TrialBackend
from sweeps.search.candidates import Candidates
from sweeps.search.loop import SearchLoop
from sweeps.search.proposal import Proposal
from sweeps.search.queue import ProposalQueue
from sweeps.search.settings import SettingsSpace
from sweeps.search.space import PlanSpace
from sweeps.search.trial import Trial, TrialResult
from sweeps.search.trials import MemoryTrials, Trials
from sweeps.spec.sweep import Intermediate, Range, Search
from xlt_core.vocabulary.plan import Step

RATE = "recipe.train.learning_rate"
WINDOW = 3
_STEPS = tuple(Step.parse(name) for name in ("mnli", "qqp", "siqa", "copa+squad"))
SMALL = PlanSpace.of(Intermediate(_STEPS[:3], (0, 1, 2)))  # ten plans

# Of each form a space can have: each can be listed to its end.
SPACES: dict[str, Candidates] = {
    "orders": Candidates(SMALL),
    "sets": Candidates(PlanSpace.of(Intermediate(_STEPS, (1, 2), "sorted"))),
    "one count": Candidates(PlanSpace.of(Intermediate(_STEPS, (2,)))),
    "listed": Candidates(PlanSpace.of(Intermediate((), (), plans=("mnli > qqp", "qqp", "siqa")))),
    "baseline only": Candidates(PlanSpace.of(Intermediate(_STEPS, (0,)))),
    "choices": Candidates(
        PlanSpace.of(Intermediate(_STEPS[:2], (1,))),
        SettingsSpace(
            {
                RATE: Range("choice", choices=(1e-5, 3e-5)),
                "recipe.target.freeze": Range("choice", choices=((), ("embeddings",))),
            }
        ),
    ),
}
# One without an end.
CONTINUOUS = Candidates(SMALL, SettingsSpace({RATE: Range("log", 1e-5, 5e-5)}))


def score(proposal: Proposal) -> float | None:
    """A made-up objective in which order, length and rate matter; None: the trial fails."""
    if str(proposal.plan).startswith("qqp > mnli"):
        return None
    weights = {"mnli": 3.0, "qqp": 1.0, "siqa": -1.0, "copa+squad": 2.0}
    gains = (weights[str(step)] * 0.7**at for at, step in enumerate(proposal.plan.steps))
    return 50 + sum(gains) - 1e5 * abs(_rate(proposal, 2e-5) - 2e-5)


def _rate(proposal: Proposal, otherwise: float) -> float:
    rate = proposal.settings.get(RATE, otherwise)
    assert isinstance(rate, float)
    return rate


def trials_of(
    method: str,
    candidates: Candidates,
    trials: int,
    seed: int = 0,
    worth: Callable[[Proposal], float | None] = score,
    window: int = WINDOW,
) -> list[Trial]:
    """The trials of a whole search, through the loop that sweeps go through."""
    kept = MemoryTrials()
    queue = ProposalQueue(kept, candidates, Search(method, trials, seed, window))
    InProcess(lambda proposal: TrialResult(worth(proposal))).run(SearchLoop(queue))
    return kept.trials()


def search(method: str, candidates: Candidates, trials: int, seed: int = 0) -> list[Proposal]:
    """What a whole search proposes."""
    return [trial.proposal for trial in trials_of(method, candidates, trials, seed)]


# A search whose trials have all that a result may have: scores, seconds, errors.
CANDIDATES = Candidates(
    PlanSpace.of(Intermediate(tuple(map(Step.parse, ("mnli", "qqp+squad", "siqa"))), (0, 1, 2, 3))),
    SettingsSpace({RATE: Range("choice", choices=(1e-5, 3e-5))}),
)
_OPTIONS = {"tpe": {"n_startup_trials": 3}}


def search_by(method: str, trials: int | None = 12) -> Search:
    """A search in `CANDIDATES`; None: to its end."""
    return Search(method, trials=trials, window=4, options=_OPTIONS.get(method, {}))


def worth(proposal: Proposal) -> TrialResult:
    """A made-up truth about `CANDIDATES`: some plans fail."""
    length, plan = len(proposal.plan.steps), str(proposal.plan)
    if plan.startswith("siqa"):
        return TrialResult.failed(f"{plan} does not train")
    bonus = 5.0 if "mnli" in plan else 0.0
    value = 50.0 + bonus - length + _rate(proposal, 1e-5) * 1e5
    return TrialResult(value, scores={"xnli": 50.0}, seconds=2.5, new_stages=length)


def run(trials: Trials, search: Search, backend: TrialBackend) -> None:
    """Have a backend run a search in `CANDIDATES` to its end."""
    backend.run(SearchLoop(ProposalQueue(trials, CANDIDATES, search)))
