"""Encoders on the hub, served by a small server on this machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.small_hub import COMMIT, OTHER, SmallHub, answer_of, hub_environment
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.hub_encoders import REVISIONS

BASE = "FacebookAI/xlm-roberta-base"
SCRIPT = """
import json, sys
from dataclasses import asdict
from xlt_core.models.encoders import refer_encoder
from xlt_core.vocabulary.errors import XltError
from xlt_core.vocabulary.refs import EncoderRef
name, planned, convert, load = map(json.loads, sys.argv[1:])
try:
    if convert:
        from xlt_core.models.convert import convert
        convert(name)
    if load:
        from xlt_core.models.pretrained import load_encoder, load_tokenizer
        ref = EncoderRef(**planned)
        load_tokenizer(ref)
        found = sum(values.double().sum().item() for values in load_encoder(ref).parameters())
    else:
        found = asdict(refer_encoder(name, EncoderRef(**planned) if planned else None))
    print(json.dumps(found))
except XltError as mistake:
    print(json.dumps({"mistake": str(mistake)}))
"""
Refer = Callable[..., Any]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[SmallHub]:
    served = SmallHub(tmp_path / "hub")
    yield served
    served.close()


@pytest.fixture
def refer(hub: SmallHub, tmp_path: Path) -> Refer:
    """Refer to (or convert, or load) an encoder in a process of its own."""

    def run(
        name: str,
        planned: Any = None,
        *,
        offline: bool = False,
        convert: bool = False,
        load: bool = False,
        home: str = "home",
        bound: bool = False,
    ) -> Any:
        environment = hub_environment(hub.url, tmp_path / home, offline)
        return answer_of(SCRIPT, name, planned, convert, load, environment=environment, bound=bound)

    return run


@pytest.fixture
def pickled(small_encoder: Path, tmp_path: Path) -> Path:
    """The small encoder with pickled weights alone."""
    folder = shutil.copytree(small_encoder, tmp_path / "pickled")
    weights = load_file(folder / "model.safetensors")
    torch.save(weights, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def remake(folder: Path, to: Path, **changes: Any) -> Path:
    """A copy of an encoder whose config is another."""
    shutil.copytree(folder, to)
    config = json.loads((to / "config.json").read_text())
    (to / "config.json").write_text(json.dumps(config | changes))
    return to


class TestRefer:
    def test_it_is_the_commit_by_content(
        self, hub: SmallHub, refer: Refer, small_encoder: Path
    ) -> None:
        """The fingerprint is a folder's with the same files."""
        hub.put_model(BASE, small_encoder)
        found = refer("xlm-roberta-base")
        assert found["revision"] == COMMIT
        assert found["location"] == BASE
        assert found["fingerprint"] == refer_encoder(str(small_encoder)).fingerprint
        assert refer("xlm-roberta-base", offline=True) == found

    def test_a_model_card_edited_upstream_changes_the_commit_alone(
        self, hub: SmallHub, refer: Refer, small_encoder: Path
    ) -> None:
        """The same weights are the same encoder."""
        hub.put_model(BASE, small_encoder)
        before = refer("xlm-roberta-base")
        (hub.put_model(BASE, small_encoder, commit=OTHER) / "README.md").write_text("better")
        after = refer("xlm-roberta-base", home="elsewhere")
        assert after["revision"] == OTHER
        assert after["fingerprint"] == before["fingerprint"]

    def test_what_was_planned_is_what_is_taken(
        self, hub: SmallHub, refer: Refer, small_encoder: Path, tmp_path: Path
    ) -> None:
        """Though main has other weights by now; on this machine and on one that has nothing."""
        hub.put_model(BASE, small_encoder)
        planned = refer("xlm-roberta-base")
        hub.put_model(
            BASE, remake(small_encoder, tmp_path / "new", model_type="bert"), commit=OTHER
        )
        assert refer("xlm-roberta-base", planned) == planned
        assert refer("xlm-roberta-base", planned, home="elsewhere") == planned
        right = refer("", planned, load=True)
        assert refer("", planned, load=True, home="third") == right
        assert refer("xlm-roberta-base", home="fourth")["revision"] == OTHER

    def test_a_vanished_commit_with_the_same_files_serves_on(
        self, hub: SmallHub, refer: Refer, small_encoder: Path
    ) -> None:
        """A pull request's branch was squashed."""
        hub.put_model(BASE, small_encoder)
        planned = refer("xlm-roberta-base")
        hub.squash(f"models/{BASE}", "main", OTHER)
        found = refer("xlm-roberta-base", planned, home="elsewhere")
        assert found == planned | {"revision": OTHER}
        assert isinstance(refer("", planned, load=True, home="third"), float)

    def test_a_vanished_commit_with_other_files_is_not_trained(
        self, hub: SmallHub, refer: Refer, small_encoder: Path, tmp_path: Path
    ) -> None:
        """Both fingerprints are said."""
        hub.put_model(BASE, small_encoder)
        planned = refer("xlm-roberta-base")
        hub.squash(f"models/{BASE}", "main", OTHER)
        shutil.rmtree(hub.root / "models" / BASE / OTHER)
        hub.put_model(
            BASE, remake(small_encoder, tmp_path / "new", layer_norm_eps=0.5), commit=OTHER
        )
        message = refer("", planned, load=True, home="elsewhere")["mistake"]
        assert "has changed since the sweep was planned" in message
        assert planned["fingerprint"][:12] in message

    @pytest.mark.parametrize("revision", ["refs/pr/5", "v1.0", COMMIT])
    def test_a_revision_may_be_written(
        self, hub: SmallHub, refer: Refer, small_encoder: Path, revision: str
    ) -> None:
        """A pull request's too, whose name has slashes."""
        hub.put_model("some/encoder", small_encoder, branch="refs/pr/5")
        hub.put_model("some/encoder", small_encoder, branch="v1.0")
        assert refer(f"some/encoder@{revision}")["revision"] == COMMIT

    @pytest.mark.parametrize("repository", sorted(REVISIONS))
    def test_where_main_has_no_safetensors_a_known_revision_has(
        self, hub: SmallHub, refer: Refer, small_encoder: Path, pickled: Path, repository: str
    ) -> None:
        """Main is not taken where the table knows better; a written revision goes first."""
        known = REVISIONS[repository]
        commit = known if len(known) == 40 else COMMIT
        hub.put_model(repository, pickled, commit=OTHER)
        hub.put_model(repository, small_encoder, branch=known, commit=commit)
        assert refer(repository)["revision"] == commit
        assert "has no safetensors" in refer(f"{repository}@main")["mistake"]

    def test_nothing_large_is_fetched_of_what_is_no_encoder(
        self, hub: SmallHub, refer: Refer, small_encoder: Path, tmp_path: Path
    ) -> None:
        """The config is looked at first."""
        hub.put_model("some/llama", remake(small_encoder, tmp_path / "llama", model_type="llama"))
        assert "no text encoder" in refer("some/llama")["mistake"]
        assert not any("model.safetensors" in path for path in hub.asked if "resolve" in path)

    @pytest.mark.parametrize("listed", [True, False])
    def test_a_cache_that_cannot_be_written_serves_what_it_holds(
        self, hub: SmallHub, refer: Refer, small_encoder: Path, tmp_path: Path, listed: bool
    ) -> None:
        """Also where a file that is not needed is missing, as after `from_pretrained`."""
        (hub.put_model(BASE, small_encoder) / "special_tokens_map.json").write_text("{}")
        refer("xlm-roberta-base")
        next((tmp_path / "home").rglob("snapshots/*/special_tokens_map.json")).unlink()
        before = refer("xlm-roberta-base", offline=True)
        assert before["fingerprint"] == refer_encoder(str(small_encoder)).fingerprint
        if not listed:
            shutil.rmtree(next((tmp_path / "home").rglob("trees")))
        for path in [tmp_path / "home", *(tmp_path / "home").rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o555 if path.is_dir() else 0o444)
        for offline in (False, True):
            assert refer("xlm-roberta-base", offline=offline, bound=True) == before
            assert refer("xlm-roberta-base", before, offline=offline, bound=True) == before


