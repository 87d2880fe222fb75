"""Sharing changes no bit: a plan computed alone equals the same plan among others."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from xlt_core.data import open_source
from xlt_core.models.encoders import refer_encoder
from xlt_core.stage import Settings, run
from xlt_core.stages import EvaluateStage, TrainStage
from xlt_core.store import Store
from xlt_core.vocabulary.errors import StageCancelled
from xlt_core.vocabulary.events import StageProgress
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import SourceRef
from xlt_core.worker_cache import WorkerCache

PLANS = [(), ("lab-pairs",), ("lab-pairs", "lab-topic"), ("lab-topic", "lab-pairs")]
SOURCE = SourceRef("lab")
RECIPE = Recipe(steps=12, batch_size=16, learning_rate=2e-3, max_length=32)


def stages(plan: tuple[str, ...]) -> list[TrainStage | EvaluateStage]:
    """The plan's chain, then its target's evaluations, in the order they are computed."""
    source, encoder = open_source(SOURCE), refer_encoder("lab-small")
    chain: list[TrainStage] = []
    positions = [*map(str, range(len(plan))), "target"]
    for task, position in zip([*plan, "lab-nli"], positions, strict=True):
        data = (source.refer(task, "en", "train"),)
        parent = chain[-1] if chain else None
        chain.append(TrainStage(encoder, parent, data, RECIPE, 0, position, SOURCE))
    scored = [
        EvaluateStage(chain[-1], source.refer("lab-nli", code, "dev")) for code in ("en", "qlc")
    ]
    return [*chain, *scored]


def compute(plans: list[tuple[str, ...]], folder: Path, warm: WorkerCache | None) -> dict[str, Any]:
    """Everything that came of the plans, by key: scores, and weights by content."""
    store, settings = Store(folder / "stages"), Settings(cache=folder / "cache", device="cpu")
    found: dict[str, Any] = {}
    for plan in plans:
        for stage in stages(plan):
            result = run(stage, store, lambda event: None, settings, warm=warm)
            stored = store.read(stage.key)
            assert stored is not None
            found[stage.key] = (
                result.scores.to_json()
                if result.scores is not None
                else hashlib.sha256(stored.path("weights.safetensors").read_bytes()).hexdigest()
            )
    return found


def test_scores_with_sharing_equal_scores_without_to_the_bit(tmp_path):
    """Four plans on one store and one warm worker, against each alone and cold."""
    together = compute(PLANS, tmp_path / "together", WorkerCache())
    for number, plan in enumerate(PLANS):
        alone = compute([plan], tmp_path / f"alone-{number}", None)
        assert alone.items() <= together.items()


def test_who_shares_the_group_can_read_and_go_on(tmp_path):
    """Whatever is written, weights and checkpoints too, is as open as the umask says."""

    def stop(event):
        if isinstance(event, StageProgress):
            raise StageCancelled

    before = os.umask(0o002)
    try:
        store = Store(tmp_path / "stages")
        settings = Settings(cache=tmp_path / "cache", device="cpu", checkpoint_seconds=0)
        first, *rest = stages(("lab-topic",))
        with pytest.raises(StageCancelled):
            run(first, store, stop, settings)
        assert list((tmp_path / "stages" / "checkpoints").rglob("*.safetensors"))
        closed = closed_to_the_group(tmp_path)
        for stage in (first, *rest):
            run(stage, store, lambda event: None, settings)
        assert closed + closed_to_the_group(tmp_path) == []
    finally:
        os.umask(before)


def closed_to_the_group(folder: Path) -> list[Path]:
    """What another user of its group cannot read, or write to."""
    return [
        path
        for path in folder.rglob("*")
        if path.stat().st_mode & (0o070 if path.is_dir() else 0o060)
        != (0o070 if path.is_dir() else 0o060)
    ]
