"""Narrowing the embedding table to the words that occur."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from xlt_core.kinds.classification import CLASSIFICATION
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.models.embedding_subset import narrowed
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.model import Model
from xlt_core.models.pretrained import load_encoder


def split_of(*rows: list[int]) -> EncodedSplit:
    starts = np.cumsum([0, *(len(row) for row in rows)])
    arrays = {"ids": np.concatenate(rows), "starts": starts, "labels": np.zeros(len(rows), int)}
    return EncodedSplit(CLASSIFICATION, 1, 1, len(rows), arrays)


class TestNarrowed:
    def test_states_are_the_same(self, small_encoder: Path) -> None:
        """In the narrowed table's ids, padding included, the encoder sees the same words."""
        model = Model(load_encoder(refer_encoder(str(small_encoder))))
        split = split_of([0, 9, 30, 2], [0, 41, 2])
        whole = split.batch([0, 1])
        before = model.hidden(*_inputs(whole), None, first=False)
        with narrowed(model, {"a": split}) as narrow:
            assert narrow is not None and narrow.kept.tolist() == [0, 1, 2, 9, 30, 41]
            after = model.hidden(*_inputs(narrow.split(split).batch([0, 1])), None, first=False)
        assert torch.equal(before, after)

    def test_widening_puts_each_row_in_its_place(self, small_encoder: Path) -> None:
        """Trained rows return, the others are decayed, and the whole table is back."""
        model = Model(load_encoder(refer_encoder(str(small_encoder))))
        name = "encoder.embeddings.word_embeddings.weight"
        before = model.weights()[name]
        with narrowed(model, {"a": split_of([0, 9, 2])}) as narrow:
            assert narrow is not None
            with torch.no_grad():
                dict(model.named_parameters())[name].fill_(7.0)
            narrow.widen(0.5)
        after = model.weights()[name]
        assert (after[[0, 1, 2, 9]] == 7.0).all()
        assert torch.equal(after[10:], before[10:] * 0.5)

    def test_a_table_that_is_mostly_used_is_left_whole(self, small_encoder: Path) -> None:
        """Where nearly every word occurs, nothing is narrowed."""
        model = Model(load_encoder(refer_encoder(str(small_encoder))))
        words = model.weights()["encoder.embeddings.word_embeddings.weight"].shape[0]
        with narrowed(model, {"a": split_of(list(range(words)))}) as narrow:
            assert narrow is None


def _inputs(batch: dict[str, np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(batch["input_ids"]), torch.from_numpy(batch["attention_mask"])
