"""A data folder under tmp_path, and two small tokenizers: XLM-R's kind and BERT's kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?'()ไทย漢字仮名éß"


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, Any], Path]:
    """Write `text` (or bytes, or something JSON) at a path below the data folder."""

    def write(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


@pytest.fixture
def hub_rows() -> Callable[[str, dict[str, Any]], list[Any]]:
    """The contents of the examples that columns of a hub repository become."""
    import datasets

    from xlt_core.data.hub_rows import add_rows
    from xlt_core.kinds import shaper_of
    from xlt_core.kinds.faults import Faults, TooManyFaults
    from xlt_core.tasks import get_task

    def read(task: str, columns: dict[str, Any]) -> list[Any]:
        shaper = shaper_of(get_task(task), Faults("someone/data"), blank=True)
        try:
            add_rows(datasets.Dataset.from_dict(columns), shaper, get_task(task).hub.form, {})
        except TooManyFaults:
            shaper.faults.raise_found()
        return [example.content() for example in shaper.finish()]

    return read


def squad_json(*paragraphs: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"data": [{"paragraphs": [{"context": c, "qas": qas} for c, qas in paragraphs]}]}


@pytest.fixture(scope="session")
def xlmr_tokenizer() -> Any:
    """Pairs as `<s> A </s></s> B </s>`, no token types, `▁` before words."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    for piece in ("▁", *ALPHABET):
        vocabulary[piece] = len(vocabulary)
    made = Tokenizer(models.BPE(vocabulary, [("▁", "a"), ("t", "h")][:0], unk_token="<unk>"))
    made.normalizer = normalizers.Replace(Regex("[\u200b]"), "")
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_input_names=["input_ids", "attention_mask"],
    )


@pytest.fixture(scope="session")
def bert_tokenizer() -> Any:
    """Pairs as `[CLS] A [SEP] B [SEP]` with token types 0 and 1, pieces of one character."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
    for character in dict.fromkeys(ALPHABET.lower()):
        vocabulary[character] = len(vocabulary)
        vocabulary[f"##{character}"] = len(vocabulary)
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


@pytest.fixture(params=["xlmr", "bert"])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"{request.param}_tokenizer")
