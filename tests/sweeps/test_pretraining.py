"""An encoder that is pretrained here: once, first of every plan, for all seeds and all sweeps."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from sweeps.spec.inputs import read_prepared, write_prepared
from sweeps.spec.paths import SweepFolder
from sweeps.spec.prepare import prepare
from sweeps.spec.read import read_spec
from sweeps.spec.trials import paths_of_trial, stage_tree
from tests.skeletons import lab_pretraining, lab_skeleton
from xlt_core.models.pretrainings import PRETRAININGS
from xlt_core.stage import Settings as RunSettings
from xlt_core.stage import run
from xlt_core.stages import PretrainStage, lineage
from xlt_core.store import Store
from xlt_core.vocabulary.plan import Plan
from xlt_core.work.published import publish_model
from xlt_core.worker_cache import WorkerCache

SPEC = """\
name: {name}
encoder: {encoder}
data: lab
intermediate: {{tasks: [lab-pairs], count: 0..1}}
targets: [lab-nli: [en, qla]]
seeds: [{seeds}]
recipe: {{train: {{steps: 3}}, target: {{steps: 3}}}}
search: {{method: grid}}
execution: {{workers: 1, concurrency: 1}}
"""
PLANS = [(Plan.parse(text), {}) for text in ("", "lab-pairs")]


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lab_skeleton(tmp_path_factory.mktemp("skeleton"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skeleton: Path) -> Path:
    """A folder to work in, and `grown-here`, an encoder that is pretrained."""

    def how(rest: str):
        return lab_pretraining(skeleton, seed=int(rest.removeprefix("seed=") or 0))

    monkeypatch.setitem(PRETRAININGS, "grown-here", how)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLT_RUNS", str(tmp_path / "runs"))
    return tmp_path


def spec(name: str = "one", encoder: str = "grown-here", seeds: str = "0, 1") -> str:
    Path(f"{name}.yaml").write_text(SPEC.format(name=name, encoder=encoder, seeds=seeds))
    return f"{name}.yaml"


def test_it_is_the_root_of_every_plan():
    """One stage for both seeds and the baseline; its texts are the lab's, whatever is trained."""
    sweep = read_spec(Path(spec()))
    prepared = prepare(sweep)
    roots = {
        lineage(path.trained)[0].key
        for plan, settings in PLANS
        for path in paths_of_trial(sweep, prepared, plan, settings)
    }
    (root,) = prepared.roots.values()
    assert isinstance(root, PretrainStage) and roots == {root.key}
    assert {ref.language for ref in root.texts} == {"en", "qla", "qlb", "qlc"}
    tree = stage_tree(sweep, prepared, PLANS)
    # For each seed the target after nothing, the step, the target after it; four scores a target.
    assert tree.distinct == 1 + 2 * (3 + 2 * 4)
    (path, *_) = paths_of_trial(sweep, prepared, PLANS[1][0], {})
    assert path.trained.title == "grown-here > lab-pairs > lab-nli #0"


def test_what_was_planned_is_kept_in_the_sweeps_folder():
    """Whoever computes reads it there: workers know no names."""
    sweep = read_spec(Path(spec()))
    prepared, folder = prepare(sweep), SweepFolder.named(sweep.name)
    folder.path.mkdir(parents=True)
    write_prepared(folder, prepared)
    found = read_prepared(folder)
    assert found == prepared and found.identity() == prepared.identity()
    other = prepare(read_spec(Path(spec(encoder="grown-here:seed=3"))))
    assert other.encoder.identity == prepared.encoder.identity
    assert other.identity()["encoder"] != prepared.identity()["encoder"]


def test_two_encoders_of_one_sweep_are_pretrained_each_for_itself():
    """What is searched is told apart by what it starts from; one comes with its weights."""
    sweep = read_spec(
        Path(spec()), ["encoder={choice: [grown-here, 'grown-here:seed=3', lab-small]}"]
    )
    prepared = prepare(sweep)
    assert len({root.key for root in prepared.roots.values()}) == 2
    assert prepared.root_of({"encoder": "lab-small"}) is None


def test_two_sweeps_share_one_pretraining_and_it_is_exported(home: Path):
    """The second, of another seed, finds it in the store; a model of it loads as any."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    store, warm, computed = Store(home / "stages"), WorkerCache(), Counter[str]()
    for name, seeds in (("one", "0"), ("two", "5")):
        sweep = read_spec(Path(spec(name, seeds=seeds)))
        for path in paths_of_trial(sweep, prepare(sweep), PLANS[1][0], {}):
            for stage in (*lineage(path.trained), path.evaluations[0]):
                done = run(stage, store, print, RunSettings(home / "cache"), warm)
                computed[stage.kind] += done.executed
    assert computed == {"pretrain": 1, "train": 4, "evaluate": 2}
    publish_model(path.evaluations[0], store, home / "cache", home / "model")
    assert AutoModelForSequenceClassification.from_pretrained("model").config.num_labels == 3
    assert AutoTokenizer.from_pretrained("model").mask_token == "<mask>"


@pytest.mark.slow
def test_by_commands(home: Path, local_ray, xlt):
    """It is counted, shared, tracked and told of as any stage."""
    first = xlt("run", spec())
    assert first.code == 0, first.err
    second = xlt("run", spec("two", seeds="5"))
    assert second.code == 0, second.err
    kinds = Counter(one.kind for one in Store(home / "runs" / "stages").list())
    assert kinds["pretrain"] == 1 and kinds["train"] == 3 * 3
    standing = json.loads(xlt("status", "two", "--json").out)["stages"]
    assert (standing["distinct"], standing["reused"]) == (1 + 3 + 2 * 4, 1)
    with sqlite3.connect(home / "runs" / "mlflow.db") as database:
        query = "select count(*) from tags where key = 'xlt.kind' and value = 'pretrain'"
        assert database.execute(query).fetchone() == (1,)
    assert xlt("export", "two", "--trial", "1", "--to", "model").code == 0
    assert "1. texts (3,000 rows of train), texts[qla]" in Path("model/README.md").read_text()
