"""Which pieces are hidden: how many, behind what, when anew, and that nothing else decides."""

from __future__ import annotations

import numpy as np
import pytest

from xlt_core.kinds.arrays import IGNORED
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.masked_lm import MASKED_LM, TextExample
from xlt_core.kinds.masked_lm.joined import joined
from xlt_core.testing.encoders import word_tokenizer
from xlt_core.testing.rows import WORDS
from xlt_core.vocabulary.errors import UserMistake

TOKENIZER = word_tokenizer()
SPECIAL = set(TOKENIZER.all_special_ids)


def texts(rows: int = 400, words: int = 20, first: int = 0) -> EncodedSplit:
    rng = np.random.default_rng(first)
    made = [
        TextExample(str(n), " ".join(rng.choice(WORDS[first:], size=rng.integers(2, words))))
        for n in range(rows)
    ]
    return encode(MASKED_LM, made, TOKENIZER, 64, 0)


SPLIT = texts()


def test_about_15_in_100_are_hidden_and_one_at_least_of_each_row():
    """So that every row counts; special tokens never are."""
    batch = SPLIT.batch(range(400), seed=1)
    asked = batch["asked"] != IGNORED
    pieces = batch["attention_mask"].sum(axis=1) - 2
    assert (asked.sum(axis=1) == np.maximum(1, np.floor(0.15 * pieces + 0.5))).all()
    assert not {*batch["asked"][asked].tolist()} & SPECIAL


def test_behind_what():
    """80 in 100 behind the mask, 10 behind any piece that occurs, 10 are shown; the rest is as it
    was (Devlin et al. 2019, section 3.1)."""
    shown = [SPLIT.batch(range(400), seed=seed) for seed in range(20)]
    hidden, asked = (
        np.concatenate([batch[name][batch["asked"] != IGNORED] for batch in shown])
        for name in ("input_ids", "asked")
    )
    mask = TOKENIZER.mask_token_id
    assert np.mean(hidden == mask) == pytest.approx(0.8, abs=0.01)
    assert np.mean(hidden == asked) == pytest.approx(0.1 + 0.1 / len(WORDS), abs=0.01)
    assert {*hidden.tolist()} == {mask, *TOKENIZER.convert_tokens_to_ids(list(WORDS))}
    for batch in shown:
        plain = batch["asked"] == IGNORED
        there = SPLIT.batch(range(400))["attention_mask"] == 1
        ids = np.zeros_like(batch["input_ids"])
        ids[there] = SPLIT.arrays["ids"]
        assert (batch["input_ids"] == ids)[plain & there].all()


def test_other_pieces_each_time_and_always_the_same_where_nothing_is_learnt():
    """RoBERTa's dynamic masking; a score is the same each time, all hidden behind the mask."""
    one, other = (SPLIT.batch([0, 1, 2], seed=seed)["asked"] for seed in (1, 2))
    assert (one != other).any()
    first, again = SPLIT.batch([0, 1, 2]), SPLIT.batch([0, 1, 2])
    assert (first["input_ids"] == again["input_ids"]).all()
    assert {*first["input_ids"][first["asked"] != IGNORED].tolist()} == {TOKENIZER.mask_token_id}


@pytest.mark.parametrize("seed", [None, 7])
def test_the_rest_of_the_batch_has_no_share(seed: int | None):
    """A row's pieces are hidden alike wherever it stands."""
    whole = SPLIT.batch(range(40), seed)
    for row in (0, 17, 39):
        alone = SPLIT.batch([row], seed)
        for name, values in alone.items():
            assert (whole[name][row, : values.shape[1]] == values[0]).all(), name


def test_joined_texts_are_what_they_were():
    """Row for row; what a piece may be hidden behind is of any of them."""
    one, other = texts(5), texts(7, first=6)
    both, rows = joined({"en": one, "sw": other}, share=0.5)
    assert [rows["en"].tolist(), rows["sw"].tolist()] == [[*range(5)], [*range(5, 12)]]
    assert len(both) == both.examples == 12
    assert (both.lengths()[5:] == other.lengths()).all()
    assert {*both.arrays["pieces"].tolist()} == {
        *one.arrays["pieces"].tolist(),
        *other.arrays["pieces"].tolist(),
    }
    asked = both.batch(range(12), seed=1)["asked"] != IGNORED
    assert (asked.sum(axis=1) == np.floor(0.5 * (both.lengths() - 2) + 0.5)).all()
    assert (both.arrays["ids"][both.arrays["starts"][5] :] == other.arrays["ids"]).all()


def test_without_a_mask_nothing_can_be_hidden():
    """mT5's tokenizer has none; who wants to train so is told."""
    bare = word_tokenizer()
    bare.mask_token = None
    with pytest.raises(UserMistake, match="no mask token"):
        encode(MASKED_LM, [TextExample("1", "sun")], bare, 16, 0)
