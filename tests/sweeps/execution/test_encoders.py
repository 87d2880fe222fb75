"""A sweep over two encoders, trained for real."""

from __future__ import annotations

import shutil

import torch
from safetensors.torch import load_file, save_file

from sweeps.execution.driver import Ended, run_sweep
from sweeps.report.render import results_report
from sweeps.report.text import as_text
from sweeps.results.rows import read_results
from sweeps.results.status import sweep_status
from sweeps.spec.paths import SweepFolder
from sweeps.spec.prepare import prepare
from sweeps.spec.read import read_spec
from xlt_core.models.encoders import lab_folder

SPEC = """\
name: two
encoder: {{choice: [lab-small, {other}]}}
data: lab
intermediate: {{tasks: [lab-pairs], count: 0..1}}
targets: [lab-nli]
languages: [en, qla]
seeds: 2
recipe: {{train: {{steps: 3}}, target: {{steps: 3}}}}
search: {{method: grid}}
tracking: {tracking}
"""


def test_each_plan_is_compared_with_the_baseline_of_its_own_encoder(
    tmp_path, monkeypatch, local_ray
):
    """Two encoders, two plans: four trials, each encoder with its own baseline and gains."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLT_RUNS", str(tmp_path / "runs"))
    other = tmp_path / "other"
    shutil.copytree(lab_folder("lab-small"), other)
    weights = load_file(other / "model.safetensors")
    changed = {name: value + 0.01 * torch.ones_like(value) for name, value in weights.items()}
    save_file(changed, other / "model.safetensors", metadata={"format": "pt"})
    spec = tmp_path / "two.yaml"
    spec.write_text(SPEC.format(other=other, tracking=tmp_path / "mlflow.db"))

    sweep, folder = read_spec(spec), SweepFolder.named("two")
    prepared = prepare(sweep)
    assert len({ref.fingerprint for ref in prepared.encoders.values()}) == 2
    assert run_sweep(sweep, prepared, folder, lambda event: None) == Ended("finished", 0, 0)

    results = read_results(folder)
    by_trial = {(r.plan, r.settings["encoder"]) for r in results.rows}
    names = ["lab-small", str(other)]
    assert by_trial == {(plan, name) for plan in ("(none)", "lab-pairs") for name in names}
    score = {(r.plan, r.settings["encoder"], r.language, r.seed, r.split): r for r in results.rows}
    for (plan, name, *cell), row in score.items():
        baseline = score["(none)", name, *cell]
        assert row.gain is not None and abs(row.gain - (row.score - baseline.score)) < 1e-9, plan
    assert "encoder" in as_text(results_report(results))
    stages = sweep_status(folder).stages
    assert stages.executed == stages.distinct

    again = prepare(read_spec(spec), prepared)
    assert run_sweep(sweep, again, folder, lambda event: None) == Ended("finished", 0, 0)
    assert read_results(folder).rows == results.rows
