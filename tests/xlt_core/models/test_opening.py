"""An encoder is looked into before it is trained: files one by one, then all together."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from xlt_core.models.encoder_files import ENCODER_TYPES, VOCABULARIES, read_shapes
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.limits import Limits, Opened, own_dropout
from xlt_core.models.model import Model
from xlt_core.models.opening import open_encoder
from xlt_core.models.pretrained import load_encoder, load_tokenizer
from xlt_core.training.optimizer import freeze
from xlt_core.vocabulary.errors import DataChanged, UserMistake

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 1112201288\n"
Spoil = Callable[[Path], object]


@pytest.fixture
def folder(small_encoder: Path, tmp_path: Path) -> Path:
    """A copy of the small encoder that may be spoilt."""
    return shutil.copytree(small_encoder, tmp_path / "encoder")


def opened(folder: Path) -> Opened:
    return open_encoder(refer_encoder(str(folder)))


def pointer(name: str) -> Spoil:
    return lambda folder: (folder / name).write_text(POINTER.format("0" * 64))


def text(name: str, content: str) -> Spoil:
    return lambda folder: (folder / name).write_text(content)


def config(**changes: Any) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return spoil


def cut(at: int) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "model.safetensors"
        path.write_bytes(path.read_bytes()[:at])

    return spoil


def weights(change: Callable[[dict[str, Any]], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        found = load_file(folder / "model.safetensors")
        change(found)
        save_file(found, folder / "model.safetensors", {"format": "pt"})

    return spoil


def more_words(folder: Path) -> None:
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    content["model"]["vocab"]["w60"] = 60
    path.write_text(json.dumps(content))


def without_a_shard(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))


QUERY = "encoder.layer.0.attention.self.query.weight"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (pointer("model.safetensors"), r"model\.safetensors is a Git LFS pointer[\s\S]*lfs pull"),
        (pointer("tokenizer.json"), r"tokenizer\.json is a Git LFS pointer"),
        (pointer("config.json"), r"config\.json is a Git LFS pointer"),
        (cut(-100), r"model\.safetensors has [\d,]+ bytes of"),
        (cut(4), r"model\.safetensors is no safetensors"),
        (cut(40), r"model\.safetensors is no safetensors"),
        (text("model.safetensors", "<html>Not found</html>"), "is no safetensors"),
        (without_a_shard, r"lacks model-00002-of-00002\.safetensors"),
        (text("config.json", "{not json"), r"config\.json is not JSON"),
        (text("config.json", ""), r"config\.json is not JSON"),
        (text("config.json", "[" * 100_000), r"config\.json is not JSON"),
        (text("config.json", "[1, 2]"), r"config\.json holds no JSON object"),
        (config(model_type="of-another-version"), "no text encoder that is known"),
        (config(model_type=None), "no text encoder that is known"),
        (config(hidden_size="sixteen"), "cannot be opened by transformers"),
        (config(hidden_act="an-activation-to-come"), "cannot be opened by transformers"),
        (text("tokenizer.json", "{}"), "cannot be opened by transformers"),
        (text("tokenizer_config.json", "{not json"), "cannot be opened by transformers"),
        (config(vocab_size=61), r"word_embeddings\.weight has the shape \(60, 16\)"),
        (config(hidden_size=32), r"has the shape .* by its config it would have"),
        (config(num_hidden_layers=3), r"lack encoder\.layer\.2\.\S+ and 15 more"),
        (weights(lambda found: found.pop(QUERY)), rf"lack {QUERY}, which"),
        (weights(lambda found: found.update({"x": found.pop(QUERY)})), rf"lack {QUERY}, which"),
        (weights(lambda found: found.update({QUERY: torch.ones(3, 3)})), r"shape \(3, 3\)"),
        (more_words, r"tokenizer has words up to 60, its embeddings end at 59"),
    ],
)
def test_what_cannot_be_trained_is_said_beforehand(folder: Path, spoil: Spoil, said: str) -> None:
    """In one mistake that names the encoder, not by a worker that never starts."""
    spoil(folder)
    with pytest.raises(UserMistake, match=said) as caught:
        opened(folder)
    (mistake,) = caught.value.mistakes
    assert mistake.where == f"encoder: {folder}"
    assert mistake.remedy
    assert "\n" not in mistake.what


def test_a_worker_refuses_what_preflight_would(folder: Path) -> None:
    """Weights the files lack are not made up, whoever loads them."""
    weights(lambda found: found.pop(QUERY))(folder)
    with pytest.raises(UserMistake, match=QUERY):
        load_encoder(refer_encoder(str(folder)))


def test_a_tokenizer_changed_since_planning_is_refused(folder: Path) -> None:
    """Also where the encoder has been loaded already."""
    ref = refer_encoder(str(folder))
    load_encoder(ref)
    (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text() + " ")
    with pytest.raises(DataChanged, match="has changed"):
        load_tokenizer(ref)


def test_no_weight_is_held_to_look_into_them(folder: Path) -> None:
    """Shapes alone are read: the stand-ins take no memory, and the numbers do not count."""
    found = read_shapes(folder, "small")
    assert found[f"{QUERY}"] == (16, 16)
    path = folder / "model.safetensors"
    content = path.read_bytes()
    length = 8 + int.from_bytes(content[:8], "little")
    path.write_bytes(content[:length] + b"\xff" * (len(content) - length))
    assert opened(folder).words == 60


@pytest.mark.parametrize(("kind", "most"), [("bert", 64), ("xlm-roberta", 62)])
def test_positions_are_counted_from_the_encoders_own_offset(
    encoder_of: Callable[[str], Path], kind: str, most: int
) -> None:
    """XLM-R's first two are the padding token's and the one before it."""
    ref = refer_encoder(str(encoder_of(kind)))
    assert opened(encoder_of(kind)) == Opened(kind, 60, most, Limits(kind, 2, True, None))
    assert Model(load_encoder(ref)).most_tokens == most


SIZES = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "num_key_value_heads": 2,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "cls_token_id": 0,
    "sep_token_id": 2,
    "mask_token_id": 3,
    "head_dim": 8,
    "embedding_size": 16,
    # names of their own
    "d_model": 16,
    "d_ff": 32,
    "d_kv": 8,
    "num_layers": 2,
    "num_heads": 2,
    "dim": 16,
    "hidden_dim": 32,
    "n_layers": 2,
    "n_heads": 2,
    "emb_dim": 16,
    "n_words": 60,
    "input_embedding_size": 16,
    "output_embedding_size": 16,
    "entity_vocab_size": 10,
    "entity_emb_size": 8,
    "languages": ["en_XX"],
    "default_language": "en_XX",
}


@pytest.mark.parametrize("kind", sorted(ENCODER_TYPES))
def test_every_type_that_is_taken_opens_and_reads_a_sentence(
    kind: str, small_encoder: Path, tmp_path: Path
) -> None:
    """A tiny one of each, saved as transformers saves it: nothing is said to be missing."""
    from transformers import CONFIG_MAPPING, MODEL_FOR_TEXT_ENCODING_MAPPING, MODEL_MAPPING

    settings = CONFIG_MAPPING[kind](**SIZES)
    classes = (
        MODEL_FOR_TEXT_ENCODING_MAPPING
        if type(settings) in MODEL_FOR_TEXT_ENCODING_MAPPING
        else MODEL_MAPPING
    )
    classes[type(settings)](settings).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(small_encoder / name, tmp_path / name)
    found = opened(tmp_path)
    assert found.kind == kind
    model = Model(load_encoder(refer_encoder(str(tmp_path))))
    assert found.limits == model.limits
    ids = torch.tensor([[0, 5, 6, 2]])
    with torch.no_grad():
        hidden = model.hidden(ids, torch.ones_like(ids), None, first=False)
    assert hidden.shape == (1, 4, 16)


@pytest.mark.parametrize("kind", sorted(ENCODER_TYPES))
def test_a_worker_does_what_an_encoder_is_said_to_do_and_refuses_the_rest(kind: str) -> None:
    """Freezing and attention dropout, for every type that is taken."""
    from transformers import CONFIG_MAPPING, MODEL_FOR_TEXT_ENCODING_MAPPING, MODEL_MAPPING

    settings = CONFIG_MAPPING[kind](**SIZES)
    textual = type(settings) in MODEL_FOR_TEXT_ENCODING_MAPPING
    classes = MODEL_FOR_TEXT_ENCODING_MAPPING if textual else MODEL_MAPPING
    model = Model(classes[type(settings)](settings))
    limits = model.limits
    for part in ("embeddings", "layers:1", "layers:2", "layers:3", "layers:" + "9" * 5000):
        if wrong := tuple(limits.on_freezing(part)):
            with pytest.raises(UserMistake) as caught:
                freeze(model, (part,))
            assert caught.value.mistakes == wrong
        else:
            assert freeze(model, (part,))
    assert tuple(limits.on_freezing("layers:" + "9" * 5000))
    for dropout in (None, 0.0, 0.1, 0.2):
        if wrong := tuple(limits.on_dropping(dropout)):
            with pytest.raises(UserMistake, match=f"{kind} encoders keep their own"):
                model.set_attention_dropout(dropout)
        else:
            model.set_attention_dropout(dropout)
    assert model.is_swift == (limits.attention_dropout is None)


@pytest.mark.parametrize(
    ("kind", "name"), [("distilbert", "attention_dropout"), ("mt5", "dropout_rate")]
)
def test_an_encoder_s_own_dropout_has_many_names(kind: str, name: str) -> None:
    from transformers import CONFIG_MAPPING

    assert own_dropout(CONFIG_MAPPING[kind](**{name: 0.3})) == 0.3


def test_every_file_a_tokenizer_may_be_read_from_is_known() -> None:
    """By transformers' own table, for every type that is taken."""
    from transformers import CONFIG_MAPPING
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING

    needed = {
        file
        for kind in ENCODER_TYPES
        for maker in [TOKENIZER_MAPPING.get(CONFIG_MAPPING[kind], None)]
        if maker is not None
        for one in (maker if isinstance(maker, tuple) else (maker,))
        if one is not None
        for file in one.vocab_files_names.values()
    }
    assert needed <= set(VOCABULARIES)
