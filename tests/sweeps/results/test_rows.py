"""Rows of scores and gains, from a real store and a real study."""

from __future__ import annotations

import pytest

from sweeps.results.rows import read_results
from xlt_core.vocabulary.errors import UserMistake


def scores(rows, **wanted):
    """Rows whose fields are these."""
    return [row for row in rows if all(getattr(row, k) == v for k, v in wanted.items())]


class TestReadResults:
    def test_a_row_for_each_trial_seed_split_language_and_metric(self, made):
        """Four trials, two seeds, two splits, four languages, one metric."""
        rows = read_results(made.folder).rows
        assert len(rows) == 4 * 2 * 2 * 4
        assert len({(r.trial, r.target, r.language, r.seed, r.split, r.metric) for r in rows}) == 64

    def test_columns(self, made):
        """These names are promised to programs."""
        row = read_results(made.folder).rows[0].to_json()
        assert list(row) == [
            "trial",
            "plan",
            "target",
            "language",
            "family",
            "seed",
            "split",
            "metric",
            "score",
            "gain",
            "primary",
            "asked",
            "settings",
            "beside",
        ]

    def test_gain_is_against_the_baseline_at_the_same_cell(self, made):
        """What seed, language and split add to both is not a gain."""
        rows = read_results(made.folder).rows
        assert {r.gain for r in scores(rows, trial=0)} == {0.0}
        for language, gain in {"en": 3.0, "qla": 8.0, "qlb": 10.0, "qlc": 2.0}.items():
            found = scores(rows, plan="lab-pairs > lab-topic", language=language)
            assert [r.gain for r in found] == pytest.approx([gain] * 4)

    def test_families_are_the_languages_own(self, made):
        """The lab's languages lie in families of the lab."""
        rows = read_results(made.folder).rows
        assert {(r.language, r.family) for r in rows} == {
            ("en", "Indo-European"),
            ("qla", "Lab-A"),
            ("qlb", "Lab-A"),
            ("qlc", "Lab-B"),
        }

    def test_trials_under_way_and_failed_ones_have_no_rows(self, make):
        """Only a finished trial is a result."""
        made = make()
        for number, plan in enumerate(("(none)", "lab-pairs", "lab-topic")):
            made.ask(number, plan)
            made.compute(plan)
        made.tell(0, 80.0)
        made.tell(1, None, "the loss is NaN")
        assert {row.trial for row in read_results(made.folder).rows} == {0}

    def test_without_a_baseline_the_gain_is_unknown(self, make):
        """No baseline in the store, no gain; the score stands."""
        made = make()
        made.ask(0, "lab-pairs")
        made.compute("lab-pairs")
        made.tell(0, 80.0)
        assert {row.gain for row in read_results(made.folder).rows} == {None}

    def test_a_trial_is_held_against_the_baseline_of_its_own_recipe(self, make):
        """With a searched recipe of the target, another recipe's baseline is no baseline."""
        made = make("{choice: [1e-3, 2e-3]}")
        low, high = ({"recipe.target.learning_rate": rate} for rate in (1e-3, 2e-3))
        for number, (plan, rate) in enumerate(
            (("(none)", low), ("lab-pairs", low), ("lab-pairs", high))
        ):
            made.ask(number, plan, rate)
            made.compute(plan, rate, bonus=5.0 if rate is high else 0.0)
            made.tell(number, 80.0)
        rows = read_results(made.folder).rows
        assert {r.gain for r in scores(rows, trial=1, language="en")} == {6.0}
        assert {r.gain for r in scores(rows, trial=2)} == {None}
        made.compute("(none)", high, bonus=5.0)
        rows = read_results(made.folder).rows
        assert {r.gain for r in scores(rows, trial=2, language="en", beside=False)} == {6.0}
        own, brought = scores(rows, plan="(none)", beside=False), scores(rows, beside=True)
        assert {r.trial for r in own} == {0} and {r.trial for r in brought} == {2}
        assert {(r.plan, r.gain) for r in brought} == {("(none)", 0.0)}
        assert {r.settings["recipe.target.learning_rate"] for r in brought} == {2e-3}

    def test_each_row_has_the_settings_of_its_trial(self, make):
        """All that were searched and that its plan takes; what nobody had yet is the opening."""
        made = make("{choice: [1e-3, 2e-3]}")
        path = "recipe.target.learning_rate"
        for number, settings in enumerate(({}, {path: 1e-3}, {path: 2e-3, "recipe.gone": 1})):
            made.ask(number, "(none)" if number == 0 else "lab-pairs", settings)
            made.compute("(none)" if number == 0 else "lab-pairs", settings)
            made.tell(number, 80.0)
        rows = read_results(made.folder).rows
        found = {row.trial: row.to_json()["settings"] for row in rows}
        assert found == {0: {path: 1e-3}, 1: {path: 1e-3}, 2: {path: 2e-3}}

    def test_a_sweep_that_searches_plans_alone_has_no_settings(self, made):
        """An empty mapping, which is there nevertheless."""
        assert all(row.to_json()["settings"] == {} for row in read_results(made.folder).rows)

    def test_a_sweep_that_has_not_started(self, make):
        """Asking too early is a mistake one can mend, not a traceback."""
        made = make()
        (made.folder.path / "prepared.json").unlink()
        with pytest.raises(UserMistake, match="xlt resume made"):
            read_results(made.folder)
