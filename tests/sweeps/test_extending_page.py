"""docs/extending.md: its examples, as they stand there, are plug-ins that pass their suites."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import PreTrainedTokenizerFast

from tests.repository import ROOT
from xlt_core.plugins import VARIABLE
from xlt_core.tasks import get_task

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE, re.M | re.S))
PLUGINS = sorted(Path(name).stem for name in FILES if not name.startswith("test_"))
SPEC = """\
name: own
encoder: lab-small
data: {folder: data}
intermediate: {tasks: [sst2], count: 0..1}
targets: [sib200, slots]
languages: [de, en]
seeds: 1
recipe:
  train: {steps: 2, batch_size: 4, method: mean, mean_keep: 0.5}
  target: {steps: 2, batch_size: 4}
search: {method: alike, trials: 2, options: {draws: 2}}
execution: {workers: 1, concurrency: 1}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with every file of the page."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def call(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(home), os.environ["PYTHONPATH"]])
    environment = {**os.environ, "PYTHONPATH": path, VARIABLE: ",".join(PLUGINS)}
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True)


def test_each_example_has_its_suite() -> None:
    """Two for tasks, one for a language, a method and a search."""
    assert PLUGINS == ["my_languages", "my_methods", "my_search", "my_targets", "my_tasks"]
    suites = {f"{start}{name}.py" for name in PLUGINS for start in ("", "test_")}
    assert FILES.keys() == suites | {"test_my_data.py"}


@pytest.mark.parametrize("name", PLUGINS)
def test_an_example_passes_its_suite(home: Path, name: str) -> None:
    """As its author would try it, in a folder of its own."""
    said = call(home, sys.executable, "-m", "pytest", "-q", f"test_{name}.py")
    assert said.returncode == 0, said.stdout
    assert re.search(r"^\d+ passed", said.stdout, re.M)


def test_data_of_ones_own_pass_theirs(home: Path) -> None:
    """Read from a folder, with a tokenizer that knows their words."""
    write_data(home / "data")
    words = {w: n for n, w in enumerate(("<unk>", *["two", "lentil", "soups", "to", "Berlin"]))}
    own = Tokenizer(WordLevel(words, unk_token="<unk>"))
    own.pre_tokenizer = WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=own).save_pretrained(home / "encoder")
    said = call(home, sys.executable, "-m", "pytest", "-q", "test_my_data.py")
    assert said.returncode == 0, said.stdout
    assert re.search(r"^2 passed", said.stdout, re.M)


@pytest.mark.slow
def test_they_work_together(home: Path) -> None:
    """A sweep trains on the task, by the method, as the search proposes."""
    write_data(home / "data")
    (home / "own.yaml").write_text(SPEC)
    xlt = str(Path(sys.executable).parent / "xlt")
    said = call(home, xlt, "run", "own.yaml")
    assert said.returncode == 0, said.stderr
    rows = json.loads(call(home, xlt, "results", "own", "--json").stdout)
    assert {row["plan"] for row in rows} == {"(none)", "sst2"}
    found = {(row["target"], row["language"]) for row in rows}
    assert found == {(name, code) for name in ("sib200", "slots") for code in ("de", "en")}


def write_data(folder: Path) -> None:
    """A few rows of each label, in the layouts that the tasks name."""
    head = "id\tsentence\tlabel\n"
    rows = [
        f"{n}\tsome {label} thing\t{label}\n"
        for n in range(4)
        for label in ("negative", "positive")
    ]
    (folder / "sst2").mkdir(parents=True)
    for split in ("train", "dev"):
        (folder / "sst2" / f"{split}-en.tsv").write_text(head + "".join(rows))
    (folder / "slots").mkdir()
    orders = "two\tO\nlentil\tB-DISH\nsoups\tI-DISH\n\nto\tO\nBerlin\tB-PLACE\n\n"
    for name in ("train-en", "dev-de", "dev-en", "test-de", "test-en"):
        (folder / "slots" / f"{name}.tsv").write_text(orders)
    (folder / "sib200").mkdir()
    topics = [f"{n}\tabout {label}\t{label}\n" for n, label in enumerate(get_task("sib200").labels)]
    for split in ("train", "dev", "test"):
        for code in ("de", "en"):
            text = "id\ttext\tlabel\n" + "".join(topics)
            (folder / "sib200" / f"{split}-{code}.tsv").write_text(text)


def test_every_file_it_names_is_there() -> None:
    """Those of the tests; and the map that it links to has such a heading."""
    assert all((ROOT / path).is_file() for path in re.findall(r"`(tests/[\w/.]+)`", PAGE))
    assert "## What goes where" in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
