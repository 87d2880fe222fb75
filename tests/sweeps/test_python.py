"""`import sweeps`, as somebody works with it in a notebook: run, load, look; and what holds of it.

The story first, on a sweep that is really run; then, on a sweep whose scores are made up, that
Python and the command line say the same.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import ray
from transformers import pipeline

import sweeps
from sweeps.interface.alone import alone
from sweeps.interface.loaded import LoadedSweep
from sweeps.results.rows import ScoreRow
from sweeps.results.stages import StageRow
from xlt_core.evaluation.evaluate import read_predictions
from xlt_core.lab.source import LabSource
from xlt_core.store import Store
from xlt_core.store.layout import stage_path
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.refs import SourceRef

HEAVY = ("ray", "torch", "mlflow", "optuna", "pandas", "transformers", "datasets", "numpy")
SPEC = {
    "name": "story",
    "encoder": "lab-small",
    "data": "lab",
    "intermediate": {"tasks": ["lab-pairs"], "count": "0..1"},
    "targets": [{"lab-nli": ["en", "qla", "qlb", "qlc"]}],
    "seeds": 2,
    "recipe": {"train": {"steps": 3}, "target": {"steps": 3}},
    "search": {"method": "grid"},
    "execution": {"workers": 1},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder to work in, for the module."""
    folder = tmp_path_factory.mktemp("story")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XLT_RUNS", "runs")
        yield folder


def test_the_story(place: Path, local_ray, capsys) -> None:
    """A notebook's cells, one after the other."""
    # Run a sweep; the spec is the YAML's, as a mapping.
    ran = sweeps.run(SPEC)
    assert ran.status()["state"] == "finished"
    assert "trials 2/2" in capsys.readouterr().err  # progress, as `xlt run` shows it

    # Days later: load it, by its name or by its folder.
    story = sweeps.load("story")
    scores = story.results()
    assert scores.equals(sweeps.load(Path("runs/story")).results())
    assert set(scores.plan) == {"(none)", "lab-pairs"}

    # What does a plan gain, by language family?
    test = scores[(scores.split == "test") & scores.primary & (scores.plan != "(none)")]
    gain = test.groupby(["target", "family"]).gain.mean()
    for winner in story.best():
        for line in winner.families:
            assert gain[line.target, line.family] == pytest.approx(line.gain.mean)
    assert [winner.is_zero_shot for winner in story.best()] == [True, False]

    # Where did the time go?
    stages = story.stages()
    assert (stages.groupby("kind").seconds.sum() > 0).all()
    assert set(stages.standing) == {"executed"}

    # One more seed: the sweep says what it would become, and goes on once that is allowed.
    more = {**story.spec.source, "seeds": 3}
    with pytest.raises(UserMistake, match="would be extended: more seeds: 2"):
        sweeps.run(more, quiet=True)
    capsys.readouterr()
    assert set(sweeps.run(more, yes=True, quiet=True).results().seed) == {0, 1, 2}
    assert capsys.readouterr().err == ""


def test_a_model_to_take_away(place: Path, local_ray) -> None:
    """The next cells: the winner for transformers, and for MLflow's registry."""
    story = sweeps.run({**SPEC, "seeds": 3}, yes=True, quiet=True)
    taken = story.export("best", register="nli", alias="champion")
    assert (taken.uri, taken.auto_class) == (
        "models:/nli@champion",
        "AutoModelForSequenceClassification",
    )

    # Transformers alone predicts what the sweep has scored.
    (scored,) = [
        stage
        for stage in taken.model.path.evaluations
        if (stage.data.language, stage.data.split) == ("qla", "test")
    ]
    store = Store(story.spec.store)
    known = read_predictions(store.read(scored.key).path("predictions.jsonl.zst"))
    rows = LabSource(SourceRef("lab")).load("lab-nli", "qla", "test")
    judge = pipeline("text-classification", model="best")
    said = judge([{"text": row.first, "text_pair": row.second} for row in rows])
    assert [one["label"] for one in said] == [one["prediction"] for one in known]

    # The card says how well.
    row = story.results().query(
        "trial == @taken.model.trial.number and seed == 0 and split == 'test' and language == 'qla'"
    )
    assert f"| accuracy | {row.score.item():.2f} |" in Path("best/README.md").read_text()

    # What was pruned is trained again, to the same bits; the registry has it once.
    trained = taken.model.path.trained.key
    shutil.rmtree(Path(story.spec.store) / stage_path(trained))
    with pytest.raises(UserMistake, match=r"no longer in the store .*\n.*add --retrain"):
        story.export("again")
    assert not Path("again").exists()
    again = story.export("again", retrain=True, register="nli")
    assert again.uri == "models:/nli/1"
    one, other = (Path(name, "model.safetensors").read_bytes() for name in ("best", "again"))
    assert one == other


