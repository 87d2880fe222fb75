"""What may change under a sweep's name: more of the same, and how work is done; nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from sweeps.spec.compare import DIFFERENT, EXTENSION, SAME, compare
from sweeps.spec.computed import computed
from sweeps.spec.differences import Difference
from sweeps.spec.inputs import ResolvedInputs
from sweeps.spec.sweep import Intermediate, Range, Sweep
from xlt_core.tasks import TABLE
from xlt_core.vocabulary.refs import EncoderRef, SourceRef

SweepOf = Callable[..., Sweep]


class TestCompare:
    @pytest.mark.parametrize(
        ("override", "free"),
        [
            ("seeds=[0, 1]", ()),
            ("execution.workers=3", ("execution.workers",)),
            ("execution.concurrency=9", ("execution.concurrency",)),
            ("execution.gpus=0.5", ("execution.gpus",)),
            ("execution.memory={train: 8GB}", ("execution.memory",)),
            ("execution.idle_seconds=20", ("execution.idle_seconds",)),
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
        assert (change.free, change.rounds) == (free, ())

    @pytest.mark.parametrize(
        "override", ["execution.threads=2", "execution.device=cpu", "execution.micro_batch=4"]
    )
    def test_what_rounds_otherwise_is_told_apart(self, sweep_of: SweepOf, base: str, override: str):
        """No other key, but other bits: it goes on, and is said."""
        change = compare(sweep_of(), sweep_of(base, override))
        assert (change.kind, change.free) == (SAME, ())
        assert change.rounds == (override.partition("=")[0],)

    @pytest.mark.parametrize(
        ("override", "more"),
        [
            ("search.trials=60", "trials: 50 → 60"),
            ("seeds=4", "more seeds: 2 3"),
            ("intermediate.tasks=[mnli, qqp, siqa, squad]", "more intermediate tasks: squad"),
            ("intermediate.tasks=[squad, mnli, qqp, siqa]", "more intermediate tasks: squad"),
            ("intermediate.count=0..3", "more counts: 3"),
            ("targets=[{udpos: [en, de]}, {xnli: [en, sw]}, sib200]", "more targets: sib200"),
            ("targets=[{udpos: [en, de, fi]}, {xnli: [en, sw]}]", "more languages of udpos: fi"),
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
            ("search.options={n_ei_candidates: 9}", "search.options", "{}",
             "{'n_ei_candidates': 9}"),
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


class TestMetrics:
    def test_a_target_that_is_scored_otherwise_is_another_sweep(
        self, sweep_of: SweepOf, monkeypatch: pytest.MonkeyPatch
    ):
        """Its trials' scores would stand in one table with others, and choose among them."""
        sweep = sweep_of()
        inputs = ResolvedInputs(EncoderRef("one", "f" * 64, "/one"), SourceRef("hub"), {})
        before = computed(sweep, inputs)
        assert compare(sweep, sweep, before, computed(sweep, inputs)).differences == ()
        monkeypatch.setitem(TABLE, "udpos", replace(TABLE["udpos"], metric="panx"))
        (found,) = compare(sweep, sweep, before, computed(sweep, inputs)).differences
        assert (found.field, found.old, found.new) == ("metric of udpos", "udpos", "panx")
        earlier = {name: part for name, part in before.items() if name != "metrics"}
        assert compare(sweep, sweep, earlier, computed(sweep, inputs)).differences == ()


