"""Retrieval: a row's translation is found among all rows, by the encoder's own states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.data.folder import FolderSource
from xlt_core.evaluation.evaluate import evaluate
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.outputs import Outputs, Rows
from xlt_core.kinds.retrieval import RETRIEVAL, RetrievalExample
from xlt_core.kinds.retrieval.learning import RetrievalLearning
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.head_spec import HeadSpec, fitting_head
from xlt_core.models.model import Model
from xlt_core.models.pretrained import load_encoder
from xlt_core.tasks import get_task
from xlt_core.vocabulary.errors import UserMistake

TATOEBA = get_task("tatoeba")
WORDS = ("sun", "moon", "river", "stone", "red", "blue", "green", "cold", "warm", "cat", "dog")


def rows_of(pairs: list[tuple[str, str]]) -> list[RetrievalExample]:
    return [RetrievalExample(str(n), *pair) for n, pair in enumerate(pairs)]


def found(vectors: np.ndarray, examples: list[RetrievalExample]) -> list[str]:
    """What is found by states [rows, 2, H]."""
    logits = list(vectors.reshape(len(vectors), -1).astype(np.float32))
    return RETRIEVAL.predictions(Outputs(Rows(None, examples), logits), TATOEBA)  # type: ignore[arg-type]


class TestPredictions:
    @settings(max_examples=40, deadline=None)
    @given(order=st.permutations(range(7)), scale=st.floats(0.1, 50))
    def test_the_nearest_by_angle_is_found_whatever_the_lengths(self, order, scale):
        """English row n means what row `order[n]` of the other language means."""
        examples = rows_of([("a", "b")] * 7)
        index = np.eye(7)
        queries = np.eye(7)[list(order)] * scale + 0.01
        assert found(np.stack([index, queries], 1), examples) == [str(n) for n in order]

    def test_of_equals_the_first(self):
        examples = rows_of([("a", "b")] * 3)
        assert found(np.ones((3, 2, 4)), examples) == ["0"] * 3

    def test_more_rows_than_are_compared_at_one_go(self):
        vectors = np.random.default_rng(0).normal(size=(2500, 8))
        examples = rows_of([("a", "b")] * 2500)
        assert found(np.stack([vectors, vectors], 1), examples) == [one.id for one in examples]


class TestStates:
    @pytest.mark.parametrize(("layers", "read"), [(12, 8), (24, 14), (6, 4), (2, 1), (1, 1)])
    def test_the_reference_s_layer_is_read(self, layers, read):
        assert RetrievalLearning().layer(layers) == read

    @pytest.mark.parametrize("kind", ["xlm-roberta", "bert", "electra"])
    def test_scores_are_those_of_transformers_own_states(
        self, kind: str, encoder_of: Callable[[str], Path]
    ):
        """Means over `hidden_states[layer]`, special tokens counted, padding not."""
        from transformers import AutoTokenizer

        ref = refer_encoder(str(encoder_of(kind)))
        tokenizer = AutoTokenizer.from_pretrained(encoder_of(kind))
        dice = np.random.default_rng(1)
        texts = [" ".join(dice.choice(WORDS, dice.integers(1, 6))) for _ in range(60)]
        examples = rows_of(list(zip(texts[:30], texts[30:], strict=True)))
        model, theirs = Model(load_encoder(ref)), load_encoder(ref).eval()
        model.add_head("tatoeba", HeadSpec(RETRIEVAL, ()), seed=0)
        split = encode(RETRIEVAL, examples, tokenizer, 32, 0)
        predictions, scores = evaluate(model, Rows(split, examples), TATOEBA, "de", "test")

        def mean(text: str) -> Any:
            with torch.no_grad():
                states = theirs(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
            return torch.nn.functional.normalize(states.hidden_states[1][0].mean(0), dim=0)

        index = torch.stack([mean(one.sentence) for one in examples])
        queries = torch.stack([mean(one.english) for one in examples])
        likeness = queries @ index.T
        best = likeness.max(1).values
        for row, prediction in enumerate(predictions):
            assert likeness[row, int(prediction)] == pytest.approx(float(best[row]), abs=1e-5)
        right = sum(
            prediction == one.id for prediction, one in zip(predictions, examples, strict=True)
        )
        assert scores.primary == pytest.approx(100 * right / 30)

    def test_no_head_is_trained_or_looked_for(self):
        """Whatever the encoder was trained on serves; nothing can be trained on it."""
        spans = {"squad": HeadSpec(RETRIEVAL, ("a",))}
        assert fitting_head(spans, "tatoeba", HeadSpec(RETRIEVAL, ())) == "tatoeba"
        assert fitting_head({}, "tatoeba", HeadSpec(RETRIEVAL, ())) == "tatoeba"
        with pytest.raises(NotImplementedError):
            RetrievalLearning().loss(torch.zeros(1), {})


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, str], None]:
    def write(name: str, text: str) -> None:
        path = tmp_path / "tatoeba" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return write


class TestFolder:
    def test_line_n_of_both_files_is_a_pair(self, put, tmp_path):
        put("de-en.de", "eins\nzwei \u2028 x\n")
        put("de-en.en", "one\ntwo")
        put("de-fr.de", "eins\n")
        source = FolderSource(tmp_path)
        assert source.languages("tatoeba", "test") == ("de",)
        assert source.languages("tatoeba", "dev") == ()
        rows = source.load("tatoeba", "de", "test")
        assert [row.content() for row in rows] == [["eins", "one"], ["zwei \u2028 x", "two"]]

    def test_a_change_of_either_file_is_another_content(self, put, tmp_path):
        put("de-en.de", "eins\n")
        put("de-en.en", "one\n")
        source = FolderSource(tmp_path)
        before = source.refer("tatoeba", "de", "test")
        put("de-en.en", "one!\n")
        assert source.refer("tatoeba", "de", "test").fingerprint != before.fingerprint

    @pytest.mark.parametrize(
        ("sentences", "english", "words"),
        [
            ("a\nb\n", "a\n", "has 2 lines, and de-en.en has 1"),
            ("a\n\nc\n", "a\nb\nc\n", "line 2"),
            ("a\nb\n", "a\n \n", "english is empty"),
            ("a\n", None, "is missing: it has the translations"),
        ],
    )
    def test_halves_that_do_not_fit_are_a_mistake(self, put, tmp_path, sentences, english, words):
        put("de-en.de", sentences)
        if english is not None:
            put("de-en.en", english)
        with pytest.raises(UserMistake, match=words):
            FolderSource(tmp_path).load("tatoeba", "de", "test")


@pytest.mark.parametrize(("damage", "words"), [(b"A\n\xff\n", "UTF-8"), (b"A\n\0\n", "NUL")])
def test_a_fault_of_the_english_file_is_its_own(put, tmp_path, damage, words):
    put("de-en.de", "eins\nzwei\n")
    (tmp_path / "tatoeba" / "de-en.en").write_bytes(damage)
    with pytest.raises(UserMistake, match=rf"de-en\.en, line 2.*{words}"):
        FolderSource(tmp_path).load("tatoeba", "de", "test")


def test_a_row_is_cut_where_either_sentence_is(encoder_of):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(encoder_of("xlm-roberta"))
    long = " ".join(WORDS)
    split = encode(
        RETRIEVAL, rows_of([("sun", long), (long, "sun"), ("sun", "sun")]), tokenizer, 8, 0
    )
    assert split.rows_cut == 2
    assert split.lengths().tolist() == [8, 8, 3]


@pytest.mark.shared
def test_real_pairs_are_there_in_every_language(shared_data: Path):
    source = FolderSource(shared_data)
    assert source.languages("tatoeba", "test") == TATOEBA.languages
    for language in TATOEBA.languages:
        assert len(source.load("tatoeba", language, "test")) >= 200
