"""What can be known of a sweep and its encoder before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sweeps.spec.fits import beyond_limits, too_long, unservable
from sweeps.spec.sweep import Sweep
from xlt_core.models.limits import Limits
from xlt_core.tasks import TABLE, all_tasks, get_task

Read = Callable[..., Sweep]


class TestLengths:
    """`max_length` beyond the encoder's positions, wherever it comes from."""

    @pytest.mark.parametrize(
        ("overrides", "places", "said"),
        [
            ((), 128, []),
            ((), 127, ["mnli", "qqp", "siqa", "udpos", "mnli"]),
            ((), None, []),
            (("recipe.train.max_length=512",), 512, []),
            (("recipe.train.max_length=513",), 512, ["mnli", "qqp", "siqa"]),
            (("recipe.target.max_length=513",), 512, ["udpos", "mnli"]),
            (("recipe.tasks.qqp.max_length=600",), 512, ["qqp"]),
            (("recipe.tasks.qqp.max_length={choice: [64, 600]}",), 512, ["qqp"]),
            (("recipe.train.max_length={int: [64, 512]}",), 512, []),
            (("recipe.train.max_length={int: [64, 513]}",), 512, ["mnli", "qqp", "siqa"]),
        ],
    )
    def test_each_task_that_is_too_long_is_named(
        self, sweep_of: Read, base: str, overrides: tuple[str, ...], places: int | None, said: list
    ):
        found = list(too_long(sweep_of(base, *overrides), "xlm-roberta-base", places))
        assert [mistake.what.split(" for ")[1].split(",")[0] for mistake in found] == said
        assert all(f"{places} or less" in mistake.remedy for mistake in found)

    def test_the_task_s_own_default_counts(self, sweep_of: Read, base: str):
        """SQuAD reads 384 tokens, which a small encoder has no positions for."""
        sweep = sweep_of(base, "intermediate.tasks=[squad]", "intermediate.count=0..1")
        (mistake,) = too_long(sweep, sweep.encoder, 130)
        assert "384 tokens for squad" in mistake.what
        assert "recipe.tasks.squad.max_length: 130" in mistake.remedy


class TestLimits:
    """What an encoder cannot be asked for, wherever a recipe of the sweep may ask it."""

    @pytest.mark.parametrize(
        ("overrides", "said"),
        [
            ((), []),
            (("recipe.target.freeze=layers:2",), []),
            (("recipe.target.freeze=none",), []),
            (("recipe.target.freeze=layers:3",), ["recipe.target.freeze"]),
            (("recipe.train.freeze=layers:999999999",), ["recipe.train.freeze"]),
            (("recipe.train.freeze=[layers:1, layers:3]",), ["recipe.train.freeze"]),
            (("recipe.train.freeze={choice: [none, layers:1]}",), []),
            (("recipe.train.freeze={choice: [none, layers:3]}",), ["recipe.train.freeze"]),
            (("recipe.tasks.qqp.freeze=layers:3",), ["recipe.tasks.qqp.freeze"]),
            (("recipe.tasks.udpos.freeze=layers:3",), ["recipe.tasks.udpos.freeze"]),
            (("recipe.train.freeze=embeddings",), ["recipe.train.freeze"]),
            (("recipe.train.attention_dropout=0.1",), []),
            (("recipe.train.attention_dropout=0.2",), ["recipe.train.attention_dropout"]),
            (("recipe.target.attention_dropout={choice: [0.1, 0]}",),
             ["recipe.target.attention_dropout"]),
            (("recipe.target.attention_dropout={float: [0.1, 0.2]}",),
             ["recipe.target.attention_dropout"]),
            (("recipe.target.attention_dropout={float: [0, 0.1]}",),
             ["recipe.target.attention_dropout"]),
            (("recipe.tasks.xnli.attention_dropout=0", "recipe.train.freeze=layers:9"),
             ["recipe.tasks.xnli.attention_dropout", "recipe.train.freeze"]),
            (("intermediate.tasks=[qqp+siqa, mnli]", "recipe.tasks.siqa.attention_dropout=0"),
             ["recipe.tasks.siqa.attention_dropout"]),
            (("intermediate.tasks=null", "intermediate.count=null",
              "intermediate.plans=[mnli > qqp]", "recipe.tasks.qqp.freeze=layers:3"),
             ["recipe.tasks.qqp.freeze"]),
        ],
    )  # fmt: skip
    def test_each_is_named_by_its_path(
        self, sweep_of: Read, base: str, overrides: tuple[str, ...], said: list[str]
    ):
        """Of two layers with no table of embeddings, and with attention dropout of its own."""
        own = Limits("of-a-kind", layers=2, has_table=False, attention_dropout=0.1)
        found = list(beyond_limits(sweep_of(base, *overrides), own))
        assert sorted({mistake.where for mistake in found}) == [f"--set {path}" for path in said]
        assert all(mistake.remedy for mistake in found)

    @pytest.mark.parametrize(
        "override", ["recipe.train.freeze=embeddings", "recipe.train.attention_dropout=0.2"]
    )
    def test_what_it_can_do_it_may_be_asked_for(self, sweep_of: Read, base: str, override: str):
        bert = Limits("bert", layers=2, has_table=True, attention_dropout=None)
        assert not list(beyond_limits(sweep_of(base, override), bert))


class TestHeads:
    """A target is scored with the head of what it trains on last."""

    @pytest.mark.parametrize("task", [task.name for task in all_tasks() if task.is_target])
    def test_every_target_of_the_table_is_served(self, sweep_of: Read, base: str, task: str):
        assert not list(unservable(sweep_of(base, f"targets=[{task}]")))

    @pytest.mark.parametrize(
        "changes",
        [
            {"labels": ("entailment", "not_entailment")},
            {"labels": ("yes", "no", "maybe")},
            {"kind": "tagging"},
            {"kind": "span", "labels": ()},
            {"trains_on": ("siqa",)},
            {"trains_on": ("mnli", "scitail")},
        ],
    )
    def test_labels_that_no_head_has_are_refused(
        self, sweep_of: Read, base: str, monkeypatch: pytest.MonkeyPatch, changes: dict
    ):
        sweep = sweep_of(base)
        monkeypatch.setitem(TABLE, "xnli", replace(get_task("xnli"), **changes))
        (mistake,) = unservable(sweep)
        assert mistake.where.endswith("small.yaml, line 8, targets")
        assert "xnli is" in mistake.what
