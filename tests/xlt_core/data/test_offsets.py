"""Places of tokens: who points at the right tokens gives the right answer, in any script."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlt_core.data.folder import FolderSource
from xlt_core.data.readers import read_examples
from xlt_core.kinds.encoding import encode
from xlt_core.kinds.span import SPAN, characters
from xlt_core.kinds.span.answers import best_spans
from xlt_core.kinds.span.example import SpanExample
from xlt_core.kinds.span.offsets import is_mark, whole_characters
from xlt_core.kinds.tagging.example import TaggingExample
from xlt_core.metrics import score
from xlt_core.tasks import get_task
from xlt_core.vocabulary.languages import all_languages

LONGEST = 30  # tokens of an answer, in the reference protocol

# Letters with marks, syllables with vowel signs, halves of syllables; as they are written in NFC.
SYLLABLES = (
    *("é", "ậ", "ň", "e", "k", "ß", "ﬁ"),
    *("й", "ё", "ά", "ϊ", "ΐ", "д"),
    *("أ", "آ", "ئ", "بَّ", "م", "שָׁ", "ר"),
    *("कि", "ड़", "क्ष", "त्", "কো", "ਖ਼", "கொ", "കൊ", "ന്\u200d", "ಕ್\u200c"),
    *("ที่", "น้ำ", "กำ", "ไ", "မြို့", "ခ"),
    *("서", "울", "각", "가", "が", "パ", "か", "ﾊﾟ", "ｶﾞ", "漢", "ሰ"),
)
words = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=4).map("".join)
sentences = st.lists(words, min_size=1, max_size=12)


@cache
def tokenizer_of(normalizer: str) -> Any:
    """A token a character, after a normalizer of those in use."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    made = Tokenizer(models.WordLevel(vocabulary, "<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    if normalizer == "accents stripped":
        made.normalizer = normalizers.BertNormalizer(strip_accents=True, lowercase=True)
    elif normalizer != "none":
        made.normalizer = getattr(normalizers, normalizer)()
    names = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, **names)


def answers_of_a_perfect_model(
    examples: Sequence[SpanExample], tokenizer: Any, max_length: int = 384, stride: int = 128
) -> list[str]:
    """Texts where start and end are the training labels', the highest logits there are."""
    split = encode(SPAN, examples, tokenizer, max_length, stride)
    starts, ends, offsets = [], [], []
    for feature in range(len(split)):
        batch = split.batch([feature])
        tokens = np.arange(batch["input_ids"].shape[1])
        whole = 1.0 if batch["start"][0] else 0.1
        starts.append(np.where(tokens == batch["start"][0], whole, 0.0))
        ends.append(np.where(tokens == batch["end"][0], whole, 0.0))
        places = characters(split, feature).tolist()
        offsets.append([(first, last) if first >= 0 else None for first, last in places])
    owners = split.example_of_feature().tolist()
    return [text for text, _ in best_spans(starts, ends, offsets, owners, examples)]


def questions(tokens: Sequence[str], form: str, gap: str = " ") -> list[SpanExample]:
    """A question for each word of a sentence, all in one normal form."""
    parts = [unicodedata.normalize(form, token) for token in tokens]
    context = gap.join(parts)
    found, start = [], 0
    for number, part in enumerate(parts):
        assert context.startswith(part, start)
        found.append(SpanExample(str(number), context, "?", ((part, start),)))
        start += len(part) + len(gap)
    return found


NORMALIZERS = ("none", "NFC", "NFKC", "NFD", "accents stripped")


class TestPerfectModel:
    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    @pytest.mark.parametrize("normalizer", NORMALIZERS)
    @pytest.mark.parametrize("gap", [" ", "漢"], ids=["spaces", "no spaces"])
    @settings(max_examples=40, deadline=None)
    @given(tokens=sentences)
    def test_each_word_is_answered_whole(
        self, normalizer: str, form: str, gap: str, tokens: list[str]
    ):
        """With tokens of one character, to the last accent, whatever the tokenizer composes."""
        examples = questions(tokens, form, gap)
        found = answers_of_a_perfect_model(examples, tokenizer_of(normalizer))
        assert found == [example.answers[0][0] for example in examples]

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    @settings(max_examples=25, deadline=None)
    @given(tokens=st.lists(words, min_size=10, max_size=30))
    def test_in_windows_as_well(self, form: str, tokens: list[str]):
        """The window that holds an answer holds its marks."""
        examples = questions(tokens, form)
        found = answers_of_a_perfect_model(examples, tokenizer_of("NFKC"), 40, 16)
        assert found == [example.answers[0][0] for example in examples]


