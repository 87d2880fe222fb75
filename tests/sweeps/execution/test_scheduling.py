"""Which work goes to which worker."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sweeps.execution.job import Shape
from sweeps.execution.scheduling import LARGEST_BUNDLE, SMALLEST_SHARE, Ready, assign, hands
from tests.sweeps.execution.stages import evaluate, train
from xlt_core.stages import EvaluateStage

SHAPE = Shape()
TASKS = ("a", "b", "c")


def ready(stage, priority=0, order=0, shape=SHAPE):
    return Ready(stage, priority, order, shape)


class TestAssign:
    """`assign`"""

    def test_the_most_urgent_trial_goes_first(self):
        """With one worker free, the lower priority number is served."""
        work = [ready(train("a"), priority=5), ready(train("b"), priority=2, order=1)]
        (only,) = assign(work, {"w": SHAPE}, {})
        assert only.stages == (train("b"),)

    def test_evaluations_go_before_training_of_the_same_trial(self):
        """What finishes a trial goes before what begins more of it."""
        work = [ready(train("b")), *(ready(s, order=1) for s in evaluate(train("a"), "en"))]
        (only,) = assign(work, {"w": SHAPE}, {})
        assert isinstance(only.stages[0], EvaluateStage)

    def test_a_worker_that_is_shunned_gets_none_of_it(self):
        """The stage waits for another; what is less urgent does not."""
        work = [replace(ready(train("a")), shunned=frozenset("w")), ready(train("b"), order=1)]
        (only,) = assign(work, {"w": SHAPE}, {})
        assert only.stages == (train("b"),)

    def test_a_worker_that_holds_the_weights_is_preferred(self):
        """Affinity decides between idle workers."""
        work = [ready(stage) for stage in evaluate(train("a"), "en")]
        held = {"x": ("other",), "y": (train("a").key,)}
        (only,) = assign(work, {"x": SHAPE, "y": SHAPE}, held)
        assert only.worker == "y"

    def test_affinity_never_delays_the_urgent(self):
        """A worker without the weights takes the stage where no other is free."""
        work = [ready(stage) for stage in evaluate(train("a"), "en")]
        (only,) = assign(work, {"x": SHAPE}, {"y": (train("a").key,)})
        assert only.worker == "x"

    def test_evaluations_of_one_model_travel_together(self):
        """One bundle loads the weights once."""
        work = [ready(stage) for stage in evaluate(train("a"), "en", "de", "sw")]
        (only,) = assign(work, {"w": SHAPE}, {})
        assert len(only.stages) == 3

    def test_idle_workers_share_a_long_bundle(self):
        """At the end of a sweep no worker stands idle beside forty evaluations."""
        work = [ready(s, order=n) for n, s in enumerate(evaluate(train("a"), *map(str, range(20))))]
        shared = assign(work, {"x": SHAPE, "y": SHAPE}, {})
        assert sorted(len(a.stages) for a in shared) == [10, 10]

    def test_another_shape_is_left_alone(self):
        """A one-thread stage never goes to a two-thread worker (bits depend on threads)."""
        assert assign([ready(train("a"))], {"w": Shape(threads=2)}, {}) == []

    @given(
        st.lists(
            st.tuples(
                st.lists(st.sampled_from(TASKS), min_size=1, max_size=3),
                st.integers(0, 3),
                st.integers(0, 40),
            ),
            max_size=8,
            unique_by=lambda row: tuple(row[0]),
        ),
        st.integers(0, 4),
    )
    def test_nothing_is_handed_out_twice_and_no_worker_gets_two_bundles(self, rows, workers):
        """Every stage at most once, every worker at most once, bundles of one model each."""
        work = []
        for path, priority, languages in rows:
            trained = train(*path)
            work.append(ready(trained, priority, len(work)))
            for stage in evaluate(trained, *(f"l{n}" for n in range(languages))):
                work.append(ready(stage, priority, len(work)))
        given_out = assign(work, {f"w{n}": SHAPE for n in range(workers)}, {})
        keys = [stage.key for a in given_out for stage in a.stages]
        assert len(keys) == len(set(keys))
        assert len({a.worker for a in given_out}) == len(given_out)
        assert all(len(a.stages) <= LARGEST_BUNDLE for a in given_out)
        assert all(len({s.parents for s in a.stages}) == 1 for a in given_out)
        assert len(given_out) == min(workers, len(given_out)) and (
            not work or not workers or given_out
        )


def test_hands():
    """A long bundle is work for several, as it would be shared."""
    languages = [f"l{number}" for number in range(SMALLEST_SHARE + 1)]
    scored = [ready(stage) for stage in evaluate(train("a"), *languages)]
    assert hands([ready(train("b")), ready(train("c"), shape=Shape(2)), *scored]) == {
        SHAPE: 1 + 2,
        Shape(2): 1,
    }