class TestWhatWouldBeComputed:
    @pytest.mark.parametrize(
        "override",
        [
            "recipe.target.warmup=0.1",
            "recipe.target={precision: float32, rows: null, head: new}",
            "recipe.tasks.udpos.epochs=10.0",
            "recipe.tasks.qqp.steps=100",
            "recipe.tasks={qqp: {steps: 100}, siqa: {steps: 100}}",
            "recipe.tasks.xnli={learning_rate: 2e-5, epochs: 5}",
            "recipe.train.stride=64",
            "intermediate.tasks=[siqa, qqp, mnli]",
            "targets=[{xnli: [sw, en]}, {udpos: [de, en]}]",
            "seeds=[1, 0]",
        ],
    )
    def test_the_same_in_other_words(self, sweep_of: SweepOf, base: str, override: str):
        """Defaults written out, fields in another layer, another order: nothing else is trained."""
        old = sweep_of()
        change = compare(old, sweep_of(base, override))
        assert (change.kind, change.differences) == (SAME, ())
        went_on = change.sweep
        assert (went_on.intermediate, went_on.seeds) == (old.intermediate, old.seeds)
        assert [target.task for target in went_on.targets] == ["udpos", "xnli"]

    @pytest.mark.parametrize(
        ("tasks", "override", "field"),
        [
            ("[qqp]", "recipe.tasks.mnli.steps=999", "recipe.tasks.mnli.steps"),
            ("[qqp]", "recipe.tasks.mnli.warmup=0.3", "recipe.tasks.mnli.warmup"),
            ("[qqp]", "recipe.tasks.mnli.learning_rate={choice: [1e-5, 2e-5]}",
             "recipe.tasks.mnli.learning_rate"),
            ("[qqp]", "recipe.tasks.xnli.epochs=2", "recipe.tasks.xnli.epochs"),
            ("[qqp]", "recipe.target.epochs=2", "recipe.target.epochs"),
            ("[qqp+siqa]", "recipe.tasks.siqa.learning_rate=1e-6",
             "recipe.tasks.siqa.learning_rate"),
            ("[qqp, siqa]", "recipe.tasks.qqp.steps=100", "recipe.tasks.qqp.steps"),
        ],
    )  # fmt: skip
    def test_other_training_in_any_layer(
        self, sweep_of: SweepOf, base: str, tasks: str, override: str, field: str
    ):
        """A target's training is named by what it trains on, a mixture's by its members."""
        text = base.replace("[mnli, qqp, siqa]", tasks).replace("0..2", "0..1")
        text = text.replace("steps: 100, ", "")
        change = compare(sweep_of(text), sweep_of(text, override))
        assert change.kind == DIFFERENT
        assert [difference.field for difference in change.differences] == [field]
        assert change.differences[0].old == "(not set)"

    def test_a_new_task_may_not_bring_another_training_of_a_target(
        self, sweep_of: SweepOf, base: str
    ):
        """XNLI trains on MNLI: fields of MNLI change what was scored, as soon as they are there."""
        old = base.replace("[mnli, qqp, siqa]", "[qqp, siqa]")
        change = compare(sweep_of(old), sweep_of(base, "recipe.tasks.mnli.steps=9"))
        assert [difference.field for difference in change.differences] == [
            "recipe.tasks.mnli.steps"
        ]
        assert compare(sweep_of(old), sweep_of(base)).kind == EXTENSION

    def test_a_searched_field_is_known_by_its_path(self, sweep_of: SweepOf, base: str):
        """The study holds values by path: the same range under another path is another search."""
        text = base.replace("learning_rate: {log: [1e-5, 5e-5]}", "")
        one, other = (
            sweep_of(text, *(f"recipe.{layer}.warmup={{float: [0, 0.5]}}" for layer in layers))
            for layers in (["train"], ["tasks.mnli", "tasks.qqp", "tasks.siqa"])
        )
        assert compare(one, other).kind == DIFFERENT

    def test_files_that_are_extended_are_read_through(
        self, sweep_of: SweepOf, write: Callable[..., object], base: str
    ):
        """Moving fields to another file is nothing; another number in that file is."""
        old = sweep_of(base)
        recipe = "recipe:\n  train: {steps: 100, learning_rate: {log: [1e-5, 5e-5]}}\n"
        for steps, kind in ((100, SAME), (101, DIFFERENT)):
            write(recipe.replace("100", str(steps)), "base.yaml")
            new = sweep_of("extends: base.yaml\n" + base.replace(recipe, ""))
            assert compare(old, new).kind == kind

    def test_another_versions_defaults(
        self, sweep_of: SweepOf, prepared_for: Callable[..., ResolvedInputs], base: str
    ):
        """What the old version trained is kept with the study; the way back is to write it out."""
        sweep = sweep_of()
        then, now = (computed(sweep, prepared_for(sweep)) for _ in range(2))
        recipes = json.loads(json.dumps(then["recipes"]))
        recipes["mnli for xnli"]["epochs"] = 3.0
        numerics = {"stage train": 0, "method plain": 1, "of another time": 3}
        then = then | {"recipes": recipes, "numerics": numerics}
        change = compare(sweep, sweep, then, now)
        assert change.differences == (
            Difference("epochs of mnli for xnli", "3.0 by default", "5.0 by default"),
        )
        (note,) = change.numerics
        assert note in change.notes and "other numbers" in note
        assert note.startswith("stage train: version 1, the sweep was computed with version 0")
        mended = sweep_of(base, "recipe.tasks.xnli.epochs=3")
        assert compare(sweep, mended, then, computed(mended, prepared_for(mended))).kind == SAME

    def test_a_field_that_is_new_in_this_version(
        self, sweep_of: SweepOf, prepared_for: Callable[..., ResolvedInputs]
    ):
        """A record that does not know it yet had it at its default."""
        sweep = sweep_of()
        now = computed(sweep, prepared_for(sweep))
        recipes = {
            stage: {k: v for k, v in own.items() if k != "precision"}
            for stage, own in now["recipes"].items()
        }
        assert compare(sweep, sweep, now | {"recipes": recipes}, now).kind == SAME

    def test_data_that_come_and_go(self, sweep_of: SweepOf):
        """More than was there extends, as nobody named languages; what is gone is missed."""
        sweep = sweep_of()
        few = {"encoder": "e" * 64, "data": {"xnli/en/dev": "a" * 64}}
        many = few | {"data": few["data"] | {"xnli/sw/dev": "b" * 64}}
        assert compare(sweep, sweep, few, many).more == ("data: xnli/sw/dev",)
        gone = compare(sweep, sweep, many, few).differences
        assert [(one.field, one.new) for one in gone] == [("data of xnli/sw/dev", "(gone)")]

    def test_a_target_may_not_make_a_task_unthinkable(self, sweep_of: SweepOf):
        """With `overlap: exclude`, XNLI leaves MNLI out, which was proposed before."""
        text = "intermediate: {tasks: [mnli, qqp], overlap: exclude}\ntargets: [udpos]\n"
        change = compare(sweep_of(text), sweep_of(text, "targets=[udpos, xnli]"))
        assert [difference.field for difference in change.differences] == ["intermediate task mnli"]
        assert compare(sweep_of(text), sweep_of(text, "targets=[udpos, xquad]")).kind == EXTENSION


