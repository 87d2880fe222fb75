"""`lab-small`: an XLM-R folder, the same bits everywhere, near for translations."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from xlt_core.lab.small.encoder import HIDDEN, make_encoder, word_vectors
from xlt_core.lab.small.world import LANGUAGES, SmallWorld

FILES = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("lab") / "lab-small"
    make_encoder(path, SmallWorld())
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestFolder:
    def test_holds_what_an_encoder_is_made_of(self, folder: Path):
        """And nothing temporary."""
        assert {path.name for path in folder.iterdir()} == FILES

    def test_golden(self, folder: Path):
        """Bits follow from the seed, on every machine."""
        assert (
            _digest(folder / "model.safetensors")
            == "e2d2b75f547b204d8c7ca7c4c485108781a1046f7528f2b4013d7e4d515acd9e"
        )
        assert (
            _digest(folder / "tokenizer.json")
            == "bdd2ad0d8f294d1beaa33d13658f57535bd512aa0102556c5886fdbf6428b627"
        )

    def test_another_seed_is_another_encoder_and_null_is_not(self, folder: Path, tmp_path: Path):
        """A null world has the encoder of its twin."""
        make_encoder(tmp_path / "one", SmallWorld(1))
        make_encoder(tmp_path / "null", SmallWorld(0, null=True))
        for name in ("model.safetensors", "tokenizer.json"):
            assert _digest(tmp_path / "one" / name) != _digest(folder / name)
            assert _digest(tmp_path / "null" / name) == _digest(folder / name)


class TestLoading:
    def test_every_weight_is_the_folders(self, folder: Path):
        """`AutoModel` finds all it wants and leaves nothing over."""
        from transformers import AutoModel

        model, info = AutoModel.from_pretrained(folder, output_loading_info=True)
        assert type(model).__name__ == "XLMRobertaModel"
        assert not any(info[name] for name in ("missing_keys", "unexpected_keys"))

    def test_pairs_are_put_together_as_xlm_r_does(self, folder: Path):
        """`<s> A </s> </s> B </s>`, one token a word."""
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(folder)
        words = SmallWorld().lexicon["qlc"][:2]
        tokens = tokenizer.convert_ids_to_tokens(tokenizer(*words)["input_ids"])
        assert tokens == ["<s>", words[0], "</s>", "</s>", words[1], "</s>"]
        assert tokenizer.model_max_length == 128
        assert tokenizer("qqq")["input_ids"] == [0, tokenizer.unk_token_id, 2]
        assert (tokenizer.bos_token_id, tokenizer.pad_token_id, tokenizer.eos_token_id) == (0, 1, 2)

    def test_every_word_has_its_vector(self, folder: Path):
        """Ids of the tokenizer are rows of the embeddings."""
        from safetensors.numpy import load_file
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(folder)
        table = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
        assert table.shape == (len(tokenizer), HIDDEN)
        vectors = word_vectors(SmallWorld())
        for language in LANGUAGES:
            ids = tokenizer.convert_tokens_to_ids(list(SmallWorld().lexicon[language]))
            ratio = table[ids] / vectors[language]
            assert np.allclose(ratio, ratio[0, 0], rtol=1e-4)


class TestVectors:
    def test_translations_are_near_and_the_nearer_the_related(self):
        """Mean cosine to English falls with distance; relatives lie nearer to each other."""
        vectors = word_vectors(SmallWorld())

        def cosine(one: str, other: str) -> float:
            a, b = vectors[one], vectors[other]
            norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
            return float(((a * b).sum(1) / norms).mean())

        to_english = [cosine("en", code) for code in ("qla", "qlb", "qlc")]
        assert to_english == sorted(to_english, reverse=True)
        assert to_english[-1] > 0.7
        assert cosine("qla", "qlb") > cosine("qla", "qlc")
