"""What a report says to people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweeps.report.render import results_report, text_report
from sweeps.report.text import as_text
from sweeps.results.rows import PRIMARY, read_results
from sweeps.spec.inputs import OverlapFlag
from sweeps.spec.stored import write_spec
from sweeps.spec.sweep import Intermediate, Objective


@pytest.fixture
def results(made):
    """Results of the finished sweep."""
    return read_results(made.folder)


def report(results):
    """The report as text."""
    return as_text(results_report(results))


class TestResultsReport:
    def test_both_winners_stand_side_by_side(self, results):
        """English alone prefers lab-pairs, all languages the longer plan; both are marked."""
        lines = report(results).splitlines()
        (english,) = [line for line in lines if "zero-shot" in line and "trial 1" in line]
        (everything,) = [
            line for line in lines if "on target languages" in line and "trial 3" in line
        ]
        assert "lab-pairs (trial 1)" in english
        assert "lab-pairs > lab-topic (trial 3)" in everything

    def test_the_rule_of_selection_is_said(self, results):
        """A reader is told what chose and what is shown."""
        assert "chosen on dev, shown on test" in report(results)
        assert "scores and gains are test" in report(results)

    def test_gains_by_family_with_n_and_interval(self, results):
        """A family of two languages has an interval, one of a single language has not."""
        text = report(results)
        (two,) = [line for line in text.splitlines() if "Lab-A" in line and "+9.00" in line]
        assert "…" in two
        assert "not estimable (one language)" in text

    def test_test_scores_and_gains_are_shown(self, results):
        """Mean over languages and seeds of test, and the gain over the baseline's."""
        best = next(line for line in report(results).splitlines() if "lab-pairs" in line)
        assert "86.50" in best  # English dev, which selects
        assert "64.50 (+1.50 ± 4.77)" in best

    def test_what_is_averaged_is_said_once_a_target(self, results):
        """The metric, over how many languages, and whether English is one of them."""
        said = "lab-nli: accuracy, averaged over 4 languages, English among them"
        assert report(results).splitlines().count(said) == 1
        rows = tuple(replace(row, asked=row.language != "en") for row in results.rows)
        said = "lab-nli: accuracy, averaged over 3 languages, English not among them"
        assert report(replace(results, rows=rows)).splitlines().count(said) == 1

    def test_a_metric_that_is_a_mean_says_of_what(self, results):
        """Question answering is judged by two numbers at once."""
        rows = tuple(replace(row, target="xquad", metric=PRIMARY) for row in results.rows)
        text = report(replace(results, rows=rows))
        assert "xquad: the mean of f1 and exact_match, averaged over 4 languages" in text

    def test_trials_of_one_plan_are_told_apart_by_their_settings(self, results):
        """Short in the table of plans; the winners' in full, and their trials by number."""
        rates = {0: 0.00212345678, 1: 0.00112345678, 2: 0.00112345678, 3: 0.00312345678}
        rows = tuple(
            replace(row, plan="(none)" if row.trial == 0 else "lab-pairs", settings=settings)
            for row in results.rows
            for settings in [{"recipe.train.learning_rate": rates[row.trial], "recipe.train.n": 5}]
        )
        text = report(replace(results, rows=rows))
        for number, rate in enumerate(("0.002123", "0.001123", "0.001123", "0.003123")):
            (line,) = [line for line in text.splitlines() if line.startswith(f"│     {number} │")]
            assert f"│ train.learning_rate {rate}, train.n 5 " in line
        for number in (1, 3):
            whole = f"recipe.train.learning_rate={rates[number]}, recipe.train.n=5"
            assert f"lab-pairs (trial {number}) was trained with {whole}\n" in text
            assert f"Gain by language family: lab-pairs (trial {number}), selected" in text

    def test_a_narrow_terminal_cuts_no_setting(self, results):
        """What is too long for its column goes on below."""
        settings = {"recipe.train.learning_rate": 0.00112345678}
        rows = tuple(replace(row, settings=settings) for row in results.rows)
        text = as_text(results_report(replace(results, rows=rows)), 70)
        table = text.partition("The winner")[0].splitlines()
        column = "".join(line.split("│")[3].strip() for line in table if line.startswith("│"))
        assert column.count("train.learning_rate0.001123") == 4

    def test_a_sweep_without_searched_settings_shows_none(self, results):
        """Its tables have no column for them."""
        text = report(results)
        assert "settings" not in text and "was trained with" not in text
        assert "Gain by language family: lab-pairs, selected" in text

    def test_a_target_that_chose_nothing_is_named(self, results):
        """Without English dev a target takes no part in choosing, and a reader is told so."""
        data = {
            cell: ref
            for cell, ref in results.prepared.data.items()
            if (ref.task, ref.language, ref.split) != ("lab-nli", "en", "dev")
        }
        assert "no part" not in report(results)
        text = report(replace(results, prepared=replace(results.prepared, data=data)))
        assert "lab-nli takes no part, having none" in text

    @pytest.mark.parametrize("languages", ["english", "all"])
    def test_where_only_english_can_select_nothing_else_does(self, results, languages):
        """No line, no title and no table says that target languages selected; a note says why."""
        data = {
            cell: ref
            for cell, ref in results.prepared.data.items()
            if ref.split != "dev" or ref.language == "en"
        }
        rows = tuple(r for r in results.rows if r.split != "dev" or r.language == "en")
        sweep = replace(results.sweep, objective=Objective("dev", languages))
        found = replace(
            results,
            sweep=sweep,
            rows=rows,
            prepared=replace(results.prepared, data=data),
        )
        text = report(found)
        assert "on target languages (" not in text
        assert "Best plans, selected on English dev (zero-shot)" in text
        assert "Gain by language family: lab-pairs, selected on English dev (zero-shot)\n" in text
        note = (
            "Of the targets' languages only English has dev data: nothing is selected on target "
            "languages."
        )
        assert text.splitlines().count(note) == 1
        assert note not in report(results)

    def test_every_plan_has_its_gains_by_family(self, results):
        """Also where the baseline wins, and none of them is chosen."""
        text = as_text(results_report(results, every=True))
        table = text.partition("Gain by language family on lab-nli test, every plan")[2]
        head, *lines = [line for line in table.splitlines() if "┃" in line or "│" in line]
        assert "Lab-A" in head and "Lab-B" in head
        plans = [line.split("│")[2].strip() for line in lines]
        assert {"lab-pairs", "lab-topic"} <= set(plans) and "(none)" not in plans
        assert "+6.00 not estimable" in next(line for line in lines if "│ lab-pairs " in line)
        assert "every plan" not in report(results)

    def test_one_seed_has_no_interval(self, results):
        """One seed says nothing of others, whatever the number of languages."""
        rows = tuple(row for row in results.rows if row.seed == results.sweep.seeds[0])
        sweep = replace(results.sweep, seeds=results.sweep.seeds[:1])
        text = report(replace(results, rows=rows, sweep=sweep))
        assert "not estimable (one seed)" in text
        assert "…" not in text

    def test_overlap_failures_and_notes_are_said(self, results):
        """What a reader must know stands below the tables."""
        flag = OverlapFlag("mnli", "xnli", "XNLI is a translation of MNLI's sister set")
        prepared = replace(results.prepared, overlaps=(flag,), notes=("xcopa has no dev set",))
        failed = replace(results.trials[2], state="failed")
        trials = (*results.trials[:2], failed, results.trials[3])
        text = report(replace(results, prepared=prepared, trials=trials))
        assert "mnli overlaps with xnli: XNLI is a translation" in text
        assert "xcopa has no dev set" in text
        assert "Failed: trial 2" in text

    def test_languages_in_plans_survive(self, results):
        """`panx[ru]` is text; no renderer takes it for markup."""
        rows = tuple(
            replace(row, plan="panx[ru] > [bold]" if row.trial == 1 else row.plan)
            for row in results.rows
        )
        assert "panx[ru] > [bold]" in report(replace(results, rows=rows))

    def test_a_baseline_that_wins_has_no_gain(self, results):
        """No table of zeros."""
        rows = tuple(replace(r, score=r.score - 50 * (r.trial > 0)) for r in results.rows)
        assert "The baseline is the winner" in report(replace(results, rows=rows))

    def test_a_baseline_alone_has_not_won_yet(self, results):
        """Unless there is nothing else to come."""
        rows = tuple(row for row in results.rows if row.trial == 0)
        assert "Only the baseline is complete so far" in report(replace(results, rows=rows))
        alone = replace(results.sweep, intermediate=Intermediate((), (0,)))
        only = replace(results, rows=rows, sweep=alone, trials=results.trials[:1])
        assert "The baseline is the winner" in report(only)

    def test_a_baseline_that_was_brought_along_may_win(self, results):
        """A plan that selects worse than the baseline with its own settings is no winner."""
        settings = {"recipe.target.learning_rate": 0.01}
        plan = [replace(r, settings=settings) for r in results.rows if r.trial == 1]
        brought = [
            replace(r, plan="(none)", beside=True, score=r.score + 0.5, gain=0.0) for r in plan
        ]
        rows = (*(replace(r, gain=-0.5) for r in plan), *brought)
        text = report(replace(results, rows=rows))
        assert "(none) (beside trial 1)" in text and "The baseline is the winner" in text
        assert "Gain by language family" not in text
        assert "(none) (beside trial 1) was trained with recipe.target.learning_rate=0.01" in text

    def test_a_winner_without_a_baseline_has_no_gain(self, results):
        """With settings that no baseline was trained with: words, not a table without lines."""
        rows = tuple(
            replace(row, gain=None, settings={"recipe.target.steps": 7}) if row.trial == 1 else row
            for row in results.rows
        )
        text = report(replace(results, rows=rows))
        assert "No baseline has the settings of lab-pairs (trial 1), selected on English" in text
        assert text.count("Gain by language family") == 1

    def test_without_another_split_nothing_is_shown(self, results):
        """What selects is not shown, even where there is nothing else."""
        sweep = replace(results.sweep, objective=Objective("test", "english"))
        text = report(replace(results, sweep=sweep))
        assert "no score may be shown" in text
        assert "Gain by language family" not in text

    def test_before_the_first_trial_is_done(self, results):
        """An early look is answered in words."""
        assert "no trial has finished yet" in report(replace(results, rows=()))


def test_an_extension_under_way_compares_what_is_complete(make):
    """The baseline has the new seed, the plan has not: nothing is said of which is better."""
    made = make()
    for number, plan in enumerate(("(none)", "lab-pairs")):
        made.ask(number, plan)
        made.compute(plan)
        made.tell(number, 80.0)
    more = replace(made.sweep, seeds=(0, 1, 2))
    write_spec(made.folder, more)
    replace(made, sweep=more).compute("(none)")
    said = text_report(read_results(made.folder))
    assert "1 of 5 trials finished, seeds 0 1 2" in said
    assert "Only the baseline is complete so far" in said and "is the winner" not in said
    assert "lacking scores that the sweep asks for now: trial 1." in said


def test_who_is_as_good_as_the_winner_is_named(make):
    """A tie is no victory."""
    made = make()
    for number, plan in enumerate(("(none)", "lab-pairs")):
        made.ask(number, plan)
        made.compute(plan, bonus=-6.0 if number else 0.0)
        made.tell(number, 80.0)
    said = text_report(read_results(made.folder))
    assert "As good as the winner, selected on English dev (zero-shot): lab-pairs (trial 1)" in said
