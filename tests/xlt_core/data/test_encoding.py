"""Encoding: what a model sees of an example, and batches of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xlt_core.kinds import KINDS, TaskKind
from xlt_core.kinds.choice import CHOICE
from xlt_core.kinds.choice.example import ChoiceExample
from xlt_core.kinds.classification import CLASSIFICATION, ClassificationExample
from xlt_core.kinds.encoded import EncodedSplit
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.masked_lm import MASKED_LM
from xlt_core.kinds.regression import REGRESSION, RegressionExample
from xlt_core.kinds.retrieval import RETRIEVAL, RetrievalExample
from xlt_core.kinds.span import SPAN, characters
from xlt_core.kinds.span.example import SpanExample
from xlt_core.kinds.tagging import TAGGING, word_positions
from xlt_core.kinds.tagging.example import TaggingExample

WORD = st.text("abcxyzไทย漢字é.", min_size=1, max_size=8)
TEXT = st.lists(WORD, min_size=1, max_size=12).map(" ".join)
FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

classification = st.builds(
    ClassificationExample, st.just("x"), TEXT, TEXT, st.integers(min_value=0, max_value=2)
)
regression = st.builds(RegressionExample, st.just("x"), TEXT, TEXT, st.floats(-5, 5, width=32))
choice = st.builds(
    ChoiceExample, st.just("x"), TEXT, TEXT, st.tuples(TEXT, TEXT, TEXT), st.integers(0, 2)
)
retrieval = st.builds(RetrievalExample, st.just("x"), TEXT, TEXT)


@st.composite
def tagging(draw: st.DrawFn) -> TaggingExample:
    words = draw(st.lists(WORD | st.just("\u200b"), min_size=1, max_size=15))
    tags = draw(st.lists(st.integers(0, 6), min_size=len(words), max_size=len(words)))
    return TaggingExample("x", tuple(words), tuple(tags))


@st.composite
def span(draw: st.DrawFn) -> SpanExample:
    context = draw(TEXT.map(lambda text: text * 4))
    start = draw(st.integers(0, len(context) - 1))
    text = context[start : start + draw(st.integers(1, 10))]
    answers = ((text, start),) if text.strip() and draw(st.booleans()) else ()
    return SpanExample(draw(st.uuids().map(str)), context, draw(TEXT), answers)


# Texts want a tokenizer with a mask, which these have not; tests/xlt_core/kinds has theirs.
ENCODED = [kind for kind in KINDS.values() if kind is not MASKED_LM]


def examples_of(kind: TaskKind) -> Any:
    row: Any = {
        CLASSIFICATION: classification,
        CHOICE: choice,
        TAGGING: tagging(),
        SPAN: span(),
        REGRESSION: regression,
        RETRIEVAL: retrieval,
    }[kind]
    return st.lists(row, min_size=1, max_size=6)


class TestBatch:
    @pytest.mark.parametrize("kind", ENCODED)
    @FEW
    @given(data=st.data())
    def test_a_batch_is_its_features_padded_to_the_longest(
        self, kind: TaskKind, tokenizer: Any, data: st.DataObject
    ):
        split = encode(kind, data.draw(examples_of(kind)), tokenizer, 40, 8)
        chosen = data.draw(st.lists(st.integers(0, len(split) - 1), min_size=1, max_size=5))
        batch = split.batch(chosen)
        assert batch["input_ids"].shape[-1] == split.lengths()[chosen].max()
        assert batch["attention_mask"].sum() == split.tokens()[chosen].sum()
        for place, feature in enumerate(chosen):
            self.check_alone(split, feature, {k: v[place] for k, v in batch.items()})

    def check_alone(self, split: EncodedSplit, feature: int, seen: dict[str, Any]) -> None:
        alone = {name: array[0] for name, array in split.batch([feature]).items()}
        width = alone["input_ids"].shape[-1]
        empty = {"input_ids": split.pad, "attention_mask": 0, "token_type_ids": 0}
        for name, array in seen.items():
            if array.ndim == 0:
                assert array == alone[name]
                continue
            assert (array[..., :width] == alone[name]).all()
            assert (array[..., width:] == empty.get(name, -100)).all()

    @FEW
    @given(data=st.data())
    def test_without_padding_it_is_what_the_tokenizer_makes(
        self, tokenizer: Any, data: st.DataObject
    ):
        rows = data.draw(examples_of(CLASSIFICATION))
        split = encode(CLASSIFICATION, rows, tokenizer, 40, 8)
        for n, row in enumerate(rows):
            made = tokenizer(row.first, row.second, truncation=True, max_length=40)
            batch = split.batch([n])
            assert batch["labels"].tolist() == [row.label]
            assert {k: v[0].tolist() for k, v in batch.items() if k != "labels"} == dict(made)

    def test_token_types_are_there_where_the_tokenizer_makes_them(
        self, xlmr_tokenizer: Any, bert_tokenizer: Any
    ):
        rows = [ClassificationExample("x", "ab", "c", 0)]
        assert "token_type_ids" not in encode(CLASSIFICATION, rows, xlmr_tokenizer, 20, 0).batch(
            [0]
        )
        types = encode(CLASSIFICATION, rows, bert_tokenizer, 20, 0).batch([0])
        assert types["token_type_ids"].tolist() == [[0, 0, 0, 0, 1, 1]]

    def test_everything_is_int64(self, tokenizer: Any):
        rows = [TaggingExample("x", ("ab", "c"), (1, 2))]
        batch = encode(TAGGING, rows, tokenizer, 20, 0).batch([0])
        assert {array.dtype for array in batch.values()} == {np.dtype(np.int64)}


class TestClassification:
    def test_a_single_text(self, tokenizer: Any):
        rows = [ClassificationExample("x", "abc", None, 1)]
        batch = encode(CLASSIFICATION, rows, tokenizer, 20, 0).batch([0])
        assert batch["input_ids"][0].tolist() == tokenizer("abc")["input_ids"]

    def test_the_longer_of_a_pair_is_cut(self, tokenizer: Any):
        rows = [ClassificationExample("x", "a" * 90, "bcd", 1)]
        split = encode(CLASSIFICATION, rows, tokenizer, 20, 0)
        text = tokenizer.decode(split.batch([0])["input_ids"][0])
        assert split.lengths().tolist() == [20]
        assert "d" in text.replace("</s>", "").lower()

    def test_a_length_with_no_room_is_refused(self, tokenizer: Any):
        with pytest.raises(ValueError, match="no room"):
            encode(CLASSIFICATION, [], tokenizer, 4, 0)


class TestMultipleChoice:
    def test_context_and_question_first_choice_second(self, tokenizer: Any):
        rows = [ChoiceExample("x", "abc", "def?", ("x", "yz"), 1)]
        split = encode(CHOICE, rows, tokenizer, 40, 0)
        batch = split.batch([0])
        assert batch["input_ids"].shape == (1, 2, split.lengths()[0])
        assert batch["labels"].tolist() == [1]
        for n, text in enumerate(("x", "yz")):
            made = tokenizer("abc def?", text)["input_ids"]
            assert batch["input_ids"][0, n, : len(made)].tolist() == made
        assert split.tokens()[0] == batch["attention_mask"].sum()

    @pytest.mark.parametrize(
        ("question", "words"),
        [("cause", "ab What was the cause?"), ("effect", "ab What was the effect?")],
    )
    def test_cause_and_effect_in_the_reference_s_words(
        self, tokenizer: Any, question: str, words: str
    ):
        rows = [ChoiceExample("x", "ab", question, ("c", "d"), 0)]
        ids = encode(CHOICE, rows, tokenizer, 60, 0).batch([0])["input_ids"]
        assert ids[0, 0].tolist() == tokenizer(words, "c")["input_ids"]

    def test_without_a_context_the_question_stands_alone(self, tokenizer: Any):
        rows = [ChoiceExample("x", "", "ab?", ("c", "d"), 0)]
        ids = encode(CHOICE, rows, tokenizer, 60, 0).batch([0])["input_ids"]
        assert ids[0, 0].tolist() == tokenizer("ab?", "c")["input_ids"]

    @FEW
    @given(data=st.data())
    def test_of_what_is_too_long_the_context_is_cut(self, tokenizer: Any, data: st.DataObject):
        """Question and choice are there whole, and as much of the context as there is room for."""
        row = data.draw(choice)
        length = data.draw(st.integers(8, 90))
        split = encode(CHOICE, [row], tokenizer, length, 0)
        batch = split.batch([0])
        for n, text in enumerate(row.choices):
            whole = tokenizer(f"{row.context} {row.question}", text)["input_ids"]
            ids = batch["input_ids"][0, n][batch["attention_mask"][0, n] == 1].tolist()
            assert len(ids) == min(length, len(whole))
            alone = tokenizer(row.question, text)["input_ids"]
            if len(alone) > length:
                continue
            rest = self.without_context(row, text, tokenizer)
            assert ids[len(ids) - rest :] == whole[len(whole) - rest :]
            assert ids[: len(ids) - rest] == whole[: len(ids) - rest]

    def without_context(self, row: ChoiceExample, text: str, tokenizer: Any) -> int:
        """Tokens from the question's first on, in the whole sequence."""
        made = tokenizer(f"{row.context} {row.question}", text, return_offsets_mapping=True)
        offsets = made["offset_mapping"]
        parts = zip(made.sequence_ids(0), offsets, strict=True)
        first = next(
            place
            for place, (part, (_, end)) in enumerate(parts)
            if part == 0 and end > len(row.context) + 1
        )
        return len(offsets) - first

    @pytest.mark.parametrize("length", [8, 12, 13, 20])
    def test_question_and_choice_share_what_there_is(self, xlmr_tokenizer: Any, length: int):
        """Where they alone are too long, the longer loses its end first, and neither vanishes."""
        row = ChoiceExample("x", "a" * 50, "b" * 30, ("c" * 10, "d"), 0)
        split = encode(CHOICE, [row], xlmr_tokenizer, length, 0)
        ids = split.batch([0])["input_ids"][0].tolist()
        letters = {x: xlmr_tokenizer.convert_tokens_to_ids(x) for x in "abcd"}
        assert all(len(one) == length and letters["a"] not in one for one in ids)
        assert all(letters["b"] in one for one in ids)
        asked, chosen = ids[0].count(letters["b"]), ids[0].count(letters["c"])
        assert chosen >= 1
        assert chosen == 10 or abs(asked - chosen) <= 1
        assert letters["d"] in ids[1]

    def test_without_a_question_the_context_is_cut_too(self, xlmr_tokenizer: Any):
        """An ending is chosen whole."""
        row = ChoiceExample("x", "a" * 50, "", ("b" * 5, "c" * 5), 0)
        split = encode(CHOICE, [row], xlmr_tokenizer, 20, 0)
        ids = split.batch([0])["input_ids"][0].tolist()
        letters = {x: xlmr_tokenizer.convert_tokens_to_ids(x) for x in "abc"}
        assert ids[0].count(letters["b"]) == ids[1].count(letters["c"]) == 5
        assert split.rows_cut == 1