class TestMarks:
    @pytest.mark.parametrize(
        ("text", "marks"),
        [
            ("e\u0301", [1]),
            ("서ᄋ\u116e\u11af", [2, 3]),
            ("서\u110b", []),  # the beginning of a syllable is none
            ("ﾊ\uff9f", [1]),
            ("ന\u0d4d\u200d", [1, 2]),
            ("ಕ\u0ccd\u200ca", [1, 2]),
            ("می\u200cخواهم", []),  # parts two words
            ("ab \u200b.", []),
        ],
    )
    def test_what_cannot_stand_alone(self, text: str, marks: list[int]):
        assert [place for place in range(1, len(text)) if is_mark(text, place)] == marks

    def test_a_mark_with_a_token_of_its_own_stays_there(self):
        """A predicted answer may end before it: nobody else's text is taken."""
        window = np.array([[-1, -1], [0, 1], [1, 2], [2, 3]])
        assert whole_characters([window], "คื่")[0].tolist() == window.tolist()

    def test_the_token_may_be_in_another_window(self):
        windows = [np.array([[0, 1]]), np.array([[0, 1], [1, 2]])]
        found = whole_characters(windows, "e\u0301\u0302")
        assert [offsets.tolist() for offsets in found] == [[[0, 1]], [[0, 1], [1, 3]]]

    def test_a_dropped_character_that_is_no_mark_goes_to_nobody(self):
        window = np.array([[0, 1], [2, 3]])
        assert whole_characters([window], "a\u200bb")[0].tolist() == window.tolist()


@pytest.fixture(scope="module")
def mini(shared_encoder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(shared_encoder, use_fast=True)


SENTENCES = 6
SPAN_FILES = ("xquad/*.json", "squad/dev*.json", "tydiqa/*dev/*.json", "mlqa/**/dev*.json")


def visible(word: str) -> bool:
    return any(unicodedata.category(character)[0] in "LNPS" for character in word)


def normalised(row: SpanExample, form: str) -> SpanExample | None:
    """The row in a normal form; None where its answer does not stand alone in it."""
    (text, start), context = row.answers[0], unicodedata.normalize(form, row.context)
    begin = len(unicodedata.normalize(form, row.context[:start]))
    text = unicodedata.normalize(form, text)
    if not context.startswith(text, begin):
        return None
    return SpanExample(row.id, context, row.question, ((text, begin),))


def is_fair(row: SpanExample, tokenizer: Any) -> bool:
    """Whether the answer, composed, begins and ends with a token and is not too long."""
    composed = normalised(row, "NFC")
    if composed is None:
        return False
    (text, start), context = composed.answers[0], composed.context
    made = tokenizer(context, return_offsets_mapping=True, add_special_tokens=False)
    places = [(n - len(context[a:n].lstrip()), n) for a, n in made["offset_mapping"]]
    inside = [place for place in places if place[0] < start + len(text) and place[1] > start]
    return len(inside) <= LONGEST and (inside[0][0], inside[-1][1]) == (start, start + len(text))


def sentences_of(code: str, shared_data: Path) -> list[list[str]]:
    """Real words of a language, from the first of the data sets that has it."""
    source = FolderSource(shared_data)
    for task in ("panx", "udpos"):
        there = source.languages(task, "test")
        if code in there:
            rows: Any = source.load(task, code, "test")[:SENTENCES]
            return [list(row.words) for row in rows if isinstance(row, TaggingExample)]
    for path in sorted(shared_data.glob(f"*/*-{code}.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()[1 : SENTENCES + 1]
        rows = [max(line.split("\t"), key=len).split() for line in lines]
        return [row for row in rows if row]
    return []


@pytest.mark.shared
class TestSharedData:
    @pytest.mark.parametrize("code", [language.code for language in all_languages()])
    def test_accents_are_never_lost_in_any_language(self, code: str, mini: Any, shared_data: Path):
        """Decomposed text is answered as composed text is, and every word is there whole."""
        found = sentences_of(code, shared_data)
        if not found:
            pytest.skip(f"no text in {code}")
        for tokens in found:
            answers = {}
            for form in ("NFC", "NFD"):
                examples = questions(tokens, form)
                texts = answers_of_a_perfect_model(examples, mini)
                for example, text in zip(examples, texts, strict=True):
                    word = example.answers[0][0].strip("\u200b\ufeff \u00a0")
                    short = len(mini.tokenize(word)) <= LONGEST
                    assert not short or not visible(word) or word in text
                answers[form] = [unicodedata.normalize("NFC", text) for text in texts]
            assert answers["NFC"] == answers["NFD"]

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    @pytest.mark.parametrize("path", SPAN_FILES)
    def test_a_perfect_model_scores_100(self, path: str, form: str, mini: Any, shared_data: Path):
        """On answers that end where a token ends and are no longer than the protocol allows."""
        files = sorted(shared_data.glob(path))
        assert files, path
        for file in files:
            rows: Any = read_examples(file, str(file), get_task("squad"), {})[:60]
            examples = [one for one in (normalised(row, form) for row in rows) if one]
            fair = [one for one in examples if is_fair(one, mini)]
            assert len(fair) > 0.75 * len(examples), file.name
            predictions = answers_of_a_perfect_model(fair, mini)
            metrics, _ = score("squad", fair, predictions, "en", ())
            assert metrics == {"exact_match": 100.0, "f1": 100.0}, file.name