class TestConvert:
    def test_pickled_weights_become_safetensors_once(
        self, hub: SmallHub, refer: Refer, small_encoder: Path, pickled: Path
    ) -> None:
        """And are then found under the name; the encoder is the same to the bit."""
        hub.put_model("jhu-clsp/mmBERT-base", pickled)
        before = refer("mmbert-base")["mistake"]
        assert "xlt models --convert mmbert-base" in before
        found = refer("mmbert-base", convert=True)
        assert found["revision"] == COMMIT
        assert refer("mmbert-base", offline=True) == found
        hub.put_model(BASE, small_encoder)
        planned = refer("xlm-roberta-base")
        assert refer("", found, load=True) == refer("", planned, load=True)

    def test_what_a_pickle_would_run_is_refused(
        self, hub: SmallHub, refer: Refer, pickled: Path, tmp_path: Path
    ) -> None:
        """Nothing of it happens."""

        class Harm:
            def __reduce__(self) -> Any:
                return (open, (str(tmp_path / "harm"), "w"))

        torch.save({"weight": Harm()}, pickled / "pytorch_model.bin")
        hub.put_model("some/harm", pickled)
        assert "pytorch_model.bin is refused" in refer("some/harm", convert=True)["mistake"]
        assert not (tmp_path / "harm").exists()

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda folder: None, "nothing is to be made"),
            (lambda folder: (folder / "model.safetensors").unlink(), "no pytorch_model.bin either"),
            (lambda folder: (folder / "config.json").unlink(), "no config.json"),
        ],
    )
    def test_what_cannot_be_converted_is_said(
        self,
        hub: SmallHub,
        refer: Refer,
        small_encoder: Path,
        tmp_path: Path,
        spoil: Any,
        said: str,
    ) -> None:
        """Each with its cause."""
        folder = shutil.copytree(small_encoder, tmp_path / "spoilt")
        spoil(folder)
        hub.put_model("some/encoder", folder)
        assert said in refer("some/encoder", convert=True)["mistake"]


