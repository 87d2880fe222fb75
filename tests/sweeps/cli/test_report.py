"""`xlt report`: where it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
import shutil

import pytest

import sweeps
from sweeps.cli.run import conclude
from sweeps.execution.driver import Ended
from sweeps.spec.paths import SweepFolder
from tests.sweeps.report.pages import figures_of, sections_of


@pytest.fixture
def own(made, tmp_path, monkeypatch):
    """A runs folder of the test's own, with the finished sweep twice."""
    runs = tmp_path / "runs"
    shutil.copytree(made.folder.runs, runs)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLT_RUNS", "runs")
    return runs


class TestReport:
    def test_writes_into_the_sweeps_folder_and_says_where(self, own, xlt):
        """Page, tables and figures; again, the same; and the sweep is still itself."""
        said = xlt("report", "made")
        assert (said.code, said.out) == (0, "runs/made/report/report.html\n"), said.err
        folder = own / "made" / "report"
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        kinds = {path.suffix for path in before}
        assert kinds == {".html", ".json", ".csv", ".parquet", ".svg"}
        assert not SweepFolder(own / "made").foreign
        assert sweeps.load("made").report() == "runs/made/report/report.html"
        assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before

    def test_elsewhere(self, own, xlt, tmp_path):
        """A folder that is named; one that is somebody's is refused."""
        said = xlt("report", "made", "--out", "here/deep")
        assert (said.code, said.out) == (0, "here/deep/report.html\n")
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "report.html").write_text("mine")
        said = xlt("report", "made", "--out", "mine")
        assert said.code == 2 and "holds report.html, which no report wrote" in said.err
        (tmp_path / "file").write_text("")
        said = xlt("report", "made", "--out", "file")
        assert said.code == 2 and "--out file" in said.err

    def test_at_a_url(self, own, xlt):
        """Any place that sweeps can lie at."""
        said = xlt("report", "made", "--out", "memory://report-place/of/mine")
        assert (said.code, said.out) == (0, "memory://report-place/of/mine/report.html\n")
        import fsspec

        written = fsspec.filesystem("memory").find("report-place")
        assert any(name.endswith("tables/plans.parquet") for name in written)

    def test_as_json(self, own, xlt):
        """Printed, not written."""
        said = xlt("report", "made", "--json")
        assert said.code == 0
        names = [section["name"] for section in json.loads(said.out)["sections"]]
        assert names[0] == "answer" and not (own / "made" / "report").exists()

    def test_of_several(self, own, xlt):
        """Beside the sweeps; each once."""
        shutil.copytree(own / "made", own / "twin")
        said = xlt("report", "made", "twin")
        assert (said.code, said.out) == (0, "runs/report-made-twin/report.html\n"), said.err
        page = (own / "report-made-twin" / "report.html").read_text()
        assert sections_of(page)[:3] == ["answer", "by-english", "by-all"]
        assert figures_of(page) == ["forest-english", "forest-all"]
        assert "report-made-twin" not in xlt("status").out
        said = xlt("report", "made", "made")
        assert said.code == 2 and "is named twice" in said.err

    def test_of_one_that_is_not_there(self, own, xlt):
        """As every command says it."""
        said = xlt("report", "mad")
        assert said.code == 2 and "did you mean made?" in said.err


class TestAtTheEndOfARun:
    @pytest.mark.parametrize("state", ["finished", "failed"])
    def test_its_path_is_said_last(self, made, own, capsys, state):
        """Of a sweep that has ended by itself."""
        folder = SweepFolder.named("made")
        conclude(made.sweep, folder, Ended(state, 0))
        assert capsys.readouterr().err.splitlines()[-1] == "report: runs/made/report/report.html"
        assert (own / "made" / "report" / "report.html").is_file()

    def test_a_sweep_that_was_ended_has_none_yet(self, made, own, capsys):
        """Who wants to be gone does not wait for figures."""
        conclude(made.sweep, SweepFolder.named("made"), Ended("stopped", 0))
        assert not (own / "made" / "report").exists()

    def test_what_is_amiss_with_it_fails_nothing(self, made, own, capsys):
        """The sweep is done."""
        (own / "made" / "report").write_text("in the way")
        conclude(made.sweep, SweepFolder.named("made"), Ended("finished", 0))
        said = capsys.readouterr().err.splitlines()[-1]
        assert said.startswith("the report could not be written (")
        assert said.endswith("`xlt report made` tries again")


def test_of_a_sweep_that_has_no_result_yet(make, xlt):
    """What there is; of one that has not started, nothing."""
    made = make()
    made.begin()
    made.ask(0, "(none)")
    said = xlt("report", "made")
    assert said.code == 0, said.err
    page = (made.folder.path / "report" / "report.html").read_text()
    assert "No trial is complete yet: there is no answer." in page
    assert "made is interrupted: 0 of 1 trials are finished; 1 open." in page
