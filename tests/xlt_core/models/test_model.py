"""The model: equal to transformers' own modules, and deterministic in its dropout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from xlt_core.kinds import KINDS, TaskKind
from xlt_core.kinds.choice import CHOICE
from xlt_core.kinds.classification import CLASSIFICATION
from xlt_core.kinds.masked_lm import MASKED_LM
from xlt_core.kinds.span import SPAN
from xlt_core.kinds.tagging import TAGGING
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.head_spec import HeadSpec, fitting_head
from xlt_core.models.model import Model
from xlt_core.models.pretrained import load_encoder
from xlt_core.vocabulary.errors import UserMistake

NLI = HeadSpec(CLASSIFICATION, ("entailment", "neutral", "contradiction"))


def batch_of(rows: int, length: int, padded: bool, types: bool) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(4, 20, (rows, length), generator=generator)
    mask = torch.ones_like(ids)
    if padded:
        mask[0, length - 2 :] = 0
        mask[1, length - 4 :] = 0
    made = {"input_ids": ids.where(mask.bool(), torch.tensor(1)), "attention_mask": mask}
    return {**made, "token_type_ids": (ids > 10).long()} if types else made


@pytest.fixture
def model_of(encoder_of: Callable[[str], Path]) -> Callable[[str], tuple[Model, Any]]:
    """A model of ours and the untouched encoder of transformers, same weights."""

    def make(kind: str) -> tuple[Model, Any]:
        ref = refer_encoder(str(encoder_of(kind)))
        return Model(load_encoder(ref)), load_encoder(ref)

    return make


class TestHidden:
    @pytest.mark.parametrize("kind", ["xlm-roberta", "bert"])
    @pytest.mark.parametrize("padded", [False, True])
    def test_it_equals_transformers(
        self, model_of: Callable[[str], tuple[Model, Any]], kind: str, padded: bool
    ) -> None:
        """All states, and the first token's alone, are those of transformers' own forward pass."""
        model, theirs = model_of(kind)
        batch = batch_of(3, 9, padded, types=kind == "bert")
        if kind == "bert":
            batch["input_ids"] = batch["input_ids"].where(batch["attention_mask"].bool(), 0)
        mask = batch["attention_mask"]
        types = batch.get("token_type_ids")
        given = mask if padded else None
        with torch.inference_mode():
            expected = theirs(**batch).last_hidden_state
            every = model.hidden(batch["input_ids"], given, types, first=False)
            first = model.hidden(batch["input_ids"], given, types, first=True)
        assert model.is_swift
        assert torch.allclose(every[mask.bool()], expected[mask.bool()], atol=1e-5)
        assert torch.allclose(first, expected[:, 0], atol=1e-5)

    def test_gradients_equal_transformers(
        self, model_of: Callable[[str], tuple[Model, Any]]
    ) -> None:
        """With dropout drawing from our noise at probability 0, every gradient is theirs."""
        model, theirs = model_of("xlm-roberta")
        batch = batch_of(3, 9, padded=True, types=False)
        theirs(**batch).last_hidden_state[:, 0].sin().sum().backward()
        model.hidden(batch["input_ids"], batch["attention_mask"], None, True).sin().sum().backward()
        ours = dict(model.encoder.named_parameters())
        for name, value in theirs.named_parameters():
            gradient = ours[name].grad
            assert gradient is not None and value.grad is not None
            assert torch.allclose(gradient, value.grad, atol=1e-4), name

    def test_other_encoders_run_through_transformers(self) -> None:
        """An encoder of no known family gives transformers' states, and drops by our noise."""
        from transformers import ElectraConfig, ElectraModel

        config = ElectraConfig(
            vocab_size=30, hidden_size=16, embedding_size=16, num_hidden_layers=1,
            num_attention_heads=2, intermediate_size=32,
        )  # fmt: skip
        model = Model(ElectraModel(config).eval())
        assert not model.is_swift
        batch = batch_of(2, 5, padded=False, types=False)
        quiet = model.hidden(batch["input_ids"], None, None, first=True)
        model.noise.begin(1, 0, 2, 2)
        assert quiet.shape == (2, 16)
        assert not torch.equal(model.hidden(batch["input_ids"], None, None, first=True), quiet)