BLANK = Sweep("x", "e", "lab", Intermediate((), (0,)), (), (), {})


def _leaves(value: Any, *trail: str) -> Iterator[tuple[str, ...]]:
    """Every field of a sweep that holds a value, those of its parts included."""
    for each in fields(value):
        inner = getattr(value, each.name)
        if is_dataclass(inner) and not isinstance(inner, Range):
            yield from _leaves(inner, *trail, each.name)
        else:
            yield (*trail, each.name)


def _with(value: Any, trail: tuple[str, ...], change: Callable[[Any], Any]) -> Any:
    name, *rest = trail
    inner = getattr(value, name)
    return replace(value, **{name: _with(inner, tuple(rest), change) if rest else change(inner)})


def _other(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}x"
        case None:
            return 7
        case tuple():
            return value[1:] if value else ("mnli",)
        case _:
            return {**value, "train": {"steps": 77}}


@pytest.mark.parametrize("field", [".".join(t) for t in _leaves(BLANK)])
def test_no_field_of_a_sweep_can_change_unnoticed(sweep_of: SweepOf, base: str, field: str):
    """A field that is new to sweeps is compared, or here is where it is found to be forgotten."""
    if field in ("source", "places"):  # what was written, and where: no part of what a sweep is
        return
    old = sweep_of(base, "search.window=3")
    new = _with(old, tuple(field.split(".")), _other)
    change = compare(old, new)
    assert change.differences or change.more or change.free or change.rounds, field
    assert compare(old, old).kind == "same"