SPM = """
import json, sys
from transformers.utils import sentencepiece_model_pb2_new as form
model = form.ModelProto()
kinds = form.ModelProto.SentencePiece
special = [(name, kinds.CONTROL) for name in ("[PAD]", "[CLS]", "[SEP]")]
words = [(name, kinds.NORMAL) for name in ("\u2581", "a", "b", "\u2581sun", "\u2581moon")]
for number, (name, kind) in enumerate([*special, ("[UNK]", kinds.UNKNOWN), *words]):
    piece = model.pieces.add()
    piece.piece, piece.type, piece.score = name, kind, -float(number)
model.trainer_spec.model_type, model.trainer_spec.unk_id = 1, 3
model.normalizer_spec.name = "identity"
open(json.loads(sys.argv[1]), "wb").write(model.SerializeToString())
print("null")
"""
WORDS = """
import json, sys
from xlt_core.models.opening import open_encoder
from xlt_core.models.encoders import refer_encoder
from xlt_core.models.pretrained import load_tokenizer
ref = refer_encoder(json.loads(sys.argv[1]))
open_encoder(ref)
print(json.dumps(load_tokenizer(ref)("sun ab")["input_ids"]))
"""


def test_a_tokenizer_that_is_a_sentencepiece_model_alone_is_read(tmp_path: Path) -> None:
    """As mDeBERTa's on the hub, which has `spm.model` and no tokenizer.json."""
    from transformers import DebertaV2Config, DebertaV2Model

    folder = tmp_path / "deberta"
    settings = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    DebertaV2Model(
        DebertaV2Config(vocab_size=20, intermediate_size=32, **settings)
    ).save_pretrained(folder)
    about = {"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(about))
    environment = hub_environment("http://127.0.0.1:9", tmp_path / "home", offline=True)
    answer_of(SPM, str(folder / "spm.model"), environment=environment)
    assert answer_of(WORDS, str(folder), environment=environment) == [1, 7, 4, 5, 6, 2]
