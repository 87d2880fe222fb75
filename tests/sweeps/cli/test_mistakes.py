"""A user's mistake: one screen that says what is wrong and what to do, and exit code 2."""

from __future__ import annotations

import os

import pytest
import s3fs

from sweeps.cli.faults import SCREEN, guarded, screenful
from xlt_core.vocabulary.errors import Mistake, UserMistake

BAD = {
    "unknown command": (["runn"], "Did you mean 'run'"),
    "unknown command far from any": (["zzz"], "xlt --help"),
    "unknown store command": (["store", "prnue"], "'prune'"),
    "unknown option": (["status", "--jsn"], "did you mean --json?"),
    "missing argument": (["run"], "SPEC"),
    "missing option": (["store", "prune"], "--budget"),
    "too many arguments": (["tasks", "more"], "xlt tasks --help"),
    "option without value": (["results", "made", "--output"], "--output"),
    "missing spec": (["run", "nowhere.yaml"], "nowhere.yaml"),
    "missing spec to plan": (["plan", "nowhere.yaml"], "nowhere.yaml"),
    "folder as spec": (["run", "."], "."),
    "spec that is no YAML": (["plan", "broken.yaml"], "broken.yaml"),
    "spec with an unknown key": (["plan", "unknown.yaml"], "targets"),
    "empty spec": (["plan", "empty.yaml"], "empty.yaml"),
    "override without value": (["plan", "good.yaml", "--set", "seeds"], "seeds"),
    "override of an unknown field": (["plan", "good.yaml", "--set", "sedes=3"], "seeds"),
    "override with a bad value": (["plan", "good.yaml", "--set", "seeds=many"], "seeds"),
    "unknown sweep": (["status", "nope"], "nope"),
    "unknown sweep's results": (["results", "nope"], "nope"),
    "unknown sweep's logs": (["logs", "nope"], "nope"),
    "unknown sweep to resume": (["resume", "nope"], "nope"),
    "unknown sweep to stop": (["stop", "nope"], "nope"),
    "spec in a sweep's place": (["status", "good.yaml"], "a sweep is named by its name"),
    "unknown sweep to sync": (["sync", "nope"], "nope"),
    "folder that is no sweep": (["status", "somewhere"], "spec.yaml"),
    "sync of nothing": (["sync"], "--all"),
    "sync of some and all": (["sync", "nope", "--all"], "--all"),
    "bad budget": (["store", "prune", "--budget", "10XB"], "10GB"),
    "negative budget": (["store", "prune", "--budget", "-1GB"], "size"),
    "store of an unknown kind": (["store", "ls", "--store", "nonsense://x"], "nonsense://"),
    "store that is a file": (["store", "ls", "--store", "good.yaml"], "is a file"),
    "store that is not there": (["store", "verify", "--store", "nowhere"], "no such folder"),
    "S3 without credentials": (["store", "ls", "--store", "s3://bucket/x"], "credentials"),
    "plan on S3 without credentials": (["plan", "away.yaml"], "credentials"),
    "run on S3 without credentials": (["run", "away.yaml"], "credentials"),
    "run on a store below a file": (["run", "below-a-file.yaml"], "cannot be written"),
    "workers that are no number": (["run", "good.yaml", "--workers", "many"], "--workers"),
    "no workers": (["run", "good.yaml", "--workers", "0"], "--workers"),
    "bad port": (["ui", "--port", "70000"], "--port"),
    "ui before any sweep": (["ui"], "no sweep was tracked yet"),
    "negative trial": (["logs", "made", "--trial", "-1"], "--trial"),
}
GOOD = """\
name: good
encoder: lab-small
data: lab
intermediate: {tasks: [lab-pairs]}
targets: [lab-nli]
"""


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """An empty place with a few specs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XLT_RUNS", raising=False)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    (tmp_path / "somewhere").mkdir()
    for name, text in {
        "good": GOOD,
        "broken": "name: [a\n",
        "unknown": GOOD.replace("targets", "tragets"),
        "away": f"{GOOD}store: s3://bucket/x\n",
        "below-a-file": f"{GOOD}store: {tmp_path}/good.yaml/stages\n",
        "empty": "",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    s3fs.S3FileSystem.clear_instance_cache()  # one remembers the credentials it was made with
    yield tmp_path
    s3fs.S3FileSystem.clear_instance_cache()


class TestMistakes:
    @pytest.mark.parametrize("case", BAD)
    def test_one_screen_and_exit_code_2(self, desk, xlt, case):
        """Place, cause and remedy in at most 24 lines on stderr, and no traceback."""
        arguments, expected = BAD[case]
        said = xlt(*arguments)
        assert said.code == 2, said.err
        assert expected in said.err
        assert "→" in said.err
        assert len(said.err.splitlines()) <= 24
        assert "Traceback" not in said.err
        assert said.out == ""

    def test_nothing_is_left_behind(self, desk, xlt):
        """A mistake makes no folder."""
        before = sorted(path.name for path in desk.iterdir())
        for arguments, _ in BAD.values():
            xlt(*arguments)
        assert sorted(path.name for path in desk.iterdir()) == before


class TestScreenful:
    def test_few_are_all_shown(self):
        """Every mistake with its remedy."""
        text = screenful([Mistake("a", "is wrong", "mend it"), Mistake("b", "too")])
        assert text == "a: is wrong\n    → mend it\nb: too"

    @pytest.mark.parametrize("number", [11, 12, 100])
    def test_many_fill_one_screen_and_are_counted(self, number):
        """What does not fit is counted, not lost without a word."""
        text = screenful([Mistake(f"field {n}", "is wrong", f"mend {n}") for n in range(number)])
        assert len(text.splitlines()) <= SCREEN
        if number > 11:
            shown = text.count("is wrong")
            assert text.endswith(f"… and {number - shown} more")

    def test_many_with_one_cause_are_said_once(self):
        """Without a connection nothing of the hub can be had: one mistake, not a hundred."""
        cause = [
            Mistake(f"data set {n}", "cannot be had", "check the connection") for n in range(99)
        ]
        text = screenful(
            [Mistake("name", "is wrong", "mend it"), *cause, Mistake("z", "too", "or z")]
        )
        assert "… and 97 more like these" in text
        assert "data set 1:" in text and "data set 2:" not in text and "z: too" in text
        few = screenful(cause[:4])
        assert "data set 3:" in few and "more" not in few

    def test_one_long_mistake_is_cut(self):
        """A single endless message stays on the screen."""
        assert len(screenful([Mistake("a", "x\n" * 100)]).splitlines()) <= SCREEN


class TestGuarded:
    def raising(self, error):
        def work():
            raise error

        return work

    def test_an_unexpected_error_is_one_line_and_a_file(self, tmp_path, monkeypatch, capsys):
        """The traceback is in the file that is named, never on the screen and never lost."""
        monkeypatch.setenv("XLT_RUNS", str(tmp_path))
        assert guarded(self.raising(RuntimeError("oh no")), ["run", "x.yaml"]) == 70
        said = capsys.readouterr().err
        assert "RuntimeError: oh no" in said
        assert "Traceback" not in said
        (log,) = tmp_path.glob("xlt-error-*.log")
        assert str(log) in said
        assert "xlt run x.yaml" in log.read_text()
        assert "Traceback" in log.read_text()

    def test_where_no_file_can_be_written_it_is_printed(self, monkeypatch, capsys):
        """Better an ugly screen than a lost traceback."""
        monkeypatch.setattr("sweeps.cli.faults._log_places", lambda: iter(()))
        assert guarded(self.raising(RuntimeError("oh no")), []) == 70
        assert "Traceback" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("error", "code"),
        [(KeyboardInterrupt(), 130), (UserMistake(Mistake("a", "b")), 2)],
    )
    def test_each_cause_has_its_code(self, error, code):
        """Interrupted and mistaken are told apart."""
        assert guarded(self.raising(error), []) == code

    @pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1), ("text", 0)])
    def test_what_a_command_returns_is_its_code(self, returned, code):
        """Only numbers are codes."""
        assert guarded(lambda: returned, []) == code