class TestRowsCut:
    @pytest.mark.parametrize("kind", [kind for kind in ENCODED if kind is not SPAN])
    @FEW
    @given(data=st.data())
    def test_a_row_is_cut_where_more_room_would_show_more_of_it(
        self, kind: TaskKind, tokenizer: Any, data: st.DataObject
    ):
        rows = data.draw(examples_of(kind))
        length = data.draw(st.integers(8, 60))
        short, whole = (encode(kind, rows, tokenizer, n, 0) for n in (length, 10_000))
        assert short.rows_cut == int((short.tokens() < whole.tokens()).sum())
        assert whole.rows_cut == 0

    def test_of_span_qa_only_questions_are_cut(self, xlmr_tokenizer: Any):
        """A context is seen whole, in windows."""
        rows = [SpanExample(str(n), "abc " * 60, "x" * n, ()) for n in (3, 62, 63, 64, 100)]
        split = encode(SPAN, rows, xlmr_tokenizer, 200, 16)
        assert split.rows_cut == 2

    def test_no_room_for_an_invisible_word_is_a_cut(self, xlmr_tokenizer: Any):
        """It would be an unknown token, for which there is no place."""
        rows = [TaggingExample("x", ("ab", "c", "\u200b"), (1, 2, 3))]
        split = encode(TAGGING, rows, xlmr_tokenizer, 7, 0)
        assert (split.rows_cut, split.words_cut) == (1, 1)

    @pytest.mark.parametrize("extra", [0, 1])
    def test_a_row_that_just_fits_is_not_cut(self, xlmr_tokenizer: Any, extra: int):
        rows = [TaggingExample("x", ("ab", "c"), (1, 2))]  # <s> ▁ a b ▁ c </s>
        assert encode(TAGGING, rows, xlmr_tokenizer, 7 + extra, 0).rows_cut == 0
        longer = [TaggingExample("x", ("ab", "cde"), (1, 2))]
        split = encode(TAGGING, longer, xlmr_tokenizer, 7 + extra, 0)
        assert (split.rows_cut, split.words_cut) == (1, 0)


