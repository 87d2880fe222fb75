"""What a method of search promises: `SamplerSuite`, through the loop that sweeps go through."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest

from sweeps.search.candidates import Candidates
from sweeps.search.draw import draw
from sweeps.search.samplers import make_sampler
from sweeps.search.settings import SettingsSpace
from sweeps.search.view import View
from sweeps.spec.methods import METHODS, SearchMethod
from sweeps.spec.sweep import Range
from sweeps.testing.searches import (
    CONTINUOUS,
    RATE,
    SPACES,
    WINDOW,
    score,
    search,
    trials_of,
)
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Plan

TRIED = "tried"  # the member's name in the table while its tests run
_PROGRAM = """
import pickle, sys
from sweeps.spec.methods import METHODS
from sweeps.testing.searches import SPACES, search
# Bytes that the test itself has just made of the member, for a process of its own.
METHODS["tried"] = pickle.loads(bytes.fromhex(sys.argv[1]))
print(search("tried", SPACES["choices"], 20))
"""


class SamplerSuite:
    """A method of search: it proposes what there is, each trial once, and always the same.

    A member gives `method`, its line of `sweeps.spec.methods.METHODS`: its class has to be found
    by that name in other processes too, and its options have to do for a dozen trials as they are
    by default.
    """

    @pytest.fixture
    def method(self) -> SearchMethod:
        """The member."""
        raise NotImplementedError("give the method of search: override this fixture")

    @pytest.fixture(autouse=True)
    def in_the_table(self, method: SearchMethod, monkeypatch: pytest.MonkeyPatch) -> None:
        """Under a name that no spec uses."""
        monkeypatch.setitem(METHODS, TRIED, method)

    @pytest.mark.parametrize("space", SPACES)
    def test_it_exhausts_the_space_without_a_repeat(self, space: str) -> None:
        """It proposes each candidate once, the baseline as trial 0, and then no more."""
        candidates = SPACES[space]
        found = search(TRIED, candidates, 100)
        size = candidates.size
        assert size is not None
        everything = {candidates.key(*candidates.unrank(rank)) for rank in range(size)}
        keys = [candidates.key(proposal.plan, proposal.settings) for proposal in found]
        assert len(keys) == len(set(keys))
        assert set(keys) == everything
        assert [proposal.number for proposal in found] == list(range(len(found)))
        assert found[0].plan == Plan()

    @pytest.mark.parametrize("space", SPACES)
    def test_its_settings_are_among_the_choices(self, space: str) -> None:
        """Every proposal sets every searched field its plan takes, to a value of its range."""
        candidates = SPACES[space]
        found = search(TRIED, candidates, 12)
        assert found
        for proposal in found:
            assert proposal.plan in candidates.plans
            taken = candidates.settings.ranges.keys() - ({RATE} if not proposal.plan.steps else ())
            assert proposal.settings.keys() == taken
            for path, value in proposal.settings.items():
                assert value in candidates.settings.ranges[path].choices

    def test_it_is_the_same_from_seed_and_view(self, method: SearchMethod) -> None:
        """A sampler made afresh for every draw proposes what one that saw all of it does."""
        candidates = _hardest(method)
        whole = search(TRIED, candidates, 20, seed=3)
        assert len(whole) > WINDOW
        view = View(candidates, 3)
        for number, proposal in enumerate(whole):
            if number >= WINDOW:
                view.show(number - WINDOW, score(whole[number - WINDOW]))
            assert draw(number, make_sampler(TRIED, candidates, {}), view) == proposal
            view.add(proposal)

    def test_it_is_the_same_in_another_process(self, method: SearchMethod) -> None:
        """Python's hashing of strings, new in each process, changes nothing."""
        path = os.pathsep.join(filter(None, sys.path))
        said = {
            subprocess.run(
                [sys.executable, "-c", _PROGRAM, pickle.dumps(method).hex()],
                env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
                stdout=subprocess.PIPE,
                check=True,
                text=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert said == {f"{search(TRIED, SPACES['choices'], 20)}\n"}

    def test_it_says_truly_whether_it_learns(self, method: SearchMethod) -> None:
        """Other results, other proposals; or the very same ones."""
        candidates = _hardest(method)
        both = [
            [one.proposal for one in trials_of(TRIED, candidates, 25, worth=worth)]
            for worth in (score, lambda one: -(score(one) or 0.0))
        ]
        assert (both[0] != both[1]) == method.learns

    def test_unknown_options_are_named(self) -> None:
        """An option the method does not have is the user's mistake."""
        with pytest.raises(UserMistake, match=r"search\.options\.tempo"):
            make_sampler(TRIED, SPACES["orders"], {"tempo": 3})

    def test_another_seed_another_search(self, method: SearchMethod) -> None:
        """The seed matters; one that walks a space to its end finds the same whatever the seed."""
        trials = 100 if method.exhaustive else 8
        one, other = (search(TRIED, _hardest(method), trials, seed=seed) for seed in (1, 2))
        if method.exhaustive:
            one, other = (sorted(found, key=lambda each: str(each.plan)) for found in (one, other))
            assert [each.plan for each in one] == [each.plan for each in other]
        else:
            assert one != other

    def test_continuous_settings_never_end_or_are_refused(self, method: SearchMethod) -> None:
        """With a continuous field, plans come again at other values; no trial is the same. A method
        that takes none says so by the field's place, with what to write."""
        if not method.fractions:
            with pytest.raises(UserMistake, match=rf"{RATE}.*\n.*choice"):
                make_sampler(TRIED, CONTINUOUS, {})
            return
        found = search(TRIED, CONTINUOUS, 25)
        assert len({CONTINUOUS.key(one.plan, one.settings) for one in found}) == 25
        assert sum(one.plan.is_baseline for one in found) == 1
        rates = [one.settings[RATE] for one in found if one.plan.steps]
        assert all(isinstance(rate, float) and 1e-5 <= rate <= 5e-5 for rate in rates)

    def test_a_baseline_alone_ends(self, method: SearchMethod) -> None:
        """A rate that the only plan does not use gives nothing to search."""
        choices = SettingsSpace({RATE: Range("choice", choices=(1e-5, 3e-5))})
        settings = CONTINUOUS.settings if method.fractions else choices
        alone = Candidates(SPACES["baseline only"].plans, settings)
        assert len(search(TRIED, alone, 5)) == 1


def _hardest(method: SearchMethod) -> Candidates:
    """The space without an end, for methods that take such."""
    return CONTINUOUS if method.fractions else SPACES["orders"]