class TestFlat:
    @pytest.mark.parametrize("kind", ["xlm-roberta", "bert"])
    @pytest.mark.parametrize("first", [False, True])
    @pytest.mark.parametrize("trains", [False, True])
    def test_real_tokens_alone_give_the_same_states_and_gradients(
        self, model_of: Callable[[str], tuple[Model, Any]], kind: str, first: bool, trains: bool
    ) -> None:
        """Without padding in between: same positions, same dropout, same values, same gradients."""
        model, _ = model_of(kind)
        model.set_attention_dropout(0.0)
        batch = batch_of(3, 9, True, types=kind == "bert")
        mask = batch["attention_mask"]
        found: dict[bool, list[Tensor]] = {}
        for flat in (False, True):
            model.flat = flat
            model.zero_grad()
            if trains:
                model.noise.begin(5, 0, 3, 3)
            states = model.hidden(batch["input_ids"], mask, batch.get("token_type_ids"), first)
            kept = states if first else states[mask.bool()]
            kept.sin().sum().backward()
            gradients = [v.grad for v in model.encoder.parameters() if v.grad is not None]
            found[flat] = [kept.detach(), *(gradient.clone() for gradient in gradients)]
        assert len(found[True]) == len(found[False]) > 10
        for ours, theirs in zip(found[True], found[False], strict=True):
            assert torch.allclose(ours, theirs, atol=1e-4)

    def test_attention_that_drops_is_never_flat(
        self, model_of: Callable[[str], tuple[Model, Any]]
    ) -> None:
        """Its masks are per pair of tokens, so such a pass stays padded and drops as it did."""
        model, _ = model_of("xlm-roberta")
        batch = batch_of(3, 9, True, types=False)
        states = []
        for flat in (False, True):
            model.flat = flat
            model.noise.begin(5, 0, 3, 3)
            states.append(model.hidden(batch["input_ids"], batch["attention_mask"], None, True))
        assert torch.equal(*states)


class TestAttentionDropout:
    def test_it_is_set_and_set_back(self, model_of: Callable[[str], tuple[Model, Any]]) -> None:
        """A module serves stage after stage: the encoder's own comes back."""
        model, _ = model_of("xlm-roberta")
        batch = batch_of(3, 9, False, types=False)

        def states() -> Tensor:
            model.noise.begin(5, 0, 3, 3)
            return model.hidden(batch["input_ids"], None, None, True)

        own = states()
        model.set_attention_dropout(0.0)
        assert not torch.equal(states(), own)
        model.set_attention_dropout(None)
        assert torch.equal(states(), own)

    def test_an_encoder_that_takes_none_says_so(self) -> None:
        """It is never ignored in silence."""
        from transformers import ElectraConfig, ElectraModel

        config = ElectraConfig(
            vocab_size=30, hidden_size=16, embedding_size=16, num_hidden_layers=1,
            num_attention_heads=2, intermediate_size=32,
        )  # fmt: skip
        model = Model(ElectraModel(config).eval())
        model.set_attention_dropout(None)
        with pytest.raises(UserMistake, match="keep their own attention dropout"):
            model.set_attention_dropout(0.0)


class TestNoise:
    def test_a_pass_depends_on_its_seed_alone(
        self, model_of: Callable[[str], tuple[Model, Any]]
    ) -> None:
        """Equal seeds drop alike, others differently; silence drops nothing."""
        model, _ = model_of("xlm-roberta")
        model.add_head("mnli", NLI, seed=1)
        batch = batch_of(4, 9, padded=True, types=False)

        def logits(seed: int) -> Tensor:
            model.noise.begin(seed, 0, 4, 4)
            found: Tensor = model("mnli", batch)
            return found

        one = logits(1)
        torch.manual_seed(9)
        assert torch.equal(logits(1), one)
        assert not torch.equal(logits(2), one)
        model.noise.silence()
        assert not torch.equal(model("mnli", batch), one)

    @pytest.mark.parametrize("kind", list(KINDS.values()))
    def test_rows_drop_alike_in_any_part_of_the_batch(
        self, model_of: Callable[[str], tuple[Model, Any]], kind: TaskKind
    ) -> None:
        """A micro-batch sees the very masks that its rows see in the whole batch."""
        model, _ = model_of("xlm-roberta")
        labelled = kind in (CLASSIFICATION, TAGGING)
        model.add_head("t", HeadSpec(kind, ("a", "b") if labelled else ()), seed=1)
        choices = 2 if kind is CHOICE else 1
        batch = batch_of(6 * choices, 9, padded=True, types=False)
        if kind is CHOICE:
            batch = {name: values.view(6, 2, 9) for name, values in batch.items()}
        if kind is MASKED_LM:
            batch["asked"] = batch["input_ids"]
        model.noise.begin(1, 0, 6, 6)
        whole = model("t", batch)
        parts = []
        for start in range(0, 6, 4):
            part = {name: values[start : start + 4] for name, values in batch.items()}
            model.noise.begin(1, start, len(part["input_ids"]), 6)
            parts.append(model("t", part))
        assert torch.allclose(torch.cat(parts), whole, atol=1e-5)

    def test_masks_keep_the_mean(self, model_of: Callable[[str], tuple[Model, Any]]) -> None:
        """A tenth is dropped, and what stays is scaled up for it."""
        model, _ = model_of("xlm-roberta")
        model.noise.begin(7, 0, 100, 100)
        mask = model.noise.mask((100, 2000), 0.1, torch.zeros(1))
        assert mask is not None
        assert (mask == 0).float().mean().item() == pytest.approx(0.1, abs=0.005)
        assert mask.mean().item() == pytest.approx(1.0, abs=0.005)


