"""Reading a sound spec: what is written, what is filled in, what lies on what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sweeps.spec.read import read_spec
from sweeps.spec.sweep import Range, Sweep, Target
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Step

SweepOf = Callable[..., Sweep]
MINIMAL = "intermediate: {tasks: [mnli, qqp]}\ntargets: [xnli]\n"


class TestDefaults:
    def test_two_lines_are_a_sweep(self, sweep_of: SweepOf, monkeypatch, tmp_path: Path):
        """All that must be written is which tasks for which targets."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("XLT_RUNS", raising=False)
        sweep = sweep_of(MINIMAL)
        assert (sweep.name, sweep.encoder, sweep.data) == ("small", "xlm-roberta-base", "hub")
        assert sweep.intermediate.counts == (0, 1, 2)
        assert sweep.targets == (Target("xnli", None),)
        assert sweep.seeds == (0, 1, 2)
        assert sweep.splits == ("dev", "test")
        assert (sweep.search.method, sweep.search.trials, sweep.search.window) == ("tpe", 50, 16)
        assert (sweep.objective.split, sweep.objective.languages) == ("dev", "english")
        assert sweep.store == str(tmp_path / "runs" / "stages")
        assert sweep.tracking == f"sqlite:///{tmp_path}/runs/mlflow.db"
        assert sweep.storage == f"sqlite:///{tmp_path}/runs/small/study.db"

    def test_a_grid_goes_through_the_whole_space(self, sweep_of: SweepOf):
        """A grid without a number of trials has no end but its own."""
        assert sweep_of(MINIMAL, "search.method=grid").search.trials is None

    def test_the_window_follows_the_concurrency(self, sweep_of: SweepOf):
        """Four times what runs at once, so that nobody waits."""
        assert sweep_of(MINIMAL, "execution.concurrency=8").search.window == 32
        assert sweep_of(MINIMAL, "search.window=3").search.window == 3

    def test_runs_may_lie_elsewhere(self, sweep_of: SweepOf, monkeypatch, tmp_path: Path):
        """`XLT_RUNS` moves sweeps and what they share."""
        monkeypatch.setenv("XLT_RUNS", str(tmp_path / "elsewhere"))
        assert sweep_of(MINIMAL).store == str(tmp_path / "elsewhere" / "stages")

    def test_a_field_without_a_value_is_not_written(self, sweep_of: SweepOf):
        """`search:` with nothing after it means the default."""
        assert sweep_of(MINIMAL + "search:\nseeds:\n") == sweep_of(MINIMAL)


