"""What `run` says of a sweep that has begun, and that `plan` says the same beforehand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import filelock
import pytest

from sweeps.interface.agreement import hold
from sweeps.search.claim import claim
from sweeps.search.study import SweepStudy
from sweeps.spec.inputs import write_prepared
from xlt_core.training.methods import METHODS
from xlt_core.vocabulary.refs import DataRef

XLT = Path(sys.executable).parent / "xlt"
MORE = {
    "seeds": ("seeds=3", "seeds: 2"),
    "targets": ("targets=[lab-nli, lab-tags]", "targets: lab-tags"),
    "tasks": (
        "intermediate.tasks=[lab-tags, lab-pairs, lab-topic]",
        "intermediate tasks: lab-tags",
    ),
}
OTHER = {
    "recipe": ("recipe.train.steps=9", "recipe.train.steps: began as 5, the spec says 9"),
    "method": ("search.method=tpe", "search.method: began as grid, the spec says tpe"),
    "fewer seeds": ("seeds=1", "seeds: began as [0, 1], the spec says [0]"),
    "fewer languages": ("languages=[en]", "languages of lab-nli began as all, the spec says en"),
}


def plan(made, xlt, *changes: str):
    """What `plan` prints as JSON of the sweep's spec with changes."""
    said = xlt("plan", str(made.spec), "--json", *(f"--set={change}" for change in changes))
    assert said.code == 0, said.err
    return json.loads(said.out)


class TestPlan:
    def test_of_a_sweep_that_has_not_begun(self, made, xlt):
        """Nothing is said of what is not there."""
        assert plan(made, xlt, "name=fresh")["begun"] is None
        assert "has begun" not in xlt("plan", str(made.spec), "--set", "name=fresh").out

    def test_the_same_spec(self, made, xlt):
        """How far it is, and that it goes on."""
        begun = plan(made, xlt)["begun"]
        assert (begun["kind"], begun["more"]) == ("same", [])
        assert begun["trials"] == {"asked": 4, "done": 4}
        text = xlt("plan", str(made.spec)).out
        assert "made has begun, 4 trials done: `xlt run` goes on where it was." in text

    def test_a_version_that_was_raised(self, made, xlt, monkeypatch):
        """What would be computed again, and why."""
        study = SweepStudy.open(made.sweep.storage, made.sweep.name)
        claim(study, made.sweep, made.prepared, made.folder)
        study.close()
        assert not plan(made, xlt)["begun"]["notes"]
        monkeypatch.setattr(METHODS["plain"], "version", 7, raising=False)
        told = "method plain: version 7, the sweep was computed with version 1"
        (note,) = plan(made, xlt)["begun"]["notes"]
        assert note.startswith(told)
        assert told in xlt("plan", str(made.spec)).out

    @pytest.mark.parametrize("case", MORE)
    def test_more_of_the_same(self, made, xlt, case):
        """What would be added; what was proposed stays, in the order that the study has."""
        change, said = MORE[case]
        found = plan(made, xlt, change)
        assert found["begun"]["kind"] == "extension"
        assert said in "; ".join(found["begun"]["more"])
        assert found["plans"][:4] == ["(none)", "lab-pairs", "lab-topic", "lab-pairs > lab-topic"]
        text = xlt("plan", str(made.spec), "--set", change).out
        assert "extends it" in text and said in text

    def test_an_extended_space_is_searched_as_run_would(self, made, xlt):
        """New tasks come after those the study began with, wherever the spec lists them."""
        plans = plan(made, xlt, MORE["tasks"][0])["plans"]
        assert plans[4:6] == ["lab-tags", "lab-pairs > lab-tags"]

    @pytest.mark.parametrize("case", OTHER)
    def test_another_question_is_refused_as_run_refuses_it(self, made, xlt, case):
        """One and the same screen, with file and line where it is not an override."""
        change, said = OTHER[case]
        planned, run = (xlt(name, str(made.spec), "--set", change) for name in ("plan", "run"))
        assert (planned.code, run.code) == (2, 2)
        assert said in planned.err
        assert planned.out == ""
        assert planned.err.splitlines() == run.err.splitlines()[1:]  # run says what it opens

    def test_a_study_of_another_folder(self, make, xlt, tmp_path):
        """It is in the spec's database, under the spec's name: `run` would refuse it, and so
        does `plan`."""
        from sweeps.search.claim import claim
        from sweeps.search.study import SweepStudy

        made = make()
        study = SweepStudy.open(f"sqlite:///{tmp_path}/all.db", "made")
        claim(study, made.sweep, made.prepared, made.folder)
        study.close()
        elsewhere = tmp_path / "elsewhere" / "made"
        words = (str(made.spec), "--set", f"storage={tmp_path}/all.db", "--folder", str(elsewhere))
        said = xlt("plan", *words)
        assert said.code == 2
        assert "belongs to the sweep in" in said.err and "--set storage" in said.err
        assert not elsewhere.exists()

    def test_a_sweep_at_work(self, made, xlt):
        """Planning disturbs nobody, and says that somebody is there."""
        with filelock.FileLock(made.folder.lock):
            assert "being run by another process" in xlt("plan", str(made.spec)).out

    def test_another_spec_under_the_name_of_a_sweep_at_work(self, made, xlt):
        """Refused, and in what it is another one is said."""
        with filelock.FileLock(made.folder.lock):
            same = xlt("run", str(made.spec))
            other = xlt("run", str(made.spec), "--set", "recipe.target.steps=7")
        assert (same.code, other.code) == (2, 2)
        assert "being run by another process\n" in same.err
        assert "another process, with another spec: recipe.target.steps\n" in other.err

    def test_in_a_folder_of_its_own(self, made, xlt):
        """`--folder` means what it means to `run`."""
        said = xlt("plan", str(made.spec), "--folder", str(made.folder.path))
        assert "4 trials done" in said.out
        said = xlt("plan", str(made.spec), "--folder", str(made.folder.path.parent / "other"))
        assert "has begun" not in said.out

    def test_planning_writes_nothing(self, made, xlt):
        """Neither where it goes on nor where it is refused."""
        before = {path: path.stat().st_mtime_ns for path in made.folder.path.rglob("*")}
        for change in ("seeds=2", "seeds=3", "seeds=1"):
            xlt("plan", str(made.spec), "--set", change)
        after = {path: path.stat().st_mtime_ns for path in made.folder.path.rglob("*")}
        assert before == after


