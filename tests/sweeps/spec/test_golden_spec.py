"""Records that an earlier version wrote: they are read, and written again byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeps.spec.paths import SweepFolder
from sweeps.spec.stored import read_stored_spec, write_spec
from sweeps.spec.sweep import (
    Execution,
    Intermediate,
    Objective,
    Range,
    Search,
    Sweep,
    Target,
)
from xlt_core.vocabulary.plan import Step

GOLDEN = Path(__file__).parent / "golden"
PLACES = {
    "store": "s3://bucket/stages",
    "tracking": "http://host:5000",
    "storage": "postgresql://me:${XLT_STORAGE_PASSWORD}@host/studies",
}
NESTED = {"n_ei_candidates": 9, "deep": {"list": [1, [2.5, None]], "no": True}}
SWEEPS = {
    "every_shape": Sweep(
        name="shapes",
        encoder=Range("choice", choices=("mbert", "xlm-roberta-base")),
        data="/data/of mine",
        intermediate=Intermediate(
            tasks=tuple(map(Step.parse, ("mnli", "qqp+squad", "panx[ru]"))),
            counts=(0, 1, 2),
            order="given",
            overlap="exclude",
            plans=("mnli > qqp+squad", "panx[ru]"),
        ),
        targets=(Target("xnli"), Target("udpos", ("en", "no")), Target("sib200", ())),
        seeds=(0, 1, 17),
        recipe={
            "train": {
                "learning_rate": Range("log", 1e-05, 5e-05),
                "warmup": Range("float", 0.0, 0.5),
                "steps": Range("int", 10, 100),
                "freeze": Range("choice", choices=("none", ("embeddings", "0-3"))),
            },
            "target": {"epochs": 2.0, "rows": None, "freeze": ("embeddings",)},
            "tasks": {"mnli": {"head": "new"}, "no": {"steps": Range("choice", choices=(1, 2.0))}},
        },
        search=Search("grid", None, 7, 3, True, NESTED),
        objective=Objective("dev", "all"),
        execution=Execution(
            *(3, 2, 5, 4, 0.5, "cpu", 16, 90.0),
            gpus={"train": 1.0, "evaluate": 0.25},
            memory={"all": 8e9},
            idle_seconds=20.0,
        ),
        splits=("dev",),
        source={"name": "shapes", "seeds": [0, 1, 17], "search": {"options": NESTED}},
        **PLACES,
    ),
    "defaults": Sweep(
        name="defaults",
        encoder="lab-small",
        data="lab",
        intermediate=Intermediate((), (0,)),
        targets=(),
        seeds=(0,),
        recipe={"train": {}, "target": {}},
        **PLACES,
    ),
}


@pytest.mark.parametrize("name", SWEEPS)
class TestGolden:
    def test_it_is_read(self, tmp_path: Path, name: str):
        """Every shape a field may have comes back."""
        folder = SweepFolder(tmp_path / SWEEPS[name].name)
        folder.files.write("spec.yaml", (GOLDEN / f"{name}.yaml").read_text())
        assert read_stored_spec(folder) == SWEEPS[name]

    def test_it_is_written_the_same(self, tmp_path: Path, name: str):
        """Another form would need a number of its own, as `format` counts them."""
        folder = SweepFolder(tmp_path / SWEEPS[name].name)
        write_spec(folder, SWEEPS[name])
        written = (folder.path / "spec.yaml").read_bytes()
        assert written == (GOLDEN / f"{name}.yaml").read_bytes()
