"""TPE: Optuna's tree-structured Parzen estimator on the view (Bergstra et al., 2011).

Every argument that is not deprecated is written out: an upstream change of a default would change
every sweep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sweeps.search.candidates import Candidates
from sweeps.search.parameters import distributions, parameters
from sweeps.search.quiet import quiet_optuna
from sweeps.search.uses import paths
from sweeps.search.view import View
from sweeps.spec.sweep import Settings
from xlt_core.vocabulary.plan import Plan

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.study import Study

# Not options: parameters that every trial has are drawn together, and which others belong together
# is known here (see `_Mirror.draw`); `group` would work it out anew, most of the time of a draw.
_FIXED: dict[str, Any] = {"multivariate": True, "group": False}
_NAME = "view"


class Tpe:
    """TPE on the encoding of `space`, the sampler freshly seeded for each draw.

    Options: `n_startup_trials`, `n_ei_candidates`, `constant_liar`, as Optuna has them.
    """

    def __init__(self, candidates: Candidates, options: Mapping[str, object]) -> None:
        self._options: dict[str, Any] = dict(options) | _FIXED
        self._mirror: _Mirror | None = None

    def propose(self, number: int, view: View, attempt: int = 0) -> tuple[Plan, Settings]:
        """Draw what is expected to improve most on the results shown."""
        from optuna.samplers import TPESampler

        if self._mirror is None or self._mirror.view is not view:
            self._mirror = _Mirror(view)
        seed = view.seed_for(number, attempt) % 2**32  # all that NumPy takes
        return self._mirror.draw(TPESampler(**self._options, seed=seed))


class _Mirror:
    """The view as an in-memory Optuna study, brought up to date by what changed only.

    It holds the canonical parameters of each trial, not those that were drawn and repaired. Each
    draw is made on a trial of its own that is then marked as failed, which TPE leaves out.
    """

    def __init__(self, view: View) -> None:
        from optuna.storages import InMemoryStorage
        from optuna.study import StudyDirection

        quiet_optuna()
        self.view = view
        self._distributions = distributions(view.candidates)
        candidates = view.candidates
        common = paths(candidates.uses.common(candidates.plans.steps))
        self._common = [
            name
            for name in self._distributions
            if name in common or (name not in candidates.settings.ranges and name[:4] != "pick")
        ]
        self._storage = InMemoryStorage()
        self._study_id = self._storage.create_new_study([StudyDirection.MAXIMIZE], _NAME)
        self._followed = 0  # trials of the view that are in the study
        self._running: dict[int, int] = {}  # those without a result yet: number → Optuna's id

    def draw(self, sampler: BaseSampler) -> tuple[Plan, Settings]:
        """Draw a candidate: length and common settings together, then steps, then other settings.

        Each step is modelled on the trials that have one in its place. To model them together was
        worse in plans of up to nine steps, where too few trials are as long. A setting that only
        some plans take is drawn for these, and modelled on those among them.
        """
        from optuna.study import load_study
        from optuna.trial import TrialState

        self._follow()
        # A study made afresh has no stale picture of the trials.
        study = load_study(study_name=_NAME, storage=self._storage, sampler=sampler)
        drawn_on = self._storage.create_new_trial(self._study_id)
        params = self._sample(study, drawn_on, self._common)
        for place in range(params.get("count", 0)):
            params |= self._sample(study, drawn_on, [f"pick{place}"])
        candidates = self.view.candidates
        plan = candidates.plans.decode(params)
        taken = candidates.canonical(plan, {})[1]
        for path in [path for path in taken if path not in self._common]:
            params |= self._sample(study, drawn_on, [path])
        self._storage.set_trial_state_values(drawn_on, TrialState.FAIL)
        return plan, candidates.settings.restore({path: params[path] for path in taken})

    def _sample(self, study: Study, drawn_on: int, names: Sequence[str]) -> dict[str, Any]:
        """Values of parameters that are modelled together."""
        trial = self._storage.get_trial(drawn_on)
        own = {name: self._distributions[name] for name in names}
        open_ones = {name: one for name, one in own.items() if not one.single()}
        drawn = study.sampler.sample_relative(study, trial, open_ones)
        return {
            # Nothing is drawn jointly before there are enough results.
            name: drawn[name]
            if name in drawn
            else study.sampler.sample_independent(study, trial, name, one)
            for name, one in own.items()
        }

    def _follow(self) -> None:
        """Add the trials that are new, set the results that are."""
        from optuna.trial import TrialState

        for seen in self.view.trials[self._followed :]:
            params = parameters(self.view.candidates, seen.proposal.plan, seen.proposal.settings)
            self._running[self._followed] = self._add(params)
            self._followed += 1
        for number in list(self._running):
            seen = self.view.trials[number]
            if seen.running:
                continue
            state = TrialState.FAIL if seen.value is None else TrialState.COMPLETE
            values = None if seen.value is None else [seen.value]
            self._storage.set_trial_state_values(self._running.pop(number), state, values)

    def _add(self, params: Mapping[str, object]) -> int:
        from optuna.trial import TrialState, create_trial

        template = create_trial(
            state=TrialState.RUNNING,
            params=dict(params),
            distributions={name: self._distributions[name] for name in params},
        )
        return self._storage.create_new_trial(self._study_id, template_trial=template)
