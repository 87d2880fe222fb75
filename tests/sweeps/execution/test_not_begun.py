"""What is refused before a sweep begins leaves no sweep, and one that is there as it was."""

from __future__ import annotations

import json
import uuid
from contextlib import closing
from dataclasses import replace

import pytest
import ray

from sweeps.execution.driver import run_sweep
from sweeps.execution.lock import only_driver
from sweeps.results.status import sweep_status
from sweeps.search.claim import claim
from sweeps.search.study import SweepStudy
from sweeps.spec.paths import SweepFolder
from xlt_core.store import place as place_module
from xlt_core.vocabulary.errors import Mistake, UserMistake

SPEC = """\
name: nothing
encoder: lab-small
data: lab
intermediate: {tasks: [lab-pairs], count: 0..1}
targets: [lab-nli]
languages: [en]
search: {method: grid}
"""
ELSEWHERE = {"host": "elsewhere", "boot": "another", "pid": 1, "started": 1}
REFUSED = {
    "no address": (["--address", "banana"], "is no address of a Ray cluster"),
    "nobody there": (["--address", "127.0.0.1:1"], "no Ray cluster answers there"),
    "no GPU here": (["--set", "execution.device=cuda"], "Ray counts no GPU on this machine"),
    "no such option": (["--set", "search.options={x: 1}"], "search.options"),
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XLT_RUNS", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    (tmp_path / "nothing.yaml").write_text(SPEC)
    return tmp_path


class TestNotBegun:
    @pytest.mark.parametrize("name", REFUSED)
    def test_a_refused_start_leaves_nothing(self, home, xlt, name):
        """Ray is not started for it either."""
        words, expected = REFUSED[name]
        said = xlt("run", "nothing.yaml", *words)
        assert (said.code, expected in said.err) == (2, True), said.err
        assert not ray.is_initialized() and "starting Ray" not in said.err
        assert not (home / "runs" / "nothing").exists()
        assert json.loads(xlt("status", "--json").out) == []

    def test_what_somebody_else_put_there_stays(self, home, xlt, monkeypatch):
        """A sweep that does not begin removes what it made itself, and nothing else."""
        notes = home / "runs" / "nothing" / "thesis" / "notes.txt"

        def refuse(*words):
            notes.parent.mkdir()
            notes.write_text("mine")
            raise UserMistake(Mistake("", "no"))

        monkeypatch.setattr("sweeps.execution.driver.cluster", refuse)
        assert xlt("run", "nothing.yaml").code == 2
        assert [p.name for p in notes.parents[1].iterdir()] == ["thesis"]
        assert notes.read_text() == "mine"

    def test_an_address_is_looked_at_before_data_are_opened(self, home, xlt):
        """Opening them takes seconds, or minutes on the hub."""
        assert "opening data" not in xlt("run", "nothing.yaml", "--address", "banana").err

    @pytest.mark.parametrize("known", [False, True])
    def test_a_cluster_without_a_gpu(self, make, local_ray, known):
        """Known only once it was joined, and before anything is written all the same."""
        made = make()
        sweep = replace(made.sweep, execution=replace(made.sweep.execution, device="cuda"))
        folder = made.folder if known else SweepFolder(made.folder.path.with_name("new"))
        sweep = replace(sweep, storage=folder.default_storage)
        before = (made.folder.path / "spec.yaml").read_bytes()
        with pytest.raises(UserMistake, match="Ray counts no GPU on this cluster"):
            address = ray.get_runtime_context().gcs_address
            run_sweep(sweep, made.prepared, folder, lambda event: None, address=address)
        assert folder.path.exists() == known
        assert (made.folder.path / "spec.yaml").read_bytes() == before
        if known:
            assert sweep_status(made.folder).state == "not begun"


def test_a_sweep_of_that_name_in_another_folder_keeps_its_lease(make):
    """Another user's driver that is silent for a while is not taken for dead by ours."""
    made, silent = make(), {"holder": "theirs", "owner": ELSEWHERE, "beat": 1}
    with closing(SweepStudy.open(made.sweep.storage, made.sweep.name)) as study:
        claim(study, made.sweep, made.prepared, made.folder)
        study.set_attr("driver", silent)
        ours = SweepFolder(made.folder.path.with_name("ours"))
        with pytest.raises(UserMistake, match="belongs to the sweep in"):
            run_sweep(made.sweep, made.prepared, ours, lambda event: None)
        assert study.attrs()["driver"] == silent
    assert not ours.path.exists()


def test_at_a_url_only_what_lies_here_is_removed(tmp_path, monkeypatch):
    """Another machine's driver may be writing there by now: this one was refused."""
    monkeypatch.setattr(place_module, "default_scratch", lambda: tmp_path / "scratch")
    folder = SweepFolder(f"memory://{uuid.uuid4().hex}/one")
    with pytest.raises(UserMistake), only_driver(folder):
        for name in ("id", "prepared.json", "control"):
            folder.files.write(name, "another's")
        raise UserMistake(Mistake("study", "is another's", "wait"))
    assert all(folder.files.has(name) for name in ("id", "prepared.json", "control"))
    assert not folder.path.exists()
