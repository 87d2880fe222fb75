"""Small encoders and data for the tests of models, training, evaluation and stages.

A task of each kind on sentences over a dozen words, each learnable from the words alone.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

WORDS = ("sun", "moon", "river", "stone", "red", "blue", "green", "cold", "warm", "cat", "dog")
SIZE = 16


def write_encoder(folder: Path, kind: str = "xlm-roberta", words: int = 60) -> Path:
    """A random two-layer encoder with a word-level tokenizer, as `save_pretrained` lays it."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import (
        BertConfig,
        BertModel,
        ElectraConfig,
        ElectraModel,
        PreTrainedTokenizerFast,
        XLMRobertaConfig,
        XLMRobertaModel,
    )

    bert = kind != "xlm-roberta"
    special = ("[PAD]", "[CLS]", "[SEP]", "[UNK]") if bert else ("<s>", "<pad>", "</s>", "<unk>")
    start, pad, end, unknown = (special[i] for i in ((1, 0, 2, 3) if bert else (0, 1, 2, 3)))
    every = (*special, *WORDS, *"?.", *["What", "was", "the", "cause", "effect"])
    every += tuple(f"w{n}" for n in range(words - len(every)))
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(every)}, unknown))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    middle = f"{end}:0" if bert else f"{end}:0 {end}:0"
    made.post_processor = processors.TemplateProcessing(
        single=f"{start}:0 $A:0 {end}:0",
        pair=f"{start}:0 $A:0 {middle} $B:{int(bert)} {end}:{int(bert)}",
        special_tokens=[(start, every.index(start)), (end, every.index(end))],
    )
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if bert else [])]
    PreTrainedTokenizerFast(
        tokenizer_object=made,
        cls_token=start,
        sep_token=end,
        pad_token=pad,
        unk_token=unknown,
        model_input_names=names,
    ).save_pretrained(folder)
    config_class, model_class, own = {
        "xlm-roberta": (XLMRobertaConfig, XLMRobertaModel, {}),
        "bert": (BertConfig, BertModel, {}),
        "electra": (ElectraConfig, ElectraModel, {"embedding_size": SIZE}),
    }[kind]
    config = config_class(
        **own,
        vocab_size=len(every),
        hidden_size=SIZE,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        type_vocab_size=2 if bert else 1,
        pad_token_id=every.index(pad),
        initializer_range=0.3,
    )
    with torch.random.fork_rng([]):
        torch.manual_seed(1)
        bare = {} if kind == "electra" else {"add_pooling_layer": False}
        model_class(config, **bare).save_pretrained(folder)
    return folder


def write_data(folder: Path, rows: int = 48) -> Path:
    """mnli, copa, udpos (in German too) and squad in the folder source's layout: train and dev."""
    rng = random.Random(3)
    for split in ("train", "dev"):
        _write_mnli(folder / "mnli" / f"{split}-en.tsv", rows, rng)
        _write_copa(folder / "copa" / f"{split}-en.jsonl", rows, rng)
        _write_udpos(folder / "udpos" / f"{split}-en.tsv", rows, rng)
        _write_squad(folder / "squad" / f"{split}-v1.1.json", rows, rng)
        _write_stsb(folder / "stsb" / f"{split}-en.tsv", rows, random.Random(split))
    _write_udpos(folder / "udpos" / "train-de.tsv", rows, random.Random(4))
    return folder


def _sentence(rng: random.Random, most: int = 9) -> list[str]:
    return [rng.choice(WORDS) for _ in range(rng.randint(2, most))]


def _write_mnli(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["id\tpremise\thypothesis\tlabel"]
    names = {"red": "entailment", "blue": "neutral", "green": "contradiction"}
    for number in range(rows):
        word = rng.choice(list(names))
        premise = " ".join(other for other in _sentence(rng) if other not in names) or "sun"
        lines.append(f"{number}\t{premise}\t{word}\t{names[word]}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_stsb(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["id\tsentence1\tsentence2\tlabel"]
    values = {"red": 1.0, "blue": 0.25, "green": -1.0}
    for number in range(rows):
        word = rng.choice(list(values))
        first = " ".join(other for other in _sentence(rng) if other not in values) or "sun"
        lines.append(f"{number}\t{first}\t{word}\t{values[word]}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_copa(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(rows):
        label = rng.randrange(2)
        choices = ["warm sun", "cold moon"] if label == 0 else ["cold moon", "warm sun"]
        row = {"id": str(number), "context": " ".join(_sentence(rng)), "question": "cause"}
        lines.append(json.dumps({**row, "choices": choices, "label": label}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_udpos(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tag = {word: "ADJ" if word in WORDS[4:9] else "NOUN" for word in WORDS}
    sentences = [_sentence(rng) for _ in range(rows)]
    text = "\n".join("".join(f"{word}\t{tag[word]}\n" for word in words) for words in sentences)
    path.write_text(text, encoding="utf-8")


def _write_squad(path: Path, rows: int, rng: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    paragraphs = []
    for number in range(rows):
        words = [word for word in _sentence(rng, 12) if word != "river"]
        words.insert(rng.randrange(len(words) + 1), "river")
        context = " ".join(words)
        answer = {"text": "river", "answer_start": context.index("river")}
        asked = {"id": str(number), "question": "What was cold ?", "answers": [answer]}
        paragraphs.append({"context": context, "qas": [asked]})
    path.write_text(
        json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": paragraphs}]})
    )


@dataclass
class Kept:
    """Checkpoints in a folder, as the store keeps them; `steps` says when they were saved."""

    folder: Path
    steps: list[int] = field(default_factory=list)

    def latest(self) -> Path | None:
        return self.folder / str(self.steps[-1]) if self.steps else None

    def save(self, step: int, write: Any) -> None:
        (self.folder / str(step)).mkdir(parents=True, exist_ok=True)
        write(self.folder / str(step))
        self.steps.append(step)


@pytest.fixture(scope="session")
def encoder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a small random encoder: `xlm-roberta`; `bert`, which has token types; `electra`.

    The last one's forward pass is transformers' own.
    """
    made: dict[str, Path] = {}

    def find(kind: str) -> Path:
        if kind not in made:
            made[kind] = write_encoder(tmp_path_factory.mktemp("encoders") / kind, kind)
        return made[kind]

    return find


@pytest.fixture(scope="session")
def small_encoder(encoder_of: Callable[[str], Path]) -> Path:
    """Folder of a small random encoder of XLM-R's kind."""
    return encoder_of("xlm-roberta")


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with mnli, copa, udpos, squad and stsb, one of each kind."""
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[], Kept]:
    """Makes a fresh place for checkpoints at each call."""
    numbers = iter(range(100))
    return lambda: Kept(tmp_path / f"kept-{next(numbers)}")


@pytest.fixture
def bench(tmp_path: Path, small_encoder: Path, small_data: Path) -> Callable[..., Any]:
    """Makes benches (`tests.xlt_core.bench`) with stores of their own."""
    from tests.xlt_core.bench import Bench

    numbers = itertools.count()

    def make(encoder: Path = small_encoder) -> Bench:
        return Bench(tmp_path / f"bench-{next(numbers)}", encoder, small_data)

    return make
