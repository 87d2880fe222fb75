"""A user's mistakes: each named by file, line and field, with what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeps.spec.read import read_spec
from xlt_core.vocabulary.errors import UserMistake

# Lines 1–5 of most specs below; what follows begins in line 6.
HEAD = "name: x\nintermediate:\n  tasks: [mnli, qqp]\n  count: 0..1\ntargets: [xnli]\n"

# (what is wrong, the spec, texts that the report holds: place, cause, remedy)
BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20)
)
MERGES = "m0: &m0 {x: 1}\n" + "".join(
    f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 20)
)
BROKEN = [
    # YAML
    ("empty", "", ["small.yaml", "is empty", "intermediate"]),
    ("only a comment", "# later\n", ["is empty"]),
    ("a list", "- mnli\n- qqp\n", ["a list, not a mapping", "field: value"]),
    ("a word", "mnli\n", ["a single value, not a mapping"]),
    ("tab", "name: x\nrecipe:\n\ttrain: 1\n", ["line 3, column 1", "a tab", "spaces"]),
    ("open bracket", "name: x\ntargets: [xnli\nseeds: 3\n", ["line 3", "is not YAML"]),
    (
        "no space",
        "name: x\nintermediate:\n  count:0..2\n  tasks: [mnli]\n",
        ["line 3", "'count:0..2' is one word", "a space belongs after the colon: count: 0..2"],
    ),
    ("colon", "name: x: y\n", ["line 1, column 8", "is not YAML"]),
    ("language in a flow list", "targets: [udpos]\nintermediate:\n  tasks: [mnli, panx[ru]]\n",
     ["line 3", "quotes", "['panx[ru]']"]),
    ("two documents", HEAD + "---\nname: y\n", ["line 6", "second document"]),
    ("python tag", HEAD + "store: !!python/name:os.system x\n", ["line 6, store", "tag"]),
    ("contains itself", HEAD + "search: &a\n  options: *a\n", ["line 6", "contains itself"]),
    ("unknown anchor", HEAD + "search: *a\n", ["line 6", "undefined alias"]),
    ("twice", HEAD + "seeds: 2\nname: y\n", ["line 7, name", "line 1", "line 7", "keep one"]),
    ("twice, deep", HEAD + "recipe:\n  train:\n    steps: 1\n    steps: 2\n",
     ["line 9, recipe.train.steps", "line 8"]),
    ("key is a list", HEAD + "[a, b]: 1\n", ["line 6", "not a word"]),
    ("another line end", "-\x85\x85&x [*x]", ["line 3", "is not YAML"]),
    ("nested deeply", "name: " + "[" * 3000, ["nested too deeply"]),
    # names of fields
    ("unknown field", HEAD + "reciepe: {}\n", ["line 6, reciepe", "did you mean recipe?"]),
    ("unknown in a section", HEAD + "search:\n  trails: 4\n",
     ["line 7, search.trails", "did you mean trials?"]),
    ("unknown in a layer", HEAD + "recipe:\n  train: {learningrate: 1e-5}\n",
     ["line 7, recipe.train.learningrate", "did you mean learning_rate?"]),
    ("unknown in a task's layer", HEAD + "recipe:\n  tasks:\n    mnli: {stepz: 4}\n",
     ["line 8, recipe.tasks.mnli.stepz", "did you mean steps?"]),
    ("in the wrong section", HEAD + "trials: 4\n",
     ["line 6, trials", "did you mean search.trials?"]),
    ("one target", HEAD.replace("targets", "target"), ["did you mean targets or recipe.target?"]),
    ("one seed", HEAD + "seed: 3\n", ["line 6, seed", "did you mean seeds or search.seed?"]),
    ("recipe field on top", HEAD + "batch_size: 4\n", ["recipe.train.batch_size"]),
    ("stopping early", HEAD + "recipe:\n  target: {early_stopping: true}\n",
     ["line 7, recipe.target.early_stopping", "target language"]),
    # addresses
    ("tracking to nothing known", HEAD + "tracking: gopher://x\n",
     ["line 6, tracking", "gopher://", "runs/mlflow.db"]),
    ("tracking misspelled", HEAD + "tracking: htpps://host\n",
     ["line 6, tracking", "did you mean https://?"]),
    ("tracking to a store", HEAD + "tracking: s3://bucket/x\n", ["line 6, tracking", "s3://"]),
    ("tracking without http", HEAD + "tracking: host.example:5000\n",
     ["line 6, tracking", "http://host.example:5000"]),
    ("study in nothing known", HEAD + "storage: gopher://x\n", ["line 6, storage", "gopher://"]),
    ("study on a web server", HEAD + "storage: http://host/x\n", ["line 6, storage", "http://"]),
    ("tracking without a host", HEAD + "tracking: http://\n", ["line 6, tracking", "no host"]),
    ("tracking in files", HEAD + "tracking: file:runs\n", ["line 6, tracking", "folder"]),
    ("tracking in a folder", HEAD + "tracking: /tmp\n", ["line 6, tracking", "folder"]),
    # required
    ("nothing asked", "name: x\n", ["intermediate is missing", "targets is missing", "[xnli]"]),
    ("no plans", "intermediate: {count: 0..1}\ntargets: [xnli]\n",
     ["line 1, intermediate", "neither tasks nor plans"]),
    ("no target", "intermediate: {tasks: [mnli]}\ntargets: []\n", ["line 2, targets", "no target"]),
    # names
    ("name with a slash", HEAD.replace("name: x", "name: a/b"),
     ["line 1, name", "'a/b'", "letters"]),
    ("shared folder", HEAD.replace("name: x", "name: stages"), ["line 1, name", "share"]),
    ("name is a number", HEAD.replace("name: x", "name: 2024"), ["line 1, name", "'2024'"]),
    ("unknown task", HEAD.replace("qqp", "qpp"),
     ["line 3, intermediate.tasks", "'qpp'", "mean qqp?"]),
    ("unknown target", HEAD.replace("[xnli]", "[xnIi]"), ["line 5, targets", "is not a task"]),
    ("target in between", HEAD.replace("qqp", "xnli"), ["line 3", "xnli is a target, not an"]),
    ("no target by role", HEAD.replace("[xnli]", "[mnli]"), ["line 5", "not a target", "udpos"]),
    ("not a step", HEAD.replace("qqp", "'qqp +'"), ["line 3", "is not a task"]),
    ("task in no such language", HEAD.replace("qqp", "'qqp[de]'"), ["line 3", "no data in de"]),
    ("unknown language", HEAD.replace("[xnli]", "[{xnli: [en, qq]}]"),
     ["line 5", "'qq' is not a lang"]),
    ("not the target's language", HEAD.replace("[xnli]", "[{xnli: [en, fi]}]"),
     ["line 5, targets", "xnli has no data in fi", "sw"]),
    ("language nobody has", HEAD + "languages: [en, wo]\n",
     ["line 6, languages", "no target", "wo"]),
    ("languages in words", HEAD + "languages: {en: 1}\n", ["line 6, languages", "write all"]),
    ("target twice", HEAD.replace("[xnli]", "[xnli, {xnli: [en]}]"), ["line 5", "stands twice"]),
    ("odd target", HEAD.replace("[xnli]", "[3]"), ["line 5, targets", "is not a target"]),
    ("field of a target", HEAD.replace("[xnli]", "[{xnli: {langs: [en]}}]"),
     ["line 5", "languages?"]),
    ("method", HEAD + "search: {method: tpx}\n", ["line 6, search.method", "did you mean tpe?"]),
    ("recipe of a stranger", HEAD + "recipe:\n  tasks:\n    siqa: {steps: 4}\n",
     ["line 8, recipe.tasks.siqa", "nothing in this sweep is trained on siqa"]),
    # plans
    ("count backwards", HEAD.replace("0..1", "3..0"), ["line 4, intermediate.count", "write 0..3"]),
    ("count is a word", HEAD.replace("0..1", "few"), ["line 4", "'few' is not a count", "0..3"]),
    ("count too great", HEAD.replace("0..1", "0..9"), ["line 4", "a plan of 9", "0..2"]),
    ("task twice", HEAD.replace("qqp", "mnli"), ["line 3", "mnli stands twice"]),
    ("mixture twice", HEAD.replace("mnli, qqp", "mnli+qqp, 'qqp + mnli[en]'"),
     ["line 3", "mnli+qqp stands twice"]),
    ("order", HEAD.replace("count: 0..1", "order: anny"),
     ["line 4", "'anny'", "did you mean any?"]),
    ("plans and tasks", HEAD.replace("count: 0..1", "plans: [mnli]"), ["line 3", "beside plans"]),
    ("plan repeats", HEAD.replace("tasks: [mnli, qqp]\n  count: 0..1", "plans: [mnli > mnli]"),
     ["line 3, intermediate.plans", "repeats a step"]),
    # numbers
    ("a word for a number", HEAD + "recipe: {train: {steps: many}}\n",
     ["line 6, recipe.train.steps", "whole number, not 'many'", "{int: [a, b]}"]),
    ("a fraction of a step", HEAD + "recipe: {train: {steps: 1.5}}\n", ["whole number, not 1.5"]),
    ("no batch", HEAD + "recipe: {train: {batch_size: 0}}\n", ["at least 1, not 0"]),
    ("a rate of two", HEAD + "recipe: {train: {learning_rate: 2}}\n", ["above 0 and at most 1"]),
    ("not a number", HEAD + "recipe: {train: {learning_rate: .nan}}\n", ["finite number"]),
    ("true", HEAD + "recipe: {train: {steps: true}}\n", ["whole number, not True"]),
    ("steps and epochs", HEAD + "recipe:\n  train:\n    steps: 3\n    epochs: 1\n",
     ["line 9, recipe.train.epochs", "both given"]),
    ("range upside down", HEAD + "recipe: {train: {learning_rate: {log: [5e-5, 1e-5]}}}\n",
     ["line 6, recipe.train.learning_rate", "write {log: [1e-05, 5e-05]}"]),
    ("log from nought", HEAD + "recipe: {train: {learning_rate: {log: [0, 1e-5]}}}\n", ["above 0"]),
    ("one end", HEAD + "recipe: {train: {learning_rate: {log: [1e-5]}}}\n", ["two ends"]),
    ("unknown range", HEAD + "recipe: {train: {learning_rate: {logg: [1, 2]}}}\n",
     ["is not a range", "{log: [a, b]}"]),
    ("fractions of steps", HEAD + "recipe: {train: {steps: {log: [1, 9]}}}\n", ["{int: [a, b]}"]),
    ("range over the bounds", HEAD + "recipe: {train: {warmup: {float: [0, 3]}}}\n", ["at most 1"]),
    ("no choice", HEAD + "recipe: {train: {steps: {choice: []}}}\n", ["choice wants a list"]),
    ("choice twice", HEAD + "recipe: {train: {steps: {choice: [1, 1]}}}\n", ["names 1 twice"]),
    ("nothing to freeze", HEAD + "recipe: {train: {freeze: head}}\n", ["layers:N"]),
    ("precision", HEAD + "recipe: {train: {precision: half}}\n", ["float32, bfloat16"]),
    ("no such tracking", HEAD + "tracking: gopher://x\n", ["line 6, tracking", "gopher://"]),
    ("no seeds", HEAD + "seeds: 0\n", ["line 6, seeds", "too few"]),
    # names that may stand there: all of them, the likest first
    ("a lab task", HEAD.replace("mnli, qqp", "lab-pears"),
     ["line 3", "did you mean lab-pairs? there are: lab-pairs, lab-", "sib200"]),
    ("a lab target", HEAD.replace("[xnli]", "[lab-nil]"),
     ["line 5", "did you mean lab-nli? there are: lab-nli,", "sib200"]),
    ("no task at all", HEAD.replace("mnli, qqp", "zzz"), ["line 3", "there are: mnli,", "lab-t"]),
    ("a target as a task", HEAD.replace("mnli, qqp", "xnli"),
     ["line 3", "xnli is a target", "there are: ", "lab-pairs"]),
    ("a task as a target", HEAD.replace("[xnli]", "[mnli]"),
     ["line 5", "mnli is an intermediate task", "there are: xnli", "lab-nli"]),
    ("a task's languages beside it", HEAD.replace("[mnli, qqp]", "[{panx: [ru, de]}]"),
     ["line 3", "stands in its name", "write 'panx[ru]', 'panx[de]'"]),
    ("a task's languages that it has not", HEAD.replace("[mnli, qqp]", "[{mnli: [ru]}]"),
     ["line 3", "mnli has no data in ru", "mnli has en"]),
    ("a target's language in its name", HEAD.replace("[xnli]", "['xnli[sw]']"),
     ["line 5", "stand beside its name", "write xnli: [sw]"]),
    ("a target's language that it has not", HEAD.replace("[xnli]", "['xnli[fi]']"),
     ["line 5", "xnli has no data in fi", "xnli has ar"]),
    ("a language by its name", HEAD + "languages: [german]\n",
     ["line 6, languages", "did you mean de (German)? there are: ", "zu"]),
    ("a field's name", HEAD + "search: {trails: 3}\n",
     ["line 6, search.trails", "did you mean trials? there are: trials, method, seed"]),
    ("a method's name", HEAD + "search: {method: tep}\n", ["there are: tpe, grid, random"]),
    ("a task of a layer", HEAD + "recipe: {tasks: {qpq: {steps: 3}}}\n",
     ["line 6, recipe.tasks.qpq", "did you mean qqp? there are: qqp,", "lab-nli"]),
    ("seed twice", HEAD + "seeds: [1, 1]\n", ["line 6, seeds", "names a seed twice: 1"]),
    ("count twice", HEAD.replace("0..1", "[1, 0, 1]"), ["line 4", "names a count twice: 1"]),
    ("language twice", HEAD + "languages: [en, sw, en]\n",
     ["line 6, languages", "names a language twice: en", "once"]),
    ("a target's language twice", HEAD.replace("[xnli]", "[{xnli: [sw, sw]}]"),
     ["line 5", "names a language twice: sw"]),
    ("languages twice in words", HEAD + "languages: en en\n", ["line 6", "twice: en"]),
    ("member twice", HEAD.replace("mnli, qqp", "'qqp+mnli+qqp[en]'"),
     ["line 3", "names a member twice: qqp"]),
    ("plan twice", "intermediate:\n  plans: [mnli > qqp, mnli>qqp]\ntargets: [xnli]\n",
     ["line 2, intermediate.plans", "`mnli > qqp` stands twice"]),
    ("part twice", HEAD + "recipe: {train: {freeze: [embeddings, embeddings]}}\n",
     ["line 6, recipe.train.freeze", "names embeddings twice"]),
    ("a study in a word", HEAD + "storage: banana\n",
     ["line 6, storage", "'banana' is neither", "banana.db", "postgresql://"]),
    ("tracking to a word", HEAD + "tracking: banana\n",
     ["line 6, tracking", "'banana' is neither"]),
    ("no trials", HEAD + "search: {trials: 0}\n", ["search.trials", "at least 1, not 0"]),
    ("trials quoted", HEAD + "search: {trials: '9'}\n", ["search.trials", "whole number"]),
    ("two GPUs", HEAD + "execution: {gpus: 2}\n", ["execution.gpus", "gpus: 2", "to come"]),
    ("minus a GPU", HEAD + "execution: {gpus: -1}\n", ["execution.gpus", "no part of a GPU"]),
    ("many GPUs", HEAD + "execution: {gpus: many}\n", ["execution.gpus", "not a number of GPUs"]),
    (
        "GPUs of no kind",
        HEAD + "execution: {gpus: {trian: 1}}\n",
        ["execution.gpus", "no kind of stage", "write train"],
    ),
    ("GPUs of nothing", HEAD + "execution: {gpus: {}}\n", ["names no kind of stage"]),
    ("memory of what", HEAD + "execution: {memory: 8}\n", ["execution.memory", "8GB"]),
    ("no memory", HEAD + "execution: {memory: 0GB}\n", ["too little"]),
    ("no workers", HEAD + "execution: {workers: 0}\n", ["execution.workers", "at least 1"]),
    ("section is a word", HEAD + "search: tpe\n", ["line 6, search", "mapping of fields"]),
    ("a list it is not", HEAD.replace("[mnli, qqp]", "mnli"),
     ["line 3, intermediate.tasks", "a list"]),
    # too much
    ("a bomb of anchors", HEAD + BOMB, ["a4", "anchors", "more than 10,000 values"]),
    ("a bomb of merges", HEAD + MERGES, ["m4", "anchors", "more than 10,000 values"]),
    ("brackets in brackets", HEAD + "x: " + "[" * 5000, ["nested too deeply"]),
    ("a count of digits", HEAD.replace("0..1", "0.." + "9" * 5000), ["is not a count of tasks"]),
    ("a count beyond measure", HEAD.replace("0..1", "0..1000000000"), ["listed: 2"]),
    ("a seed beyond measure", HEAD + f"seeds: [1, {10**400}]\n", ["line 6, seeds", "too large"]),
    ("seeds beyond measure", HEAD + f"seeds: {10**400}\n", ["too many"]),
    *[
        (f"{name} beyond measure", HEAD + f"recipe: {{train: {{{name}: {value}}}}}\n", [said])
        for name in ("steps", "epochs", "batch_size", "max_length", "stride", "rows",
                     "learning_rate", "warmup", "weight_decay", "max_gradient_norm")
        for value, said in (
            (10**400, "a finite number, not 1000"), (f"{{int: [8, {10**400}]}}", "a finite number"),
        )
    ],
    *[
        (f"{name} of too many", HEAD + f"recipe: {{train: {{{name}: {10**12}}}}}\n", ["at most"])
        for name in ("steps", "epochs", "batch_size", "max_length", "stride", "rows")
    ],
    *[
        (f"{name} of a great many", HEAD + f"execution: {{{name}: {10**400}}}\n", ["at most"])
        for name in ("workers", "threads", "concurrency", "max_attempts", "micro_batch")
    ],
    # together
    ("members at odds",
     "intermediate: {tasks: [mnli+qqp]}\ntargets: [xnli]\nrecipe:\n  tasks:\n"
     "    mnli: {precision: float32}\n    qqp: {precision: bfloat16}\n",
     ["line 6, recipe.tasks.qqp.precision", "mnli and qqp", "mnli+qqp", "recipe.train"]),
    ("planned members at odds",
     "intermediate: {plans: [mnli+qqp > siqa]}\ntargets: [xnli]\nrecipe:\n  tasks:\n"
     "    mnli: {freeze: embeddings}\n    qqp: {freeze: [embeddings, 'layers:1']}\n",
     ["line 6, recipe.tasks.qqp.freeze", "mnli+qqp"]),
    ("members searched apart",
     "intermediate: {tasks: [mnli+qqp]}\ntargets: [xnli]\nrecipe:\n  tasks:\n"
     "    mnli: {head: {choice: [new, keep]}}\n    qqp: {head: {choice: [new, keep]}}\n",
     ["line 6, recipe.tasks.qqp.head"]),
    ("grid of fractions",
     HEAD + "search: {method: grid}\nrecipe:\n  train: {learning_rate: {log: [1e-5, 1e-4]}}\n",
     ["line 8, recipe.train.learning_rate", "a grid", "{choice: […]}"]),
    ("layers beyond all count",
     HEAD + f"recipe:\n  train: {{freeze: 'layers:{'9' * 5000}'}}\n",
     ["line 7, recipe.train.freeze", "…", "is nothing to freeze"]),
    ("a study that is a folder", HEAD + "storage: sqlite:////\n",
     ["line 6, storage", "/ is a folder", "name a file"]),
    ("a study in a folder by its path", HEAD + "storage: /\n",
     ["line 6, storage", "/ is a folder", "name a file"]),
    ("tracking to a folder as a database", HEAD + "tracking: sqlite:////\n",
     ["line 6, tracking", "/ is a folder", "name a file"]),
    ("selecting on test", HEAD + "objective:\n  split: test\n",
     ["line 7, objective.split", "only reported", "write dev"]),
    ("selecting on train", HEAD + "objective: {split: train}\n", ["write dev"]),
    ("no dev", HEAD + "splits: [test]\n", ["line 6, splits", "dev is not among them"]),
    ("stopping on targets",
     HEAD + "objective: {languages: all}\nsearch:\n  options: {scheduler: asha}\n",
     ["line 8, search.options.scheduler", "leaks"]),
    ("stopping on targets, said so",
     HEAD + "search:\n  options:\n    early_stopping: {languages: [sw]}\n",
     ["line 8, search.options.early_stopping", "leaks"]),
    ("windows that stand still",
     "intermediate: {tasks: [squad]}\ntargets: [xnli]\nrecipe:\n  train: {max_length: 128}\n",
     ["line 4, recipe.train.max_length", "128 tokens that share 128", "recipe.tasks.squad"]),
    ("a hub task in the lab", HEAD + "data: lab\n", ["line 3", "mnli is not in the lab"]),
    # places
    ("no such data", HEAD + "data: {folder: ./nowhere}\n",
     ["line 6, data", "./nowhere", "looked for"]),
    ("misspelt data", HEAD + "data: hup\n", ["line 6, data", "did you mean hub?"]),
    ("no such encoder", HEAD + "encoder: ./nowhere\n",
     ["line 6, encoder", "no folder './nowhere'"]),
    ("not an encoder", HEAD + "encoder: 'xlm roberta'\n", ["line 6, encoder", "hub id"]),
    ("extends nothing", HEAD + "extends: bsae.yaml\n", ["line 6, extends", "no file 'bsae.yaml'"]),
    ("extends itself", HEAD + "extends: small.yaml\n", ["line 6, extends", "circle"]),
    ("extends a list", HEAD + "extends: [a, b]\n", ["line 6, extends", "one path"]),
]  # fmt: skip


def report_of(path: Path, *overrides: str) -> str:
    with pytest.raises(UserMistake) as caught:
        read_spec(path, overrides)
    return str(caught.value)


class TestEveryMistake:
    @pytest.mark.parametrize(
        ("text", "expected"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
    )
    def test_is_named_by_place_cause_and_remedy(
        self, write: Callable[..., Path], text: str, expected: list[str]
    ):
        """The report names file, line and field, says why, and what to do."""
        report = report_of(write(text))
        assert "small.yaml" in report
        for part in expected:
            assert part in report

    def test_of_a_spec_is_reported_at_once(self, write: Callable[..., Path]):
        """One bad section hides none of the others' mistakes."""
        report = report_of(
            write(
                """\
                name: my sweep
                encoder: ./nowhere
                data: ./nowhere
                intermediate:
                  tasks: [mnlli, qqp, qqp]
                  count: 0..9
                targets: [xnli, udposs]
                seeds: 0
                recipe:
                  train: {steps: many}
                  target: {steps: 1, epochs: 2}
                  tasks: {siqa: {}}
                search: {method: grid, trails: 1}
                objective: {split: test}
                surch: {}
                """
            )
        )
        lines = [1, 2, 3, 5, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15]
        places = [line for line in report.splitlines() if "small.yaml, line" in line]
        assert [int(line.split("line ")[1].split(",")[0]) for line in places] == lines

    def test_says_each_thing_once(self, write: Callable[..., Path], base: str):
        """A mistake that several checks meet is one line."""
        report = report_of(write(base.replace("qqp", "qpp")))
        assert report.count("qpp") == 1