class TestAsking:
    """An extension is asked for; where nobody can answer it must be given beforehand."""

    def test_without_a_terminal_it_is_refused(self, made, xlt):
        """In one screen that names the option; nothing is begun or written."""
        before = (made.folder.path / "spec.yaml").read_bytes()
        said = xlt("run", str(made.spec), "--set", "seeds=3", input="n\n")
        assert said.code == 2
        assert "would be extended: more seeds: 2" in said.err
        assert "add -y (--yes)" in said.err
        assert f"{made.spec.name}, line 2, name" in said.err
        assert (made.folder.path / "spec.yaml").read_bytes() == before

    @pytest.mark.parametrize(("answer", "goes_on"), [("n", False), ("y", True), ("", True)])
    def test_at_a_terminal_the_answer_counts(self, make, answer, goes_on):
        """No leaves all as it was, and is no mistake."""
        made = make()
        ours, its = os.openpty()
        script = (
            "import sys; from sweeps.interface.agreement import agree;"
            "from sweeps.cli.terminal import Terminal; from dataclasses import replace;"
            "from sweeps.spec.paths import SweepFolder; from sweeps.spec.inputs import planned;"
            "from sweeps.spec.stored import read_stored_spec; f = SweepFolder.named('made');"
            "s = read_stored_spec(f);"
            "agree(replace(s, seeds=(0, 1, 2)), planned(f), f, Terminal(yes=False));"
            "print('went on')"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", script], stdin=its, stderr=its, stdout=subprocess.PIPE, text=True
        )
        os.close(its)
        asked = b""
        while b"go on?" not in asked:
            asked += os.read(ours, 1024)
        os.write(ours, f"{answer}\n".encode())
        out, _ = child.communicate()
        os.close(ours)
        assert b"is extended: more seeds: 2" in asked
        assert ("went on" in out) == goes_on
        assert made.folder.exists

    @pytest.mark.parametrize("deaf", ["stdin", "stderr"])
    def test_both_ends_must_be_a_terminal(self, make, deaf):
        """A question that nobody sees, or that nobody can answer, is none."""
        made = make()
        ours, its = os.openpty()
        os.write(ours, b"n\n")
        ends = {"stdin": its, "stderr": its, deaf: subprocess.DEVNULL}
        words = [XLT, "run", str(made.spec), "--set", "seeds=3"]
        child = subprocess.Popen(words, stdout=subprocess.DEVNULL, **ends)
        os.close(its)
        assert child.wait() == 2
        os.close(ours)


def test_an_extension_that_wrote_its_inputs_alone_never_began(made, xlt):
    """Killed between two files: the old spec and `resume` go on as if nothing had happened."""
    more = DataRef("lab-tags", "en", "test", "f" * 64, 9)
    inputs = (made.folder.path / "prepared.json").read_text()
    data = {**made.prepared.data, ("lab-tags", "en", "test"): more}
    try:
        write_prepared(made.folder, replace(made.prepared, data=data))
        assert hold(made.sweep, made.prepared, made.folder).differences == ()
    finally:
        (made.folder.path / "prepared.json").write_text(inputs)
