"""Who learns an encoder is part of what is learnt: a learner parts the keys of all it computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from xlt_core.models.encoders import refer_encoder
from xlt_core.models.learners import LEARNERS, learner_identity
from xlt_core.models.model import Model
from xlt_core.models.pretrained import load_learner
from xlt_core.stages import PretrainedStage, TrainStage
from xlt_core.testing.encoders import encoder_in, word_tokenizer
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.recipe import Recipe
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef


class Own(Model):
    """A user's."""


class Newer(Own):
    """The same, computing other numbers."""

    version = 2


Newer.__name__ = "Own"


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(encoder_in(tmp_path))


def keys(encoder: EncoderRef) -> tuple[str, str]:
    data = (DataRef("mnli", "en", "train", "d" * 64, 10),)
    recipe = Recipe(steps=3, batch_size=2)
    trained = TrainStage(encoder, None, data, recipe, 0, "0", SourceRef("hub"))
    return trained.key, PretrainedStage(encoder, SourceRef("hub"), recipe).key


class TestKeys:
    def test_each_learner_and_each_version_has_its_own(
        self, folder: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And an encoder with heads has those it always had."""
        plain = refer_encoder(folder)
        monkeypatch.setitem(LEARNERS, "bert", Own)
        assert refer_encoder(folder) == plain  # another type's
        found = [keys(plain)]
        for learner in (Own, Newer):
            monkeypatch.setitem(LEARNERS, "xlm-roberta", learner)
            found.append(keys(refer_encoder(folder)))
        assert len({key for pair in found for key in pair}) == 6
        assert plain.learner == "" and plain.identity == plain.fingerprint

    def test_its_name_and_version_are_what_tells_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As a record shows it."""
        monkeypatch.setitem(LEARNERS, "xlm-roberta", Newer)
        assert learner_identity("xlm-roberta") == "Own 2"


@pytest.mark.parametrize(("planned", "here"), [(None, Own), (Own, None), (Own, Newer)])
def test_a_machine_with_another_learner_computes_nothing(
    folder: str, monkeypatch: pytest.MonkeyPatch, planned: type | None, here: type | None
) -> None:
    """It would publish its own numbers under the other's key."""
    for learner, act in ((planned, "plan"), (here, "load")):
        monkeypatch.delitem(LEARNERS, "xlm-roberta", raising=False)
        if learner is not None:
            monkeypatch.setitem(LEARNERS, "xlm-roberta", learner)
        if act == "plan":
            ref = refer_encoder(folder)
    with pytest.raises(UserMistake, match="XLT_PLUGINS"):
        load_learner(ref, word_tokenizer())
    assert replace(ref, learner="").fingerprint == ref.fingerprint
