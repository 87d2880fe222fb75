"""Which rows a step sees."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.training.order import BatchOrder, bucketed, limited, take_turns, total_steps
from xlt_core.vocabulary.recipe import Recipe


def order_of(sizes: dict[str, int], batch: int, seed: int = 1, position: str = "0") -> BatchOrder:
    lengths = {name: np.arange(count) * 7 % 50 + 3 for name, count in sizes.items()}
    rows = {name: np.arange(count) for name, count in sizes.items()}
    return BatchOrder(lengths, rows, batch, seed, position)


mixtures = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 200), min_size=1)


class TestBatchOrder:
    @settings(max_examples=40, deadline=None)
    @given(mixtures, st.integers(1, 17), st.lists(st.integers(0, 300), min_size=1, max_size=20))
    def test_a_step_is_a_pure_function(
        self, sizes: dict[str, int], batch: int, steps: list[int]
    ) -> None:
        """Asked in any order, of any instance, a step has the same member and rows."""
        one = order_of(sizes, batch)
        for step in steps:
            member, rows = one.batch(step)
            again, same = order_of(dict(reversed(sizes.items())), batch).batch(step)
            assert member == again
            assert rows.tolist() == same.tolist()

    @settings(max_examples=40, deadline=None)
    @given(mixtures, st.integers(1, 17), st.integers(0, 2))
    def test_an_epoch_holds_every_row_once(
        self, sizes: dict[str, int], batch: int, epoch: int
    ) -> None:
        """Over one joint epoch each member's rows all come, each once."""
        order = order_of(sizes, batch)
        seen: dict[str, list[int]] = {name: [] for name in sizes}
        for step in range(order.batches_per_epoch):
            member, rows = order.batch(epoch * order.batches_per_epoch + step)
            assert 0 < len(rows) <= batch
            seen[member] += rows.tolist()
        assert {name: sorted(rows) for name, rows in seen.items()} == {
            name: list(range(count)) for name, count in sizes.items()
        }

    def test_seed_position_and_epoch_matter(self) -> None:
        """Each gives another order; the plan before a stage does not come into it."""
        base = order_of({"a": 64}, 8)
        first = [base.batch(step)[1].tolist() for step in range(8)]
        others = [
            order_of({"a": 64}, 8, seed=2),
            order_of({"a": 64}, 8, position="target"),
        ]
        for other in others:
            assert [other.batch(step)[1].tolist() for step in range(8)] != first
        assert [base.batch(step)[1].tolist() for step in range(8, 16)] != first


class TestBucketed:
    def test_little_is_padding(self) -> None:
        """Rows of a batch have similar lengths: under 5 % of what is computed is padding."""
        lengths = np.random.default_rng(0).integers(5, 128, 3200)
        batches = bucketed(np.arange(3200), lengths, 32, seed=1)
        padded = sum(len(rows) * lengths[rows].max() for rows in batches)
        assert lengths.sum() / padded > 0.95

    def test_batches_do_not_come_by_length(self) -> None:
        """The order of batches is random: neighbours are not the next longer ones."""
        lengths = np.random.default_rng(0).integers(5, 128, 1600)
        means = [lengths[rows].mean() for rows in bucketed(np.arange(1600), lengths, 32, seed=1)]
        assert abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.5


class TestTakeTurns:
    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(st.sampled_from("abcde"), st.integers(1, 60), min_size=1))
    def test_any_stretch_from_the_start_is_proportional(self, batches: dict[str, int]) -> None:
        """After n batches each member has had its share of n, within about one batch."""
        total = sum(batches.values())
        taken: Counter[str] = Counter()
        for place, turn in enumerate(take_turns(batches), start=1):
            assert turn.count == taken[turn.member]
            taken[turn.member] += 1
            for name, count in batches.items():
                assert abs(taken[name] - place * count / total) < len(batches)
        assert taken == Counter(batches)


class TestLimited:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(1, 200), st.integers(1, 250), st.integers(1, 250))
    def test_limits_are_nested(self, rows: int, one: int, other: int) -> None:
        """A larger limit holds the smaller one's rows; no limit holds all."""
        small, large = sorted((one, other))
        chosen = limited(rows, small).tolist()
        assert len(chosen) == min(rows, small)
        assert set(chosen) <= set(limited(rows, large).tolist())
        assert limited(rows, None).tolist() == list(range(rows))


class TestTotalSteps:
    @pytest.mark.parametrize(
        ("recipe", "expected"),
        [
            (Recipe(steps=7), 7),
            (Recipe(epochs=3), 30),
            (Recipe(epochs=0.5), 5),
            (Recipe(epochs=0.001), 1),
        ],
    )
    def test_steps_or_epochs(self, recipe: Recipe, expected: int) -> None:
        """Steps as written, or epochs of ten batches; never none."""
        assert total_steps(recipe, 10) == expected