class TestHeads:
    def test_a_head_depends_on_its_seed_alone(
        self, model_of: Callable[[str], tuple[Model, Any]]
    ) -> None:
        """Neither the global generator nor other heads come into it."""
        one, two = model_of("xlm-roberta")[0], model_of("xlm-roberta")[0]
        one.add_head("mnli", NLI, seed=5)
        torch.manual_seed(123)
        two.add_head("squad", HeadSpec(SPAN, ()), seed=4)
        before = torch.get_rng_state()
        two.add_head("mnli", NLI, seed=5)
        assert torch.equal(torch.get_rng_state(), before)
        ours, theirs = one.weights(), two.weights()
        assert torch.equal(ours["head.mnli.dense.weight"], theirs["head.mnli.dense.weight"])

    def test_labels_in_another_order_are_put_in_theirs(
        self, model_of: Callable[[str], tuple[Model, Any]]
    ) -> None:
        """A head trained on the same labels in another order predicts the same labels by name."""
        model, _ = model_of("xlm-roberta")
        model.add_head("mnli", NLI, seed=5)
        turned = HeadSpec(CLASSIFICATION, ("contradiction", "entailment", "neutral"))
        model.add_head("xnli", turned, seed=6)
        model.load_head("xnli", model.weights(), "mnli", NLI.labels)
        batch = batch_of(4, 9, padded=False, types=False)
        batch.pop("attention_mask")
        assert torch.allclose(model("xnli", batch), model("mnli", batch)[:, [2, 0, 1]], atol=1e-6)

    @pytest.mark.parametrize("name", ["type", "train", "half", "forward", "keys", "training", "to"])
    def test_a_task_may_be_called_as_torch_calls_its_own(
        self, model_of: Callable[[str], tuple[Model, Any]], name: str
    ) -> None:
        """Its head is one like any other, and its weights are named by the task."""
        model = model_of("xlm-roberta")[0]
        model.add_head(name, NLI, seed=5)
        model.train().float().to("cpu")
        ours = model.weights()
        other = model_of("xlm-roberta")[0]
        other.add_head("mnli", NLI, seed=5)
        theirs = other.weights()
        assert list(ours) == [one.replace("head.mnli.", f"head.{name}.") for one in theirs]
        other.load_head("mnli", ours, name, NLI.labels)
        assert model.head[name] is not None and model.training

    def test_names_with_a_dot_stay_apart(
        self, model_of: Callable[[str], tuple[Model, Any]]
    ) -> None:
        """`a.b` and `a_b` have a head each; what was stored when they had not is read still."""
        model = model_of("xlm-roberta")[0]
        model.add_head("a_b", NLI, seed=5)
        model.add_head("a.b", NLI, seed=6)
        weights = model.weights()
        assert len([name for name in weights if name.startswith("head.")]) == 8
        model.load_head("a.b", weights, "a_b", NLI.labels)
        before = {
            name.replace("%2E", "_"): one for name, one in weights.items() if "a_b" not in name
        }
        model.load_head("a_b", before, "a.b", NLI.labels)
        assert torch.equal(
            model.weights()["head.a_b.dense.weight"], weights["head.a%2Eb.dense.weight"]
        )

    def test_which_head_fits(self) -> None:
        """The task's own first, else the first by name of the same kind and labels, else none."""
        qqp = HeadSpec(CLASSIFICATION, ("yes", "no"))
        heads = {"snli": NLI, "mnli": NLI, "qqp": qqp}
        assert fitting_head(heads, "snli", NLI) == "snli"
        assert fitting_head(heads, "xnli", NLI) == "mnli"
        assert fitting_head({"qqp": qqp}, "xnli", NLI) is None
