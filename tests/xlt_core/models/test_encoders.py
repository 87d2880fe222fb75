"""Encoders by name, and how a wrong one is refused."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.small_hub import answer_of
from xlt_core.models.encoders import (
    LABS,
    encoder_folder,
    known_encoders,
    lab_folder,
    refer_encoder,
)
from xlt_core.models.pretrained import fingerprint_tokenizer, load_encoder, load_tokenizer
from xlt_core.vocabulary.errors import DataChanged, UserMistake
from xlt_core.vocabulary.refs import EncoderRef


@pytest.fixture
def folder(small_encoder: Path, tmp_path: Path) -> Path:
    """A copy of the small encoder that may be spoilt."""
    return shutil.copytree(small_encoder, tmp_path / "encoder")


def changed(content: bytes) -> bytes:
    """Another content in the same form: a space behind JSON, another last byte of weights."""
    return content + b" " if content.startswith(b"{") else content[:-1] + bytes([content[-1] ^ 1])


def spoil(file: Path) -> None:
    """One byte in the middle is another."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)


def replaced_by(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def damage(home: Path) -> None:
        shutil.rmtree(home)
        make(home)

    return damage


DAMAGES: dict[str, Callable[[Path], object]] = {
    "weights": lambda home: spoil(home / "model.safetensors"),
    "tokenizer": lambda home: spoil(home / "tokenizer.json"),
    "config": lambda home: spoil(home / "config.json"),
    "cut short": lambda home: os.truncate(home / "model.safetensors", 9),
    "a file gone": lambda home: (home / "model.safetensors").unlink(),
    "a file more": lambda home: (home / "vocab.txt").write_text("x"),
    "empty": replaced_by(Path.mkdir),
    "a file": replaced_by(Path.touch),
    "a link to nowhere": replaced_by(lambda home: home.symlink_to("nowhere")),
}


class TestReferEncoder:
    def test_contents_count_and_the_place_does_not(self, small_encoder: Path, folder: Path) -> None:
        """A copy has the same fingerprint; other weights, config or tokenizer have another."""
        same = refer_encoder(str(folder)).fingerprint
        assert same == refer_encoder(str(small_encoder)).fingerprint
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            before = (folder / name).read_bytes()
            (folder / name).write_bytes(changed(before))
            assert refer_encoder(str(folder)).fingerprint != same, name
            (folder / name).write_bytes(before)

    @pytest.mark.parametrize(
        ("gone", "said"),
        [
            ("config.json", "no config.json"),
            ("model.safetensors", "no model.safetensors"),
            ("tokenizer", "no tokenizer"),
        ],
    )
    def test_what_is_missing_is_said(self, folder: Path, gone: str, said: str) -> None:
        """Each missing part is named."""
        for file in folder.glob(f"{gone}*"):
            file.unlink()
        with pytest.raises(UserMistake, match=said):
            refer_encoder(str(folder))

    def test_pickled_weights_are_refused(self, folder: Path) -> None:
        """A folder with only pytorch_model.bin is told how to become one with safetensors."""
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        with pytest.raises(UserMistake, match=r"only pytorch_model\.bin[\s\S]*save_pretrained"):
            refer_encoder(str(folder))

    @pytest.mark.parametrize("kind", ["gpt2", "llama", "my-own-model"])
    def test_what_is_no_encoder_is_refused(self, folder: Path, kind: str) -> None:
        """Decoders and types that only a repository's own code knows are refused."""
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "model_type": kind}))
        with pytest.raises(UserMistake, match=f"no text encoder.*{kind}"):
            refer_encoder(str(folder))

    @pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "no-such-encoder", "a b"])
    def test_an_unknown_name_is_the_users_mistake(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Offline, neither a folder nor cached: said in one line with a remedy."""
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        with pytest.raises(UserMistake, match="encoder: "):
            refer_encoder(name)

    def test_the_labs_encoder_is_made_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`lab-small` is made in the cache; another world's has another fingerprint."""
        monkeypatch.setenv("XLT_CACHE", str(tmp_path))
        ref = refer_encoder("lab-small")
        assert refer_encoder("lab-small") == ref
        assert refer_encoder("lab-small:seed=3").fingerprint != ref.fingerprint
        assert load_encoder(ref) is not None

    def test_a_cache_that_cannot_be_written_serves_the_labs_encoder(self, tmp_path: Path) -> None:
        """Where it was made already; where it was not, that is the user's mistake."""
        script = (
            "import json\n"
            "from xlt_core.models.encoders import refer_encoder\n"
            "from xlt_core.vocabulary.errors import UserMistake\n"
            "try:\n"
            "    print(json.dumps(refer_encoder('lab-small').fingerprint))\n"
            "except UserMistake as mistake:\n"
            "    print(json.dumps(str(mistake)))\n"
        )
        environment = {**os.environ, "XLT_CACHE": str(tmp_path / "made")}
        made = answer_of(script, environment=environment)
        for path in [tmp_path / "made", *(tmp_path / "made").rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        assert answer_of(script, environment=environment, bound=True) == made
        (tmp_path / "empty").mkdir(mode=0o555)
        environment["XLT_CACHE"] = str(tmp_path / "empty")
        said = answer_of(script, environment=environment, bound=True)
        assert "set XLT_CACHE to a folder that can be written" in said
        (home,) = (tmp_path / "made" / "encoders").glob("lab-small-*")
        spoil(home / "model.safetensors")
        environment["XLT_CACHE"] = str(tmp_path / "made")
        said = answer_of(script, environment=environment, bound=True)
        assert "is damaged" in said
        assert "set XLT_CACHE to a folder that can be written" in said

    @pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
    def test_the_labs_encoder_is_made_anew_where_it_was_damaged(
        self, damage: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Other weights are never taken for it, by a new sweep or by one that goes on."""
        monkeypatch.setenv("XLT_CACHE", str(tmp_path))
        lab_folder.cache_clear()
        ref = refer_encoder("lab-small")
        home = lab_folder("lab-small")
        lab_folder.cache_clear()
        damage(home)
        assert refer_encoder("lab-small") == ref
        assert encoder_folder(ref) == home
        assert load_encoder(ref) is not None
        assert list((tmp_path / "encoders").iterdir()) == [home]

    @pytest.mark.parametrize("name", LABS)
    def test_every_lab_encoder_is_made(self, name: str, tmp_path, monkeypatch) -> None:
        """Each of its world; the small one has its old name as well."""
        monkeypatch.setenv("XLT_CACHE", str(tmp_path))
        ref = refer_encoder(name)
        assert refer_encoder(f"{name}:seed=3").fingerprint != ref.fingerprint
        assert load_encoder(ref) is not None
        if name == "lab-small":
            assert refer_encoder("lab-small").fingerprint == ref.fingerprint

    def test_every_known_encoder_has_a_title(self) -> None:
        """`xlt models` has something to say of each."""
        assert "lab-small" in {name for known in known_encoders() for name in known.names}
        assert all(known.title and known.location for known in known_encoders())


class TestLoading:
    def test_a_changed_folder_is_refused(self, folder: Path) -> None:
        """An encoder that is no longer the one planned with is not trained."""
        ref = refer_encoder(str(folder))
        (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
        with pytest.raises(DataChanged, match="has changed"):
            load_encoder(ref)

    @pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
    @pytest.mark.parametrize("load", [load_encoder, load_tokenizer])
    def test_whatever_is_loaded_the_whole_folder_is_as_planned(
        self, folder: Path, name: str, load: Callable[[EncoderRef], Any]
    ) -> None:
        """An edit of the same size and age is seen, though the folder was read before."""
        ref = refer_encoder(str(folder))
        load(ref)
        edited = (folder / name).read_bytes()[:-1] + b" "
        state = (folder / name).stat()
        (folder / name).write_bytes(edited)
        os.utime(folder / name, ns=(state.st_atime_ns, state.st_mtime_ns))
        with pytest.raises(DataChanged, match="has changed"):
            load(ref)

    def test_a_change_while_it_is_read_is_refused(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is checked is what was read: the check comes after the reading."""
        from transformers import AutoTokenizer

        ref = refer_encoder(str(folder))
        read = AutoTokenizer.from_pretrained

        def edited_meanwhile(*args: Any, **kwargs: Any) -> Any:
            text = (folder / "tokenizer.json").read_text()
            (folder / "tokenizer.json").write_text(text.replace('"sun"', '"sum"'))
            return read(*args, **kwargs)

        monkeypatch.setattr(AutoTokenizer, "from_pretrained", edited_meanwhile)
        with pytest.raises(DataChanged, match="has changed"):
            load_tokenizer(ref)

    def test_texts_are_cut_and_padded_at_the_right(self, folder: Path) -> None:
        """Whatever the encoder's own configuration says."""
        config = json.loads((folder / "tokenizer_config.json").read_text())
        sides = {"truncation_side": "left", "padding_side": "left"}
        (folder / "tokenizer_config.json").write_text(json.dumps({**config, **sides}))
        tokenizer = load_tokenizer(refer_encoder(str(folder)))
        assert (tokenizer.truncation_side, tokenizer.padding_side) == ("right", "right")

    def test_loading_is_quiet_and_moves_no_generator(
        self, folder: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing is printed, and torch's global generator stays where it was."""
        before = torch.get_rng_state()
        ref = refer_encoder(str(folder))
        load_encoder(ref)
        tokenizer = load_tokenizer(ref)
        assert fingerprint_tokenizer(tokenizer) == fingerprint_tokenizer(load_tokenizer(ref))
        assert torch.equal(torch.get_rng_state(), before)
        shown = capfd.readouterr()
        assert (shown.out, shown.err) == ("", "")