class TestTagging:
    @FEW
    @given(data=st.data())
    def test_each_word_s_first_piece_has_its_tag_and_nothing_else_has(
        self, tokenizer: Any, data: st.DataObject
    ):
        rows = data.draw(examples_of(TAGGING))
        split = encode(TAGGING, rows, tokenizer, 24, 0)
        cut = 0
        for n, row in enumerate(rows):
            positions = word_positions(split, n)
            labels = split.batch([n])["labels"][0]
            kept = positions[positions >= 0]
            assert len(positions) == len(row.words)
            assert (positions[len(kept) :] == -1).all()
            assert (np.diff(kept) > 0).all()
            assert labels[kept].tolist() == list(row.tags[: len(kept)])
            assert (labels >= 0).sum() == len(kept)
            cut += len(positions) - len(kept)
        assert split.words_cut == cut

    def test_a_word_without_pieces_is_unknown(self, tokenizer: Any):
        rows = [TaggingExample("x", ("ab", "\u200b", "c", "\u200b"), (1, 2, 3, 4))]
        split = encode(TAGGING, rows, tokenizer, 40, 0)
        ids = split.batch([0])["input_ids"][0]
        positions = word_positions(split, 0)
        assert (positions >= 0).all()
        assert ids[positions[[1, 3]]].tolist() == [tokenizer.unk_token_id] * 2

    def test_without_an_unknown_token_such_a_word_is_not_seen(self):
        """It has no position, and so counts as wrong."""
        from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
        from transformers import PreTrainedTokenizerFast

        made = Tokenizer(models.BPE({"<pad>": 0, "a": 1, "b": 2}, []))
        made.normalizer = normalizers.Replace(Regex("[\u200b]"), "")
        made.pre_tokenizer = pre_tokenizers.Whitespace()
        bare = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>")
        split = encode(TAGGING, [TaggingExample("x", ("a", "\u200b", "b"), (1, 2, 3))], bare, 8, 0)
        assert word_positions(split, 0).tolist() == [0, -1, 1]
        assert split.batch([0])["labels"][0].tolist() == [1, 3]

    def test_a_word_cut_off_has_no_position(self, xlmr_tokenizer: Any):
        rows = [TaggingExample("x", ("abc",) * 9, (1,) * 9)]
        split = encode(TAGGING, rows, xlmr_tokenizer, 12, 0)
        assert word_positions(split, 0).tolist() == [1, 5, 9, -1, -1, -1, -1, -1, -1]
        assert split.lengths().tolist() == [12]
        assert split.words_cut == 6


