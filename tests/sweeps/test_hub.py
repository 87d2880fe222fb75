"""A study on the hub goes on with the commits it was planned with, whatever happens upstream.

The hub is a small server on this machine; each command is a process of its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.small_hub import COMMIT, CONVERTED, OTHER, SmallHub, hub_environment
from xlt_core.testing.encoders import write_encoder

BASE = "FacebookAI/xlm-roberta-base"
MNLI, XNLI = "nyu-mll/multi_nli", "facebook/xnli"
SPEC = """\
name: far
encoder: xlm-roberta-base
data: hub
intermediate: {{plans: [mnli]}}
targets: [{{xnli: [en, sw]}}]
seeds: {seeds}
recipe:
  train: {{steps: 2, batch_size: 4, max_length: 32}}
  target: {{steps: 2, batch_size: 4, max_length: 32}}
search: {{method: grid}}
execution: {{workers: 1, concurrency: 1}}
"""
ROWS: dict[str, list[Any]] = {
    "premise": ["sun moon", "red blue", "cold cat", "warm dog"] * 4,
    "hypothesis": ["sun", "green", "dog", "warm"] * 4,
    "label": [0, 1, 2, 0] * 4,
}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[SmallHub]:
    """MNLI, XNLI in two languages, and an encoder."""
    served = SmallHub(tmp_path / "hub")
    put_data(served, ROWS, COMMIT)
    served.put_model(BASE, write_encoder(tmp_path / "encoder"))
    yield served
    served.close()


def put_data(hub: SmallHub, rows: dict[str, list[Any]], commit: str) -> None:
    hub.put(MNLI, "default/train/0000.parquet", rows, commit=commit)
    for code in ("en", "sw"):
        for split in ("validation", "test"):
            hub.put(XNLI, f"{code}/{split}/0000.parquet", rows, commit=commit)


def upstream_edits(hub: SmallHub, tmp_path: Path) -> None:
    """Other labels, and another model card."""
    put_data(hub, ROWS | {"label": [2, 2, 1, 1] * 4}, OTHER)
    copy = hub.put_model(BASE, tmp_path / "encoder", commit=OTHER)
    (copy / "README.md").write_text("a better card")


def xlt(
    hub: SmallHub, home: Path, *words: str, machine: str = "one"
) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "xlt"), *words]
    environment = hub_environment(hub.url, home / machine) | {"COLUMNS": "200"}
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True)


def planned(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "runs" / "far" / "prepared.json").read_text())
    return found


def commits(home: Path) -> set[str]:
    found = planned(home)
    return {found["encoder"]["revision"], *(commit for _, commit in found["source"]["revisions"])}


PREPARE = """
import json, sys
from pathlib import Path
from sweeps.interface.agreement import agree
from sweeps.interface.audience import Audience
from sweeps.spec.paths import SweepFolder
from sweeps.spec.inputs import planned, write_prepared
from sweeps.spec.prepare import prepare
from sweeps.spec.read import read_spec
from sweeps.spec.stored import write_spec
from xlt_core.vocabulary.errors import UserMistake
try:
    folder = SweepFolder(Path("runs/far"))
    sweep = read_spec(Path("far.yaml"), [])
    prepared = prepare(sweep, planned(folder))
    if folder.exists:
        agree(sweep, prepared, folder, Audience(yes=True))
    write_prepared(folder, prepared)
    write_spec(folder, sweep)
    print(json.dumps({"notes": prepared.notes, "identity": prepared.identity()}))
except UserMistake as mistake:
    print(json.dumps({"mistake": str(mistake)}))