class TestFiles:
    def test_a_missing_file_names_its_neighbours(self, write: Callable[..., Path], base: str):
        """Misspelling a file shows the nearest name."""
        path = write(base)
        report = report_of(path.with_name("smal.yaml"))
        assert "there is no such file" in report
        assert "small.yaml?" in report

    def test_a_missing_folder_is_said_to_be_missing(self, tmp_path: Path):
        """Nothing is suggested from a folder that is not there."""
        assert "there is no folder" in report_of(tmp_path / "specs" / "a.yaml")

    def test_a_folder_is_no_spec(self, write: Callable[..., Path], base: str, tmp_path: Path):
        """A folder's specs are listed."""
        write(base)
        report = report_of(tmp_path)
        assert "is a folder" in report
        assert "small.yaml" in report

    def test_other_encodings_are_named_by_line(self, write: Callable[..., Path]):
        """A file in Latin-1 is refused at the line that shows it."""
        report = report_of(write("name: x\n# Größe\n".encode("latin-1")))
        assert "line 2" in report
        assert "UTF-8" in report

    def test_control_characters_are_named_by_line(self, write: Callable[..., Path]):
        """YAML allows no control characters."""
        report = report_of(write("name: x\nseeds: \x00\n"))
        assert "line 2" in report
        assert "U+0000" in report

    def test_the_record_of_a_sweep_is_no_spec(
        self, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ):
        """Giving `runs/x/spec.yaml` to `xlt run` says what was meant, wherever `x` lies."""
        record = write("format: 1\nsource: {}\nsweep: {}\n", "old/spec.yaml")
        assert f"`xlt resume {record.parent}`" in report_of(record)
        monkeypatch.setenv("XLT_RUNS", str(record.parents[1]))
        assert "`xlt resume old`" in report_of(record)