def test_to_import_it_is_instant() -> None:
    """Nothing of weight is imported, neither by it nor by what it is asked for."""
    script = (
        "import sys, sweeps\n"
        "assert not [name for name in sys.modules if name.startswith('sweeps.')]\n"
        "assert {'run', 'load', 'submit'} <= set(dir(sweeps))\n"
        "sweeps.run, sweeps.load, sweeps.submit\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert said.stdout == "[]\n", said.stderr


def test_a_shipped_spec_has_a_name() -> None:
    """Wherever one is, as on the command line."""
    with pytest.raises(UserMistake, match=r"recipe\.train\.steps: should be a whole number"):
        sweeps.run("quickstart", overrides=["recipe.train.steps=few"])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: sweeps.run(None), "spec: is neither a file, a name nor a mapping, but None"),
        (lambda: sweeps.run({}), "spec: is empty"),
        (lambda: sweeps.submit({}), "spec: is empty"),
        (lambda: sweeps.load(None), "sweep: is neither a name, a folder nor a URL, but None"),
        (lambda: sweeps.run(SPEC, workers=0), "workers: should be a whole number of at least 1"),
        (lambda: sweeps.run(SPEC, workers="2"), "workers: should be a whole number of at least 1"),
        (
            lambda: sweeps.run(SPEC, overrides="recipe.train.steps=3"),
            "overrides: is a text, not a list",
        ),
    ],
)
def test_what_no_command_line_could_say(place: Path, call, said: str) -> None:
    """One mistake, which names the argument; nothing is begun."""
    with pytest.raises(UserMistake) as refused:
        call()
    (mistake,) = refused.value.mistakes
    assert str(mistake).startswith(said)


def test_what_it_does_not_have() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="module 'sweeps' has no attribute 'ran'"):
        sweeps.ran  # noqa: B018


class TestResults:
    def test_row_for_row_as_the_command_line(self, made, xlt) -> None:
        """The same columns in the same order, the same values to the last bit."""
        printed = json.loads(xlt("results", "made", "--json").out)
        table = sweeps.load("made").results()
        assert list(table.columns) == list(printed[0])
        missing = table.astype(object).where(table.notna(), None)
        assert missing.to_dict("records") == printed

    def test_columns_are_typed(self, made) -> None:
        """Whether there are rows or none."""
        table = sweeps.load("made").results()
        assert table.score.dtype == table.gain.dtype == "float64"
        assert table.trial.dtype == table.seed.dtype == "int64"
        assert table.primary.dtype == table.beside.dtype == "bool"
        assert table.settings.map(type).eq(dict).all()

    def test_without_a_finished_trial_the_columns_alone(self, made_once, make) -> None:
        """Typed as ever, so that what is written for many rows takes none."""
        table = sweeps.load(made_once.folder.path).results()
        make().begin()
        empty = sweeps.load("made").results()
        assert empty.empty and list(empty.columns) == [one.name for one in fields(ScoreRow)]
        assert (empty.dtypes == table.dtypes).all()
        assert sweeps.load("made").best() == ()

    def test_an_unknown_gain_is_no_number(self, make) -> None:
        """A plan without its baseline."""
        made = make()
        made.begin()
        made.ask(1, "lab-pairs")
        made.compute("lab-pairs")
        made.tell(1, 80.0)
        assert sweeps.load("made").results().gain.isna().all()


class TestBest:
    def test_each_way_of_choosing_has_its_own(self, made, xlt) -> None:
        """English likes one plan, the other languages another; the second is marked."""
        on_english, on_targets = sweeps.load("made").best()
        assert (on_english.languages, on_english.is_zero_shot) == ("english", True)
        assert (on_targets.languages, on_targets.is_zero_shot) == ("all", False)
        assert on_english.plan == "lab-pairs" and on_targets.plan == "lab-pairs > lab-topic"
        assert on_english.shown == "test" and on_english.settings == {}

    def test_it_says_what_the_tables_say(self, made, xlt) -> None:
        """Words and numbers."""
        shown = xlt("results", "made").out
        for winner in sweeps.load("made").best():
            (line,) = [one for one in shown.splitlines() if one.startswith(f"│ {winner.chosen_by}")]
            assert f"{winner.plan} (trial {winner.standing.trial})" in line
            assert f"{winner.standing.selected_by:.2f}" in line
            for target in winner.standing.targets:
                gain = f"{target.gain.mean:+.2f} ± {target.gain.half_width:.2f}"
                assert f"{target.score:.2f} ({gain})" in line
            for family in winner.families:
                assert f"{family.gain.mean:+.2f}" in shown


