"""A mixed model of gains with crossed languages and seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sweeps.statistics.crossed import estimate
from sweeps.statistics.mixed import MixedModel, Observation, mixed_model


def observations(random, task=2.0, count=0.5, languages=10, seeds=6, spread=(2.0, 1.0, 0.3)):
    by_language, by_seed = (
        scale * random.normal(size=n) for scale, n in zip(spread, (languages, seeds), strict=False)
    )
    return [
        Observation(
            float(by_language[n] + by_seed[s] + task * (t == "b") + count * c)
            + spread[2] * random.normal(),
            f"l{n}",
            s,
            f"{t}{c}",
            {"task": t, "count": c},
        )
        for n in range(languages)
        for s in range(seeds)
        for t in "ab"
        for c in (1, 2)
    ]


@pytest.fixture(scope="module")
def fitted() -> MixedModel:
    return mixed_model(observations(np.random.default_rng(4)))


class TestMixedModel:
    def test_planted_effects_are_found(self, fitted):
        """Each by its name, within its interval; the variances in their order."""
        assert fitted.converged
        assert list(fitted.effects) == ["intercept", "task=b", "count"]
        for name, true in (("task=b", 2.0), ("count", 0.5)):
            effect = fitted.effects[name]
            assert effect.interval.low < true < effect.interval.high
            assert effect.p < 0.05
        assert fitted.variances["language"] > fitted.variances["seed"] > fitted.residual
        assert (fitted.rows, fitted.languages, fitted.seeds, fitted.plans) == (240, 10, 6, 4)

    def test_each_trained_model_is_drawn(self):
        """A plan with a seed has luck of its own, in all its languages; so has it with a language.

        The plan itself is not, where the task says which it is.
        """
        rows = observations(np.random.default_rng(5), languages=5, seeds=4)
        two = [replace(r, plan=str(r.factors["task"])) for r in rows]
        found = mixed_model(two)
        assert set(found.variances) == {"language", "seed", "plan × seed", "plan × language"}
        assert found.freedom == 3

    def test_plans_are_drawn_where_factors_leave_them_open(self):
        """Three plans with count 1 and one with count 2 tell little of what a count is worth."""
        rows = observations(np.random.default_rng(2), languages=4, seeds=4)
        plans = {"a1": 1, "a2": 1, "b1": 1, "b2": 2}
        by_count = [replace(r, factors={"count": plans[r.plan]}) for r in rows]
        found = mixed_model(by_count)
        assert "plan" in found.variances
        assert (found.plans, found.freedom) == (4, 2)

    def test_in_a_balanced_table_it_is_the_plain_contrast(self, fitted):
        """The effect is the mean of paired differences."""
        rows = observations(np.random.default_rng(4))
        values = {(r.language, r.seed, r.factors["task"], r.factors["count"]): r.gain for r in rows}
        paired = {
            (n, s): np.mean([values[n, s, "b", c] - values[n, s, "a", c] for c in (1, 2)])
            for n, s, _, _ in values
        }
        assert fitted.effects["task=b"].value == pytest.approx(estimate(paired).mean, abs=1e-4)

    def test_nothing_between_languages_is_said(self):
        """A variance at its bound is a note, not a silence."""
        rows = observations(np.random.default_rng(0), spread=(0, 0, 1.0))
        own = {
            n: np.mean([r.gain for r in rows if r.language == n])
            for n in {r.language for r in rows}
        }
        alike = [replace(r, gain=r.gain - own[r.language]) for r in rows]
        found = mixed_model(alike)
        assert any("estimated as 0" in note for note in found.notes)

    def test_without_convergence_there_is_no_interval(self):
        """Gains without any noise have no likelihood; effects are shown, and that is said."""
        rows = observations(np.random.default_rng(0))
        exact = [replace(r, gain=2.0 * (r.factors["task"] == "b")) for r in rows]
        found = mixed_model(exact)
        assert not found.converged
        assert any("did not converge" in note for note in found.notes)
        assert all(effect.interval is None for effect in found.effects.values())
        assert found.effects["task=b"].value == pytest.approx(2.0)

    def test_what_cannot_be_told_apart_is_refused(self):
        """One task in every row, or one seed."""
        rows = observations(np.random.default_rng(0))
        same = [Observation(r.gain, r.language, r.seed, r.plan, {"x": 1.0}) for r in rows]
        with pytest.raises(ValueError, match="told apart"):
            mixed_model(same)
        with pytest.raises(ValueError, match="two seeds"):
            mixed_model([row for row in rows if row.seed == 0])
        with pytest.raises(ValueError, match="different factors"):
            mixed_model([*rows, Observation(0.0, "l0", 0, "a1", {})])