class TestOverrides:
    @pytest.mark.parametrize(
        ("override", "expected"),
        [
            ("recipe.train.steps", "name=value"),
            ("=3", "name=value"),
            ("recipe..steps=3", "name=value"),
            ("recipe.train.steps=[1", "is not YAML"),
            ("recipe.train.steps=x", "--set recipe.train.steps: should be a whole number"),
            ("surch.trials=3", "--set surch"),
            ("extends=x", "in a file"),
        ],
    )
    def test_mistakes_in_overrides_name_the_override(
        self, write: Callable[..., Path], base: str, override: str, expected: str
    ):
        """The place is the argument, not the file."""
        report = report_of(write(base), override)
        assert "--set" in report
        assert expected in report
        assert "small.yaml, line" not in report

    def test_all_of_them_are_reported(self, write: Callable[..., Path], base: str):
        """Mistakes of several overrides and of the file come together."""
        report = report_of(write(base.replace("seeds: 2", "seeds: 0")), "search.trials=0", "a=1")
        assert all(part in report for part in ("seeds", "search.trials", "--set a"))


WORDS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "-",
    "?",
    "|",
    "'",
    "#",
    "&a",
    "*a",
    "<<:",
    "!!set",
    "null",
    "true",
]
NUMBERS = ["0..3", "-1", ".inf", "1e999", "2024-01-01", "9" * 5000]
ODD = [
    "\n",
    "\t",
    "\u2028",
    "\x85",
    "\ufeff",
    "---\n",
    "%YAML 9\n",
    "&x [*x]",
    "{log: [1, 2]}",
    ": ",
]
PIECES = st.sampled_from([*WORDS, *NUMBERS, *ODD, "extends: ", "steps", "mnli", "panx[ru]"])


class TestAnything:
    @settings(max_examples=100, deadline=None)
    @given(
        cuts=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 20), PIECES), max_size=4),
        whole=st.booleans(),
    )
    def test_that_is_no_spec_is_a_mistake_of_the_user(self, tmp_path_factory, cuts, whole):
        """However a file is spoilt, nobody meets a traceback."""
        text = (HEAD + "recipe:\n  train: {steps: 3}\nsearch: {trials: 3}\n") if whole else ""
        for start, length, piece in cuts:
            text = text[:start] + piece + text[start + length :]
        path = tmp_path_factory.getbasetemp() / "anything.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            read_spec(path)
        except UserMistake as mistake:
            assert all(found.where and found.what for found in mistake.mistakes)