class TestStatus:
    def test_it_is_what_the_command_line_prints(self, made, xlt) -> None:
        """Of one sweep, and of all."""
        status = sweeps.load("made").status()
        assert status == json.loads(xlt("status", "made", "--json").out)
        assert [status] == json.loads(xlt("status", "--json").out)

    def test_stages_add_up_to_it(self, make) -> None:
        """Some executed, some another sweep's, some still to do."""
        made = make()
        made.begin()
        for number, plan in enumerate(("(none)", "lab-pairs", "lab-topic")):
            made.ask(number, plan)
        made.compute("(none)", sweep="another")
        made.compute("lab-pairs")
        loaded = sweeps.load("made")
        stages, counts = loaded.stages(), loaded.status()["stages"]
        assert len(stages) == stages.key.nunique() == counts["distinct"]
        assert stages.requested.sum() == counts["requested"]
        standing = stages.standing.value_counts()
        assert standing["executed"] == counts["executed"] > 0
        assert standing["reused"] == counts["reused"] > 0
        assert standing["open"] == counts["distinct"] - counts["executed"] - counts["reused"] > 0
        assert set(stages[stages.standing == "reused"].sweep) == {"another"}
        is_open = stages.standing == "open"
        assert stages[is_open].seconds.isna().all() and (stages[~is_open].seconds == 10.0).all()
        assert set(stages[is_open].trials) == {(2,)}

    def test_before_its_start_there_are_none(self, made_once, make) -> None:
        """The columns alone, typed as ever."""
        begun = sweeps.load(made_once.folder.path).stages()
        started = make()
        (started.folder.path / "prepared.json").unlink()
        empty = sweeps.load("made").stages()
        assert empty.empty and list(empty.columns) == [one.name for one in fields(StageRow)]
        assert (empty.dtypes == begun.dtypes).all()


TRIAL_9 = ("--trial", "9", "--to", "o")


class TestLoad:
    def test_by_name_folder_and_url(self, made) -> None:
        """The same sweep."""
        place = made.folder.path
        for name in ("made", str(place), place, f"file://{place.absolute()}"):
            loaded = sweeps.load(name)
            assert loaded.spec == made.sweep
            assert isinstance(loaded, LoadedSweep) and "made" in repr(loaded)

    @pytest.mark.parametrize(
        ("call", "arguments"),
        [
            (lambda: sweeps.load("mode"), ("results", "mode")),
            (lambda: sweeps.load("/nowhere"), ("status", "/nowhere")),
            (lambda: sweeps.run("nowhere.yaml"), ("run", "nowhere.yaml")),
            (lambda: sweeps.run(Path("other.yaml")), ("run", "other.yaml")),
            (lambda: sweeps.submit("other.yaml"), ("submit", "other.yaml")),
            (
                lambda: sweeps.submit("other.yaml", address="ray://head:10001"),
                ("submit", "other.yaml", "--address", "ray://head:10001"),
            ),
            (lambda: sweeps.load("made").export("o", trial=9), ("export", "made", *TRIAL_9)),
            (
                lambda: sweeps.run("other.yaml", overrides=["a"]),
                ("run", "other.yaml", "--set", "a"),
            ),
        ],
    )
    def test_a_mistake_reads_as_on_screen(self, made, xlt, call, arguments) -> None:
        """Another spec under the same name among them."""
        text = made.spec.read_text().replace("seeds: 2", "seeds: 1")
        Path("other.yaml").write_text(text)
        said = xlt(*arguments)
        with pytest.raises(UserMistake) as refused:
            call()
        assert said.code == 2
        assert said.err.endswith(f"{refused.value}\n")


def test_one_at_a_time(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray is the whole process's: a second one would lose it with the first one's end."""
    monkeypatch.setattr(ray, "is_initialized", lambda: False)  # nobody's own
    with alone(), pytest.raises(UserMistake, match="another sweep of this process"):
        sweeps.run({**SPEC, "name": "second"})
    with alone():  # the first has ended
        pass


def test_ctrl_c_keeps_what_there_is(place: Path) -> None:
    """The sweep is asked to end and does, then KeyboardInterrupt comes; `run` would go on."""
    steps = {"train": {"steps": 400}, "target": {"steps": 400}}
    spec = {**SPEC, "name": "long", "recipe": steps}
    script = (
        "import sweeps\n"
        f"try: sweeps.run({spec!r})\n"
        "except KeyboardInterrupt: print('interrupted,', sweeps.load('long').status()['state'])\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XLT_RUNS": "runs"},
    )
    assert child.stderr is not None and child.stdout is not None
    while " start " not in (line := child.stderr.readline()):
        assert line, "it ended before a stage began"
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate()
    assert (out, child.returncode) == ("interrupted, interrupted\n", 0)
    assert sweeps.load("long").status()["trials"]["open"] > 0
