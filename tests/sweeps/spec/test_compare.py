"""What may change under a sweep's name: more of the same, and how work is done; nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sweeps.spec.compare import DIFFERENT, EXTENSION, SAME, compare
from sweeps.spec.sweep import Sweep

SweepOf = Callable[..., Sweep]


class TestCompare:
    @pytest.mark.parametrize(
        ("override", "free"),
        [
            ("seeds=[0, 1]", ()),
            ("execution.workers=3", ("execution.workers",)),
            ("execution.concurrency=9", ("execution.concurrency",)),
            ("execution.device=cpu", ("execution.device",)),
            ("tracking=http://host:5000", ("tracking",)),
            ("store=s3://bucket/x", ("store",)),
            ("search.window=16", ()),
            ("targets=[{udpos: [de, en]}, {xnli: [sw, en]}]", ()),
        ],
    )
    def test_what_changes_no_result_is_free(
        self, sweep_of: SweepOf, base: str, override: str, free: tuple[str, ...]
    ):
        """The same sweep, and which settings it now runs with."""
        change = compare(sweep_of(), sweep_of(base, override))
        assert change.kind == SAME
        assert change.free == free

    @pytest.mark.parametrize(
        ("override", "more"),
        [
            ("search.trials=60", "trials: 50 → 60"),
            ("seeds=4", "seeds: 2 3"),
            ("intermediate.tasks=[mnli, qqp, siqa, squad]", "intermediate tasks: squad"),
            ("intermediate.tasks=[squad, mnli, qqp, siqa]", "intermediate tasks: squad"),
            ("intermediate.count=0..3", "counts: 3"),
            ("targets=[{udpos: [en, de]}, {xnli: [en, sw]}, sib200]", "targets: sib200"),
            ("targets=[{udpos: [en, de, fi]}, {xnli: [en, sw]}]", "languages of udpos: fi"),
            ("targets=[{udpos: all}, {xnli: [en, sw]}]", "languages of udpos: all"),
        ],
    )
    def test_more_of_the_same_extends(self, sweep_of: SweepOf, base: str, override: str, more: str):
        """Trials, seeds, tasks, counts, targets and languages may grow."""
        change = compare(sweep_of(), sweep_of(base, override))
        assert change.kind == EXTENSION
        assert change.more == (more,)

    @pytest.mark.parametrize(
        ("override", "field", "old", "new"),
        [
            ("name=other", "name", "order", "other"),
            ("encoder=mbert", "encoder", "xlm-roberta-base", "mbert"),
            ("search.trials=9", "search.trials", "50", "9"),
            ("search.method=random", "search.method", "tpe", "random"),
            ("search.seed=1", "search.seed", "0", "1"),
            ("search.window=3", "search.window", "16", "3"),
            ("search.asynchronous=true", "search.asynchronous", "False", "True"),
            ("search.options={a: 1}", "search.options", "{}", "{'a': 1}"),
            ("seeds=1", "seeds", "[0, 1]", "[0]"),
            ("splits=[dev]", "splits", "[dev, test]", "[dev]"),
            ("objective.languages=all", "objective.languages", "english", "all"),
            ("intermediate.order=given", "intermediate.order", "any", "given"),
            ("intermediate.overlap=exclude", "intermediate.overlap", "flag", "exclude"),
            ("intermediate.count=[0, 2]", "intermediate.count", "[0, 1, 2]", "[0, 2]"),
            ("intermediate.tasks=[mnli, qqp]", "intermediate.tasks", "[mnli, qqp, siqa]",
             "[mnli, qqp]"),
            ("targets=[{udpos: [en, de]}]", "targets", "[udpos, xnli]", "[udpos]"),
            ("targets=[{udpos: [en]}, {xnli: [en, sw]}]", "languages of udpos", "de en", "en"),
            ("recipe.train.steps=99", "recipe.train.steps", "100", "99"),
            ("recipe.train.learning_rate=1e-5", "recipe.train.learning_rate",
             "{log: [1e-05, 5e-05]}", "1e-05"),
            ("recipe.target.warmup=0.2", "recipe.target.warmup", "(not set)", "0.2"),
            ("recipe.tasks.mnli.steps=9", "recipe.tasks.mnli.steps", "(not set)", "9"),
            ("storage=postgresql://host/db", "storage", "", "postgresql://host/db"),
        ],
    )  # fmt: skip
    def test_anything_else_is_refused_and_shown(
        self, sweep_of: SweepOf, base: str, override: str, field: str, old: str, new: str
    ):
        """The field, what it was, what it would be."""
        change = compare(sweep_of(), sweep_of(base, override))
        assert change.kind == DIFFERENT
        found = {difference.field: difference for difference in change.differences}
        assert field in found
        assert old in found[field].old
        assert found[field].new == new

    def test_all_differences_are_shown(self, sweep_of: SweepOf, base: str):
        """Not only the first."""
        change = compare(sweep_of(), sweep_of(base, "seeds=1", "search.seed=3"))
        assert {difference.field for difference in change.differences} == {"seeds", "search.seed"}

    def test_a_new_tasks_recipe_comes_with_the_task(self, sweep_of: SweepOf, base: str):
        """Fields for a task that is new change nothing that was trained."""
        new = sweep_of(
            base, "intermediate.tasks=[mnli, qqp, siqa, paws]", "recipe.tasks.paws.steps=9"
        )
        assert compare(sweep_of(), new).kind == EXTENSION

    def test_the_listed_order_is_kept_where_it_counts(self, sweep_of: SweepOf, base: str):
        """With `order: given`, putting tasks in another order makes other plans."""
        old = sweep_of(base, "intermediate.order=given")
        new = sweep_of(base, "intermediate.order=given", "intermediate.tasks=[siqa, qqp, mnli]")
        assert compare(old, new).kind == DIFFERENT
        longer = sweep_of(
            base, "intermediate.order=given", "intermediate.tasks=[mnli, paws, qqp, siqa]"
        )
        assert compare(old, longer).kind == EXTENSION

    def test_a_window_nobody_wrote_is_frozen(self, sweep_of: SweepOf, base: str):
        """Another concurrency must not change what is proposed; it is said."""
        change = compare(sweep_of(), sweep_of(base, "execution.concurrency=9"))
        assert change.sweep.search.window == 16
        assert change.sweep.execution.concurrency == 9
        assert "search.window stays 16" in change.notes[0]

    def test_a_written_window_is_compared(self, sweep_of: SweepOf, base: str):
        """Who writes a window means it."""
        assert compare(sweep_of(), sweep_of(base, "search.window=36")).kind == DIFFERENT

    def test_an_objective_over_more_is_said(self, sweep_of: SweepOf, base: str):
        """Scores told to the search before are over fewer seeds."""
        assert "not comparable" in compare(sweep_of(), sweep_of(base, "seeds=3")).notes[0]
        assert compare(sweep_of(), sweep_of(base, "search.trials=60")).notes == ()

    def test_content_decides_where_it_is_known(self, sweep_of: SweepOf, base: str):
        """A moved encoder is the same; data that changed in place are not."""
        old, new = sweep_of(), sweep_of(base, "encoder=mbert")
        identity = {"encoder": "e" * 64, "data": {"xnli/en/dev": "a" * 64}}
        assert compare(old, new, identity, identity).kind == SAME
        changed = identity | {"data": {"xnli/en/dev": "b" * 64, "xnli/sw/dev": "c" * 64}}
        change = compare(old, old, identity, changed)
        assert [difference.field for difference in change.differences] == ["data of xnli/en/dev"]
