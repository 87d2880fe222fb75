"""From rows to answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweeps.results.objective import objective_value
from sweeps.results.rows import ScoreRow
from sweeps.results.tables import (
    family_gains,
    incomplete,
    shown_split,
    standings,
    winner,
)
from sweeps.spec.sweep import Objective

ENGLISH, ALL = Objective("dev", "english"), Objective("dev", "all")
FAMILIES = {"en": "Indo-European", "de": "Indo-European", "sw": "Atlantic-Congo"}


def rows_of(trial, plan, scores, target="xnli", seeds=(0,)):
    """Rows from {split: {language: score}}; seed n scores n points more."""
    return [
        ScoreRow(
            trial,
            plan,
            target,
            language,
            FAMILIES[language],
            seed,
            split,
            "accuracy",
            score + seed,
            None,
        )
        for split, by_language in scores.items()
        for language, score in by_language.items()
        for seed in seeds
    ]


def with_gains(rows):
    """Rows with gains against trial 0."""
    base = {(r.target, r.language, r.seed, r.split): r.score for r in rows if r.trial == 0}
    return [replace(r, gain=r.score - base[r.target, r.language, r.seed, r.split]) for r in rows]


@pytest.fixture
def rows():
    """A baseline, a plan that English dev prefers, and one that all languages' dev prefer."""
    return with_gains(
        rows_of(
            0,
            "(none)",
            {"dev": {"en": 80, "de": 60, "sw": 40}, "test": {"en": 79, "de": 59, "sw": 39}},
        )
        + rows_of(
            1,
            "qqp",
            {"dev": {"en": 85, "de": 60, "sw": 40}, "test": {"en": 70, "de": 50, "sw": 30}},
        )
        + rows_of(
            2,
            "squad",
            {"dev": {"en": 81, "de": 70, "sw": 55}, "test": {"en": 78, "de": 69, "sw": 52}},
        )
    )


class TestSelection:
    def test_each_way_of_choosing_has_its_own_winner(self, rows):
        """English dev and target-language dev may prefer different plans."""
        assert winner(rows, ENGLISH, "test").plan == "qqp"
        assert winner(rows, ALL, "test").plan == "squad"

    def test_test_scores_choose_nothing(self, rows):
        """Whatever the test scores are, the choice is the same."""
        turned = [replace(r, score=100 - r.score) if r.split == "test" else r for r in rows]
        for objective in (ENGLISH, ALL):
            plans = [s.plan for s in standings(rows, objective, "test")]
            assert [s.plan for s in standings(turned, objective, "test")] == plans

    def test_dev_scores_are_not_shown(self, rows):
        """What is shown of the winner are its test scores, poor as they may be."""
        (shown,) = winner(rows[::-1], ENGLISH, "test").targets
        assert shown.score == pytest.approx(50.0)
        assert shown.gain.mean == pytest.approx(-9.0)

    def test_selecting_score_is_the_search_s_objective(self, rows):
        """Report and search agree on what a trial is worth."""
        own = [
            {"task": r.target, "language": r.language, "split": r.split, "primary": r.score}
            for r in rows
            if r.trial == 2
        ]
        for objective in (ENGLISH, ALL):
            (found,) = [s for s in standings(rows, objective, "test") if s.trial == 2]
            assert found.selected_by == objective_value(own, objective)

    def test_ties_go_to_the_earlier_trial(self):
        """The baseline wins over a plan that is no better."""
        same = {"dev": {"en": 80}, "test": {"en": 80}}
        assert (
            winner(rows_of(0, "(none)", same) + rows_of(1, "qqp", same), ENGLISH, "test").trial == 0
        )

    def test_a_baseline_brought_along_is_a_choice(self):
        """Better or as good, it wins; short of a score it is left out, and no trial is named."""
        own = rows_of(1, "qqp", {"dev": {"en": 80}, "test": {"en": 80}})
        brought = [replace(row, plan="(none)", beside=True) for row in own]
        found = winner(own + brought, ENGLISH, "test")
        assert (found.trial, found.beside, found.is_baseline) == (1, True, True)
        short = [row for row in brought if row.split == "dev"]
        assert not winner(own + short, ENGLISH, "test").beside
        assert incomplete(own + short) == ()

    def test_a_trial_with_missing_scores_is_left_out_and_named(self, rows):
        """A mean over fewer languages is another number."""
        fewer = [r for r in rows if not (r.trial == 1 and r.language == "sw")]
        assert incomplete(fewer) == (1,)
        assert {s.trial for s in standings(fewer, ENGLISH, "test")} == {0, 2}

    def test_what_the_sweep_asks_for_now_is_missing_too(self, rows):
        """Of an extension that is under way nobody has all: else the first would be compared by
        a mean over some of the new seeds."""
        asked = {row.cell for row in rows}
        more = asked | {(*cell[:3], 7) for cell in asked}
        assert standings(rows, ENGLISH, "test", asked) == standings(rows, ENGLISH, "test")
        assert standings(rows, ENGLISH, "test", more) == ()
        assert winner(rows, ENGLISH, "test", more) is None
        assert incomplete(rows, more) == (0, 1, 2)
        some = [replace(row, seed=7) for row in rows if row.trial == 1]
        assert {s.trial for s in standings(rows + some, ENGLISH, "test", more)} == {1}

    def test_without_english_data_nothing_is_chosen_by_english(self, rows):
        """No winner is made up where no score can choose one."""
        without = [r for r in rows if r.language != "en"]
        assert winner(without, ENGLISH, "test") is None
        assert winner(without, ALL, "test").plan == "squad"

    def test_english_that_is_there_to_select_by_counts_for_nothing_else(self, rows):
        """It is no target language: choosing by those, it is as if it were not there."""
        marked = [replace(r, asked=r.language != "en") for r in rows]
        without = [r for r in rows if r.language != "en"]
        assert winner(marked, ENGLISH, "test").plan == winner(rows, ENGLISH, "test").plan
        for ours, theirs in zip(
            standings(marked, ALL, "test"), standings(without, ALL, "test"), strict=True
        ):
            assert (ours.trial, ours.selected_by) == (theirs.trial, theirs.selected_by)
        assert family_gains(marked, 2, "dev") == family_gains(without, 2, "dev")

    def test_only_the_judging_metric_counts(self, rows):
        """A task's other metrics are listed, never averaged in."""
        noise = [replace(r, metric="other", score=0.0, primary=False) for r in rows]
        assert standings(rows + noise, ALL, "test") == standings(rows, ALL, "test")


