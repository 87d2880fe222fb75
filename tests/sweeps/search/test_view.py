"""What a sampler may know of a candidate before it proposes it."""

from __future__ import annotations

import pytest

from sweeps.search.backends import InProcess
from sweeps.search.loop import SearchLoop
from sweeps.search.of_sweep import candidates_of
from sweeps.search.proposal import Proposal
from sweeps.search.queue import ProposalQueue
from sweeps.search.trial import TrialResult
from sweeps.search.trials import MemoryTrials
from sweeps.search.view import Cost, View
from sweeps.spec.sweep import Search
from sweeps.spec.trials import stage_tree
from tests.sweeps.conftest import GAIN
from xlt_core.vocabulary.plan import Plan


def proposals(made):
    return [Proposal(number, Plan.parse(plan), {}) for number, plan in enumerate(GAIN)]


class TestMarginalCost:
    def test_of_all_trials_together_it_is_what_is_left_after_sharing(self, made):
        """In whatever order: each trial costs what those before it have not asked for."""
        tree = stage_tree(made.sweep, made.prepared, [(p.plan, {}) for p in proposals(made)])
        whole = Cost(tree.distinct, sum(s.optimizer_steps for s in tree.stages.values()))
        for order in (proposals(made), list(reversed(proposals(made)))):
            view = View(candidates_of(made.sweep, made.prepared))
            costs = []
            for proposal in order:
                costs.append(view.marginal_cost(proposal.plan, proposal.settings))
                view.add(proposal)
            found = Cost(sum(c.stages for c in costs), sum(c.steps for c in costs))
            assert found == whole

    def test_a_common_beginning_costs_once(self, made):
        """A longer chain after its beginning costs less than by itself; again, nothing."""
        long, begins = Plan.parse("lab-pairs > lab-topic"), Plan.parse("lab-pairs")
        candidates = candidates_of(made.sweep, made.prepared)
        alone, after = View(candidates), View(candidates)
        after.add(Proposal(0, begins, {}))
        assert after.marginal_cost(long, {}).steps < alone.marginal_cost(long, {}).steps
        assert after.marginal_cost(begins, {}) == Cost(0, 0)

    def test_a_result_changes_nothing(self, made):
        """By proposals alone: an interrupted search sees the same."""
        view = View(candidates_of(made.sweep, made.prepared))
        view.add(Proposal(0, Plan(), {}))
        before = view.marginal_cost(Plan.parse("lab-pairs"), {})
        view.show(0, None)
        assert view.marginal_cost(Plan.parse("lab-pairs"), {}) == before

    def test_who_cannot_tell_says_so(self, made):
        with pytest.raises(ValueError, match="cost"):
            View(candidates_of(made.sweep)).marginal_cost(Plan(), {})


def test_a_sampler_that_goes_by_cost(made):
    """What a cost-aware method needs is in the view that the queue hands it."""

    class Cheapest:
        def propose(self, number, view, attempt=0):
            plans = [p for p in view.candidates.plans.plans() if view.is_new(p, {})]
            return min(plans, key=lambda plan: (view.marginal_cost(plan, {}).steps, str(plan))), {}

    kept, search = MemoryTrials(), Search("random", trials=4)
    candidates = candidates_of(made.sweep, made.prepared)
    queue = ProposalQueue(kept, candidates, search, sampler=Cheapest())
    InProcess(lambda proposal: TrialResult(1.0)).run(SearchLoop(queue))
    plans = [trial.plan for trial in kept.trials()]
    assert len(set(plans)) == 4 and [len(plan.steps) for plan in plans[:2]] == [0, 1]
