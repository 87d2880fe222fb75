"""Which failed trials are tried again."""

from __future__ import annotations

import pytest

from sweeps.search.retry import to_retry
from sweeps.search.trial import Trial
from xlt_core.vocabulary.plan import Plan

TRIALS = [
    Trial(number, Plan.parse(plan), {}, state, None)
    for number, (plan, state) in enumerate(
        [
            ("", "failed"),
            ("mnli", "failed"),
            ("siqa", "finished"),
            ("qqp", "running"),
            ("", "failed"),
            ("", "finished"),
        ]
    )
]


@pytest.mark.parametrize(("all_failed", "numbers"), [(False, [0, 4]), (True, [0, 1, 4])])
def test_the_baseline_always_the_others_where_asked(all_failed, numbers):
    """Every gain is against the baseline; what is open or finished is left as it is."""
    assert to_retry(TRIALS, all_failed) == numbers
