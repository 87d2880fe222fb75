"""Whose a study is: the folder's it was begun in, wherever that lies, and one spec's."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace

import pytest

from sweeps.search.claim import agreed, claim
from sweeps.search.study import SweepStudy
from sweeps.spec import computed, differences
from sweeps.spec.paths import SweepFolder
from xlt_core.tasks import get_task
from xlt_core.training.methods import METHODS
from xlt_core.vocabulary.errors import UserMistake


@pytest.fixture
def study(storage, name):
    opened = SweepStudy.open(storage, name)
    yield opened
    opened.close()


@pytest.fixture
def claimed(make, study):
    """A sweep that has claimed the study."""
    made = make()
    claim(study, made.sweep, made.prepared, made.folder)
    return made


class TestFolders:
    def test_the_folder_it_was_begun_in_goes_on(self, claimed, study):
        """The same spec again is the same sweep."""
        assert agreed(study, claimed.sweep, claimed.prepared, claimed.folder) == claimed.sweep

    def test_a_folder_may_be_moved_and_renamed(self, claimed, study, tmp_path):
        """What tells it from others lies in it."""
        shutil.move(claimed.folder.path, tmp_path / "elsewhere")
        moved = SweepFolder(tmp_path / "elsewhere")
        assert agreed(study, claimed.sweep, claimed.prepared, moved) == claimed.sweep

    def test_another_folder_is_refused_until_it_is_told_to_take_over(
        self, claimed, study, tmp_path
    ):
        """The remedy, done to the letter, goes on with a study whose folder is lost."""
        other = SweepFolder(tmp_path / "other")
        with pytest.raises(UserMistake, match="belongs to the sweep in") as caught:
            agreed(study, claimed.sweep, claimed.prepared, other)
        assert str(claimed.folder.path.absolute()) in str(caught.value)
        assert not other.path.exists()
        subprocess.run(["bash", "-c", str(caught.value).split("`")[1]], check=True)
        assert agreed(study, claimed.sweep, claimed.prepared, other) == claimed.sweep

    def test_a_study_without_a_claim_is_taken(self, make, study):
        """As one that an earlier version began."""
        made = make()
        assert agreed(study, made.sweep, made.prepared, made.folder) == made.sweep


class TestSpecs:
    def test_another_spec_is_refused_though_the_folders_record_is_lost(self, claimed, study):
        """The study knows what it was begun with."""
        (claimed.folder.path / "spec.yaml").unlink()
        (claimed.folder.path / "prepared.json").unlink()
        recipe = {**claimed.sweep.recipe, "train": {"steps": 6}}
        other = replace(claimed.sweep, recipe=recipe)
        with pytest.raises(UserMistake, match=r"recipe\.train\.steps: began as 5, the spec says 6"):
            agreed(study, other, claimed.prepared, claimed.folder)

    def test_a_data_folder_that_changed_is_refused_too(self, claimed, study):
        """By content, whatever the folder's own record says."""
        data = {
            cell: replace(ref, fingerprint="0" * 64) for cell, ref in claimed.prepared.data.items()
        }
        with pytest.raises(UserMistake, match="data of lab-nli/en/dev"):
            agreed(study, claimed.sweep, replace(claimed.prepared, data=data), claimed.folder)

    def test_a_version_that_was_raised_is_said(self, claimed, study, monkeypatch):
        """Of the part whose numbers change, by its name and both versions."""
        said: list[str] = []
        asked = (study, claimed.sweep, claimed.prepared, claimed.folder, said.append)
        assert agreed(*asked) == claimed.sweep and not said
        monkeypatch.setattr(METHODS["plain"], "version", 7, raising=False)
        assert agreed(*asked) == claimed.sweep
        (note,) = said
        assert note.startswith("method plain: version 7, the sweep was computed with version 1")

    def test_a_task_that_asks_something_else(self, claimed, study, monkeypatch):
        """The search was told of another question: which task, and what of it."""
        changed = replace(get_task("lab-nli"), labels=("yes", "no"))
        of = {"lab-nli": changed}
        for module in (computed, differences):
            monkeypatch.setattr(module, "get_task", lambda name: of.get(name) or get_task(name))
        with pytest.raises(UserMistake, match="labels of the task lab-nli began as") as caught:
            agreed(study, claimed.sweep, claimed.prepared, claimed.folder)
        assert "what is there now is [yes, no]" in str(caught.value)
        assert "was begun with other tasks" in str(caught.value)

    def test_a_study_that_does_not_say_what_tasks_were(self, claimed, study):
        """As an earlier version began one."""
        own = study.attrs()["sweep"]
        del own["computed"]["natures"]
        study.set_attr("sweep", own)
        assert agreed(study, claimed.sweep, claimed.prepared, claimed.folder) == claimed.sweep

    def test_more_extends(self, claimed, study):
        """And what the old one froze stays frozen."""
        search = replace(claimed.sweep.search, window=99)
        wider = replace(claimed.sweep, seeds=(2, 0, 1), search=search)
        found = agreed(study, wider, claimed.prepared, claimed.folder)
        assert (found.seeds, found.search.window) == ((0, 1, 2), claimed.sweep.search.window)

    def test_places_are_not_told(self, make, study):
        """They may move, and they may hold passwords."""
        made = make()
        secret = "postgresql://me:hunter2@host/db"
        sweep = replace(made.sweep, storage=secret, tracking=secret, store=secret)
        claim(study, sweep, made.prepared, made.folder)
        assert "hunter2" not in json.dumps(study.attrs())

    def test_a_record_of_another_version(self, claimed, study):
        """A field that is not known here is a mistake with a remedy."""
        own = study.attrs()["sweep"]
        own["spec"]["recipe"]["train"]["tempo"] = 3
        study.set_attr("sweep", own)
        with pytest.raises(UserMistake, match=r"another version of xlt.*tempo"):
            agreed(study, claimed.sweep, claimed.prepared, claimed.folder)


def test_the_id_is_written_once(make, study):
    """A second start keeps it."""
    made = make()
    claim(study, made.sweep, made.prepared, made.folder)
    first = (made.folder.path / "id").read_text()
    claim(study, made.sweep, made.prepared, made.folder)
    assert (made.folder.path / "id").read_text() == first