class TestForms:
    @pytest.mark.parametrize(
        ("written", "counts"),
        [("0..2", (0, 1, 2)), ("1..2", (0, 1, 2)), ("[0, 2]", (0, 2)), ("2", (0, 2)), ("0", (0,))],
    )
    def test_counts(self, sweep_of: SweepOf, written: str, counts: tuple[int, ...]):
        """The baseline is always among the counts."""
        assert sweep_of(MINIMAL, f"intermediate.count={written}").intermediate.counts == counts

    @pytest.mark.parametrize(("written", "seeds"), [("2", (0, 1)), ("[13, 42]", (13, 42))])
    def test_seeds(self, sweep_of: SweepOf, written: str, seeds: tuple[int, ...]):
        """A number of seeds, or the seeds themselves."""
        assert sweep_of(MINIMAL, f"seeds={written}").seeds == seeds

    @pytest.mark.parametrize(
        "written",
        ["[{udpos: [en, de]}]", "{udpos: [de, en]}", "[{udpos: {languages: [en, de]}}]"],
    )
    def test_targets_with_languages(self, sweep_of: SweepOf, written: str):
        """Every way of writing a target's languages means the same."""
        assert sweep_of(MINIMAL, f"targets={written}").targets == (Target("udpos", ("de", "en")),)

    def test_all_languages(self, sweep_of: SweepOf):
        """`all` is every language with data, whatever the default list says."""
        text = MINIMAL.replace("[xnli]", "[xnli: all, udpos: {languages: all}]")
        found = sweep_of(text, "languages=[en]").targets
        assert found == (Target("xnli", None), Target("udpos", None))

    def test_default_languages_are_those_a_target_has(self, sweep_of: SweepOf):
        """One list serves all targets; each takes what it has."""
        text = MINIMAL.replace("[xnli]", "[xnli, udpos, sib200: [ka]]")
        found = sweep_of(text, "languages=[en, fi, sw]").targets
        assert [target.languages for target in found] == [("en", "sw"), ("en", "fi"), ("ka",)]

    def test_norwegian_is_not_false(self, sweep_of: SweepOf):
        """`no` is a language's code here, and `yes` no boolean (YAML 1.1 says otherwise)."""
        with pytest.raises(UserMistake, match="'no' is not a language's code"):
            sweep_of(MINIMAL.replace("[xnli]", "[{xnli: [en, no]}]"))

    @pytest.mark.parametrize("written", ["1e-5", "0.00001", "1.0e-05", "1E-5"])
    def test_rates_are_numbers_however_written(self, sweep_of: SweepOf, written: str):
        """`1e-5` is a number (in YAML 1.1 it would be a text)."""
        sweep = sweep_of(MINIMAL, f"recipe.train.learning_rate={written}")
        assert sweep.recipe["train"] == {"learning_rate": 1e-5}

    def test_thousands_may_be_set_apart(self, sweep_of: SweepOf):
        """`10_000` is ten thousand."""
        assert sweep_of(MINIMAL, "recipe.train.steps=10_000").recipe["train"] == {"steps": 10000}

    @pytest.mark.parametrize(
        ("field", "written", "found"),
        [
            ("learning_rate", "{log: [1e-5, 5e-5]}", Range("log", 1e-5, 5e-5)),
            ("warmup", "{float: [0, 0.5]}", Range("float", 0.0, 0.5)),
            ("steps", "{int: [10, 20]}", Range("int", 10, 20)),
            ("epochs", "{int: [1, 3]}", Range("int", 1, 3)),
            ("batch_size", "{choice: [16, 32]}", Range("choice", choices=(16, 32))),
            ("head", "{choice: [new, keep]}", Range("choice", choices=("new", "keep"))),
            ("freeze", "{choice: [none, layers:2]}", Range("choice", choices=("none", "layers:2"))),
        ],
    )
    def test_ranges_are_searched(self, sweep_of: SweepOf, field: str, written: str, found: Range):
        """A range stands under its dotted path."""
        sweep = sweep_of(MINIMAL, f"recipe.train.{field}={written}")
        assert sweep.searched() == {f"recipe.train.{field}": found}

    @pytest.mark.parametrize(
        ("written", "parts"),
        [("none", ()), ("embeddings", ("embeddings",)), ("[layers:3]", ("layers:3",))],
    )
    def test_freeze(self, sweep_of: SweepOf, written: str, parts: tuple[str, ...]):
        """One word or a list."""
        sweep = sweep_of(MINIMAL, f"recipe.target.freeze={written}")
        assert sweep.recipe["target"]["freeze"] == parts

    def test_plans_may_be_listed(self, sweep_of: SweepOf):
        """Explicit plans are the space; steps and counts follow from them."""
        text = "intermediate: {plans: [mnli>qqp, qqp + mnli, (none)]}\ntargets: [xnli]\n"
        found = sweep_of(text).intermediate
        assert found.plans == ("mnli > qqp", "mnli+qqp", "(none)")
        assert found.counts == (0, 1, 2)
        assert set(found.tasks) == {Step.parse("mnli"), Step.parse("qqp"), Step.parse("mnli+qqp")}

    def test_anchors_and_merge_keys_work(self, sweep_of: SweepOf):
        """YAML's own means of not writing things twice."""
        text = MINIMAL + (
            "recipe:\n  train: &a {steps: 5, batch_size: 8}\n  target: {<<: *a, steps: 7}\n"
        )
        assert sweep_of(text).recipe["target"] == {"steps": 7, "batch_size": 8}