"""


@pytest.fixture
def prepare(hub: SmallHub, tmp_path: Path) -> Any:
    """Plan the study, or go on with it, on a machine of that name."""
    (tmp_path / "far.yaml").write_text(SPEC.format(seeds=1))

    def run(machine: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", PREPARE],
            cwd=tmp_path,
            env=hub_environment(hub.url, tmp_path / machine),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_a_study_goes_on_with_what_was_planned(hub: SmallHub, prepare: Any, tmp_path: Path) -> None:
    """More seeds after an edit upstream: workers read the old commits on an empty machine too."""
    prepare("one")
    before = planned(tmp_path)
    assert commits(tmp_path) == {COMMIT}
    upstream_edits(hub, tmp_path)
    (tmp_path / "far.yaml").write_text(SPEC.format(seeds=2))
    extended = xlt(hub, tmp_path, "run", "far.yaml", "--yes", machine="two")
    assert extended.returncode == 0, extended.stderr
    assert planned(tmp_path)["data"] == before["data"]
    assert commits(tmp_path) == {COMMIT}


class TestVanished:
    """A planned commit that the hub no longer has, on a machine whose cache is empty."""

    @pytest.mark.slow
    def test_the_same_content_under_another_commit_serves_on(
        self, hub: SmallHub, prepare: Any, tmp_path: Path
    ) -> None:
        """And is said, for each repository."""
        before = prepare("one")
        for name in (f"datasets/{MNLI}", f"datasets/{XNLI}"):
            hub.squash(name, CONVERTED, OTHER)
        hub.squash(f"models/{BASE}", "main", OTHER)
        after = prepare("two")
        assert after["identity"]["data"] == before["identity"]["data"]
        assert after["identity"]["encoder"] == before["identity"]["encoder"]
        gone = [note for note in after["notes"] if "is gone from the hub" in note]
        assert len(gone) == 3
        assert all(COMMIT[:12] in note and OTHER[:12] in note for note in gone)
        assert commits(tmp_path) == {OTHER}

    def test_another_content_is_refused_with_both_fingerprints(
        self, hub: SmallHub, prepare: Any
    ) -> None:
        before = prepare("one")
        for name in (f"datasets/{MNLI}", f"datasets/{XNLI}"):
            hub.squash(name, CONVERTED, OTHER)
        put_data(hub, ROWS | {"label": [2, 2, 1, 1] * 4}, OTHER)
        message = prepare("two")["mistake"]
        assert "data of mnli/en/train" in message
        assert before["identity"]["data"]["mnli/en/train"][:12] in message
        assert "then," in message
        assert prepare("one")["identity"] == before["identity"], "its cache has the old ones"


class TestDoctor:
    def doctor(self, hub: SmallHub, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return xlt(hub, home, "doctor", "--hub", *words)

    def test_what_is_as_the_tables_say_is_listed(self, hub: SmallHub, tmp_path: Path) -> None:
        rows = ROWS | {"label": [0, 1, 2, 0] * 4}
        hub.put(MNLI, "default/validation_matched/0000.parquet", rows)
        done = self.doctor(hub, tmp_path, "mnli", "xlm-roberta-base")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "nyu-mll/multi_nli at c0ffee" in done.stdout
        assert "encoder of type xlm-roberta" in done.stdout
        assert "what our tables say" in done.stderr

    def test_what_differs_is_printed(self, hub: SmallHub, tmp_path: Path) -> None:
        """A missing split, another column, a label that never occurs, a broken encoder."""
        hub.put(XNLI, "de/test/0000.parquet", {"text": ["a"], "label": [0]})
        hub.put(XNLI, "fr/test/0000.parquet", ROWS | {"label": [0, 1] * 8})
        broken = shutil.copytree(tmp_path / "encoder", tmp_path / "broken")
        (broken / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
        hub.put_model("some/encoder", broken)
        done = self.doctor(hub, tmp_path, "xnli", "some/encoder", "--json")
        assert done.returncode == 1, done.stderr
        found = {check["what"]: check for check in json.loads(done.stdout)}
        assert found["test in en"]["differs"] == []
        assert found["test in en"]["size"] == 16
        assert "has no files ar/validation" in str(found["dev in ar"]["differs"])
        assert "no column premise" in str(found["test in de"]["differs"])
        assert "contradiction never occurs" in str(found["test in fr"]["differs"])
        assert "Git LFS pointer" in str(found["encoder"]["differs"])

    def test_without_a_connection_it_says_so_at_once(self, hub: SmallHub, tmp_path: Path) -> None:
        hub.close()
        done = self.doctor(hub, tmp_path, "xnli", "udpos", "panx")
        assert done.returncode == 2
        assert "is not reached" in done.stderr
        assert len(done.stderr.splitlines()) <= 3

    @pytest.mark.parametrize(
        ("words", "said"), [(["--hub", "xnly"], "did you mean xnli"), (["--hub"], "--hub TASK")]
    )
    def test_a_wrong_command_line_is_the_users_mistake(
        self, hub: SmallHub, tmp_path: Path, words: list[str], said: str
    ) -> None:
        done = xlt(hub, tmp_path, "doctor", *words)
        assert done.returncode == 2
        assert said in done.stderr