class TestSpan:
    @FEW
    @given(data=st.data())
    def test_offsets_recover_the_answer(self, tokenizer: Any, data: st.DataObject):
        """Up to the pieces' edges: with pieces of one character, exactly."""
        rows = data.draw(examples_of(SPAN))
        split = encode(SPAN, rows, tokenizer, 40, 12)
        found = set()
        for feature in range(len(split)):
            batch = split.batch([feature])
            start, end = int(batch["start"][0]), int(batch["end"][0])
            example = rows[split.example_of_feature()[feature]]
            offsets = characters(split, feature)
            if start == 0:
                assert end == 0
                continue
            text = example.context[offsets[start, 0] : offsets[end, 1]]
            assert text == example.answers[0][0].strip()
            found.add(example.id)
        # An answer of ten characters is whole in some window: twelve tokens are shared.
        assert found == {row.id for row in rows if row.answers}

    @FEW
    @given(data=st.data())
    def test_windows_cover_the_context_and_share_tokens(
        self, xlmr_tokenizer: Any, data: st.DataObject
    ):
        (row,) = data.draw(st.lists(span(), min_size=1, max_size=1))
        split = encode(SPAN, [row], xlmr_tokenizer, 40, 6)
        covered: set[int] = set()
        for feature in range(len(split)):
            places = {tuple(pair) for pair in characters(split, feature).tolist() if pair[0] >= 0}
            mine = {n for begin, end in places for n in range(begin, end)}
            assert not covered or mine & covered
            covered |= mine
        visible = {n for n, character in enumerate(row.context) if not character.isspace()}
        assert visible <= covered
        assert split.examples == 1

    def test_the_question_comes_first_and_has_no_offsets(self, tokenizer: Any):
        split = encode(SPAN, [SpanExample("1", "cd e", "ab?", ())], tokenizer, 40, 4)
        assert (split.batch([0])["input_ids"][0]).tolist() == tokenizer("ab?", "cd e")["input_ids"]
        inside = [pair for pair in characters(split, 0).tolist() if pair != [-1, -1]]
        assert {"cd e"[a:b] for a, b in inside} - {" "} == set("cde")

    @pytest.mark.parametrize(("answer", "start"), [("\u200bab", 0), ("ef\u200b", 7)])
    def test_characters_the_tokenizer_drops_at_either_end(
        self, xlmr_tokenizer: Any, answer: str, start: int
    ):
        """The window that reaches the context's end holds the answer that does."""
        row = SpanExample("1", "\u200bab cd ef\u200b", "x?", ((answer, start),))
        batch = encode(SPAN, [row], xlmr_tokenizer, 40, 4).batch([0])
        assert batch["start"][0] > 0

    def test_without_spaces_between_words(self, tokenizer: Any):
        context = "漢字仮名ไทย漢字"
        row = SpanExample("1", context, "漢?", (("ไทย", 4),))
        split = encode(SPAN, [row], tokenizer, 40, 4)
        batch = split.batch([0])
        begin, end = (
            characters(split, 0)[batch["start"][0]][0],
            characters(split, 0)[batch["end"][0]][1],
        )
        assert context[begin:end] == "ไทย"

    @pytest.mark.parametrize("length", [2, 70, 300])
    def test_long_questions_and_wide_strides_leave_room(self, tokenizer: Any, length: int):
        """A stride beyond the room would otherwise stop the tokenizer with a panic."""
        row = SpanExample("1", "abc " * 60, "x" * length, (("abc", 120),))
        split = encode(SPAN, [row], tokenizer, 64, 128)
        assert (split.lengths() <= 64).all()
        assert any(split.batch([n])["start"][0] > 0 for n in range(len(split)))

    def test_features_know_their_example_in_order(self, tokenizer: Any):
        rows = [
            SpanExample("1", "abc " * 40, "x?", ()),
            SpanExample("2", "abc", "x" * 90, ()),
            SpanExample("3", "abc " * 40, "y?", ()),
        ]
        owners = encode(SPAN, rows, tokenizer, 48, 16).example_of_feature().tolist()
        assert owners == sorted(owners)
        assert owners.count(1) == 1
        assert owners.count(0) == owners.count(2) > 1
