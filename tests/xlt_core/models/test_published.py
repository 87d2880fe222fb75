"""Models as transformers has them: what an Auto class predicts is what ours predicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import transformers

from tests.xlt_core.kinds.test_kinds import TASKS, pairs
from xlt_core.data.folder import FolderSource
from xlt_core.kinds import KINDS, get_kind
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.outputs import Outputs, Rows
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.head_spec import HeadSpec
from xlt_core.models.model import Model
from xlt_core.models.pretrained import load_learner, load_tokenizer
from xlt_core.models.published import write_published
from xlt_core.models.tensors import to_tensors
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import UserMistake

CPU = torch.device("cpu")


def model_with_head(encoder: Path, task: str) -> Model:
    """Its head's weights are so large that predictions differ from row to row."""
    ref = refer_encoder(str(encoder))
    model = load_learner(ref, load_tokenizer(ref))
    assert isinstance(model, Model)
    known = get_task(task)
    model.add_head(task, HeadSpec(get_kind(known.kind), known.labels), seed=1)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for values in model.head.parameters():
            values.normal_(0.0, 1.0, generator=generator)
    return model


@pytest.mark.parametrize("encoder", ["xlm-roberta", "bert"])
@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"masked_lm"}))
def test_the_auto_class_predicts_the_same(
    kind: str, encoder: str, encoder_of, small_data: Path, tmp_path: Path
) -> None:
    """Row for row, with the labels' names, by another's code from the folder alone."""
    task = get_task(TASKS[kind])
    model = model_with_head(encoder_of(encoder), task.name)
    examples = (
        pairs(12) if kind == "retrieval" else FolderSource(small_data).load(task.name, "en", "dev")
    )
    split = encode(KINDS[kind], examples, model.tokenizer, 24, 4)
    rows = Rows(split, examples)
    ours = model.predict(task.name, rows, task)

    auto = write_published(model, task.name, tmp_path)
    network = getattr(transformers, auto.name).from_pretrained(tmp_path).eval()
    assert type(network).__name__.lower().startswith(encoder.replace("-", ""))
    if task.labels:
        assert network.config.id2label == dict(enumerate(task.labels))
    with torch.inference_mode():
        logits = [
            auto.logits(network, _inputs(split.batch([row])))[0].numpy()
            for row in range(len(split))
        ]
    theirs = KINDS[kind].predictions(Outputs(rows, logits), task)
    if kind == "regression":
        assert theirs == pytest.approx(ours, abs=1e-4) and max(ours) - min(ours) > 0.1
    else:
        assert theirs == ours and len(set(map(str, ours))) > 1


def _inputs(batch) -> dict[str, torch.Tensor]:
    names = ("input_ids", "attention_mask", "token_type_ids")
    return to_tensors({name: batch[name] for name in names if name in batch}, CPU)


def test_nothing_of_ours_is_needed(encoder_of, tmp_path: Path) -> None:
    """From text to the label's name by a pipeline of transformers; the tokenizer is there too."""
    model = model_with_head(encoder_of("xlm-roberta"), "mnli")
    write_published(model, "mnli", tmp_path)
    judge = transformers.pipeline("text-classification", model=str(tmp_path))
    said = judge({"text": "sun moon red", "text_pair": "cold"})
    with torch.inference_mode():
        ids = model.tokenizer("sun moon red", "cold", return_tensors="pt")["input_ids"]
        number = int(model("mnli", {"input_ids": ids})[0].argmax())
    assert said["label"] == get_task("mnli").labels[number]
    assert json.loads((tmp_path / "config.json").read_text())["problem_type"] == (
        "single_label_classification"
    )


def test_a_head_that_no_class_has_is_refused(encoder_of, tmp_path: Path) -> None:
    """Those of masked language modelling are named otherwise in every family."""
    with pytest.raises(UserMistake, match="no class for the head of a masked_lm task"):
        write_published(model_with_head(encoder_of("bert"), "texts"), "texts", tmp_path)


def test_another_function_in_the_head_is_refused(encoder_of, small_data, tmp_path: Path) -> None:
    """ELECTRA's has GELU where ours has tanh; its class for tagging is just our layer."""
    encoder = encoder_of("electra")
    with pytest.raises(UserMistake, match="ElectraForSequenceClassification computes its head oth"):
        write_published(model_with_head(encoder, "mnli"), "mnli", tmp_path / "one")
    assert write_published(model_with_head(encoder, "udpos"), "udpos", tmp_path / "two").name == (
        "AutoModelForTokenClassification"
    )


def test_weights_that_do_not_arrive_are_noticed(
    encoder_of, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is read again, whatever the reason may be that it is not the same."""
    model = model_with_head(encoder_of("bert"), "mnli")

    def bare(self: Model, task: str) -> torch.nn.Module:
        return torch.nn.ModuleDict({n: torch.nn.Linear(16, o) for n, o in SIZES})

    monkeypatch.setattr(Model, "head_of", bare)
    with pytest.raises(UserMistake, match=r"logits are .* off"):
        write_published(model, "mnli", tmp_path)


SIZES = (("dense", 16), ("out_proj", 3))
