"""Scoring what nothing was trained for: the encoder as it is, rows read as the evaluation says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from xlt_core.data import open_source
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.outputs import Rows
from xlt_core.kinds.retrieval import RETRIEVAL
from xlt_core.models.head_spec import HeadSpec
from xlt_core.models.model import Model
from xlt_core.models.pretrained import load_encoder, load_tokenizer
from xlt_core.stages import EvaluateStage, PretrainedStage
from xlt_core.stages.evaluate import Reading
from xlt_core.tasks import get_task
from xlt_core.testing.bench import RECIPE, Bench
from xlt_core.vocabulary.refs import SourceRef

PAIRS = [("red sun", "blue moon"), ("cold river", "stone"), ("cat", "dog"), ("green", "red cat")]
READ = Reading(48, 0, "float32")


@pytest.fixture
def here(bench: Callable[..., Bench], tmp_path: Path) -> Bench:
    """A bench whose data have pairs of sentences beside them."""
    usual, data = bench(), tmp_path / "data"
    shutil.copytree(usual.data, data)
    (data / "tatoeba").mkdir()
    for place, name in enumerate(("de-en.de", "de-en.en")):
        (data / "tatoeba" / name).write_text("".join(f"{pair[place]}\n" for pair in PAIRS))
    return Bench(usual.root, usual.encoder, data)


def asked(here: Bench) -> EvaluateStage:
    source = SourceRef("folder", str(here.data))
    ref = open_source(source).refer("tatoeba", "de", "test")
    return EvaluateStage(PretrainedStage(here.train("mnli").encoder, source, RECIPE), ref, READ)


def test_the_encoder_itself_is_scored(here: Bench):
    """Nothing of it is copied into the store; what another stage left in memory has no share."""
    stage = asked(here)
    warm = here.warm()
    here.run(here.train("mnli", recipe=replace(RECIPE, steps=5)), warm)
    here.run(stage.trained, warm)
    scores = here.run(stage, warm).answer
    model = Model(load_encoder(stage.trained.encoder))
    model.add_head("tatoeba", HeadSpec(RETRIEVAL, ()), seed=0)
    examples = open_source(stage.trained.source).load("tatoeba", "de", "test")
    split = encode(RETRIEVAL, examples, load_tokenizer(stage.trained.encoder), 48, 0)
    found = model.predict("tatoeba", Rows(split, examples), get_task("tatoeba"))
    right = sum(a == one.id for a, one in zip(found, examples, strict=True))
    assert scores is not None and scores["primary"] == 100 * right / 4
    stored = here.store.read(stage.trained.key)
    assert stored is not None and stored.files == ("stage.json",)


def test_a_trained_stage_is_scored_as_it_is(here: Bench):
    """With the very weights that the next stage would start from."""
    stage = asked(here)
    trained = replace(here.train("mnli", recipe=replace(RECIPE, steps=5)), parent=None)
    after = replace(stage, trained=trained)
    here.run(trained)
    assert here.run(after).answer is not None
    assert after.key != stage.key


def test_how_rows_are_read_has_a_share_in_the_key(here: Bench):
    """Where it is the evaluation's own; else it is the training's, whose key has it."""
    stage = asked(here)
    others = [replace(READ, max_length=32), replace(READ, stride=8), None]
    others.append(replace(READ, precision="bfloat16"))
    keys = {replace(stage, own_reading=other).key for other in (READ, *others)}
    assert len(keys) == 5
    scored = here.score(here.train("mnli"), "mnli")
    assert scored.reading == Reading.of(RECIPE) and "reading" not in scored.identity()