class TestLayers:
    def test_extends_lays_one_file_on_another(self, write: Callable[..., Path]):
        """What the upper file does not say, the lower one does."""
        write(MINIMAL + "seeds: 1\nrecipe: {train: {batch_size: 8}}\n", "base.yaml")
        upper = write("extends: ../base.yaml\nseeds: 2\nrecipe: {train: {steps: 9}}\n", "a/b.yaml")
        sweep = read_spec(upper)
        assert sweep.seeds == (0, 1)
        assert sweep.recipe["train"] == {"batch_size": 8, "steps": 9}
        assert sweep.name == "b"
        assert "extends" not in sweep.source

    def test_mistakes_name_the_file_they_stand_in(self, write: Callable[..., Path]):
        """A mistake of the lower file is not blamed on the upper."""
        write(MINIMAL + "seeds: 0\n", "base.yaml")
        with pytest.raises(UserMistake, match=r"base.yaml, line 3, seeds"):
            read_spec(write("extends: base.yaml\n"))

    def test_circles_are_found_however_long(self, write: Callable[..., Path]):
        """a extends b extends c extends a."""
        for name, below in (("a", "b"), ("b", "c"), ("c", "a")):
            write(f"extends: {below}.yaml\n", f"{name}.yaml")
        with pytest.raises(UserMistake, match=r"a.yaml → b.yaml → c.yaml → a.yaml"):
            read_spec(write("extends: b.yaml\n", "a.yaml"))

    def test_a_range_is_replaced_whole(self, sweep_of: SweepOf, base: str):
        """`choice` over `log` is a choice, not both."""
        sweep = sweep_of(base, "recipe.train.learning_rate={choice: [1e-5, 2e-5]}")
        assert sweep.searched() == {
            "recipe.train.learning_rate": Range("choice", choices=(1e-5, 2e-5))
        }

    def test_a_later_length_replaces_an_earlier_one(self, sweep_of: SweepOf, base: str):
        """`--set …epochs` over a file's `steps` is no contradiction."""
        assert "steps" not in sweep_of(base, "recipe.train.epochs=1").recipe["train"]

    def test_later_overrides_win(self, sweep_of: SweepOf, base: str):
        """The last of two counts."""
        assert sweep_of(base, "seeds=4", "seeds=1").seeds == (0,)

    def test_overrides_reach_what_is_not_written(self, sweep_of: SweepOf):
        """Sections are made where there are none."""
        sweep = sweep_of(MINIMAL, "recipe.tasks.mnli.steps=5")
        assert sweep.recipe["tasks"] == {"mnli": {"steps": 5}}


class TestPlaces:
    def test_folders_are_looked_for_beside_the_spec_first(
        self, write: Callable[..., Path], tmp_path: Path, monkeypatch
    ):
        """A folder beside the spec wins over one in the current folder."""
        (tmp_path / "data").mkdir()
        (tmp_path / "specs" / "data").mkdir(parents=True)
        monkeypatch.chdir(tmp_path)
        spec = write(MINIMAL + "data: data\n", "specs/a.yaml")
        assert read_spec(spec).data == str(tmp_path / "specs" / "data")

    def test_folders_are_then_looked_for_in_the_current_folder(
        self, write: Callable[..., Path], tmp_path: Path, monkeypatch
    ):
        """So that shipped specs work from the project's root."""
        (tmp_path / "data").mkdir()
        monkeypatch.chdir(tmp_path)
        spec = write(MINIMAL + "data: {folder: data}\n", "specs/a.yaml")
        assert read_spec(spec).data == str(tmp_path / "data")

    def test_a_folder_of_the_lower_file_lies_beside_the_lower_file(
        self, write: Callable[..., Path], tmp_path: Path
    ):
        """A path means the same whoever extends its file."""
        (tmp_path / "base" / "data").mkdir(parents=True)
        write(MINIMAL + "data: {folder: data}\n", "base/base.yaml")
        spec = write("extends: base/base.yaml\n")
        assert read_spec(spec).data == str(tmp_path / "base" / "data")

    def test_a_bare_name_is_a_hub_id(self, sweep_of: SweepOf, tmp_path: Path, monkeypatch):
        """Unless a folder of that name holds an encoder."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "mbert").mkdir()
        assert sweep_of(MINIMAL, "encoder=mbert").encoder == "mbert"
        (tmp_path / "mbert" / "config.json").write_text("{}")
        assert sweep_of(MINIMAL, "encoder=mbert").encoder == str(tmp_path / "mbert")

    def test_urls_stay_and_paths_become_absolute(self, sweep_of: SweepOf, tmp_path, monkeypatch):
        """Workers elsewhere have another current folder."""
        monkeypatch.chdir(tmp_path)
        sweep = sweep_of(
            MINIMAL, "store=s3://bucket/stages", "tracking=http://host:5000", "storage=mine.db"
        )
        assert (sweep.store, sweep.tracking) == ("s3://bucket/stages", "http://host:5000")
        assert sweep.storage == f"sqlite:///{tmp_path}/mine.db"