class TestShownSplit:
    @pytest.mark.parametrize(
        ("splits", "selecting", "shown"),
        [
            (("dev", "test"), "dev", "test"),
            (("dev",), "dev", None),
            (("test",), "dev", "test"),
            (("dev", "test"), "test", None),
        ],
    )
    def test_never_the_one_that_selects(self, splits, selecting, shown):
        """What selects is not shown, even where there is nothing else to show."""
        assert shown_split(splits, Objective(selecting)) == shown


class TestFamilyGains:
    def test_a_family_is_the_mean_of_its_languages(self, rows):
        """Unweighted over languages; n and interval stand beside."""
        found = {gain.family: gain.gain for gain in family_gains(rows, 2, "test")}
        assert found["Indo-European"].mean == pytest.approx((-1 + 10) / 2)
        assert (found["Indo-European"].languages, found["Indo-European"].seeds) == (2, 1)
        assert found["Atlantic-Congo"].mean == pytest.approx(13.0)
        assert found["Atlantic-Congo"].interval is None

    def test_one_line_a_target_never_a_mean_over_targets(self, rows):
        """Two targets are two lines a family."""
        two = rows + [replace(r, target="udpos", gain=5.0) for r in rows]
        found = [(gain.target, gain.family) for gain in family_gains(two, 2, "test")]
        assert found == [
            ("udpos", "Atlantic-Congo"),
            ("udpos", "Indo-European"),
            ("xnli", "Atlantic-Congo"),
            ("xnli", "Indo-European"),
        ]

    def test_without_a_baseline_there_is_no_gain(self, rows):
        """Nothing is said where nothing is known."""
        assert family_gains([replace(r, gain=None) for r in rows], 2, "test") == ()

    def test_gains_are_paired_by_seed(self):
        """A seed that is better for plan and baseline alike adds nothing to the spread: there is
        none here."""
        scores = {"dev": {"en": 1, "de": 1}, "test": {"en": 50, "de": 60}}
        better = {"dev": {"en": 1, "de": 1}, "test": {"en": 52, "de": 62}}
        rows = with_gains(
            rows_of(0, "(none)", scores, seeds=(0, 10, 20))
            + rows_of(1, "qqp", better, seeds=(0, 10, 20))
        )
        (found,) = family_gains(rows, 1, "test")
        assert (found.gain.mean, found.gain.obstacle) == (2, "no spread")
