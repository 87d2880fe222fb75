"""Equal bits everywhere: golden digests, the same in another process and for another hash seed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xlt_core.lab.skeleton import SIZE, vocabulary, write_skeleton
from xlt_core.lab.source import LabSource
from xlt_core.lab.texts import amount, texts, translations
from xlt_core.lab.world import World
from xlt_core.vocabulary.fingerprint import fingerprint
from xlt_core.vocabulary.refs import SourceRef

LOCATION = "seed=2,rows=40"
FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
ASKED = [
    ("lab-mood", "en", "train"),
    ("lab-echo", "qab", "dev"),
    ("lab-twist", "qfb", "train"),
    ("lab-role", "qea", "test"),
    ("lab-find", "qcc", "test"),
    ("lab-match", "qda", "test"),
]


def digests(folder: Path) -> dict[str, str]:
    """Of what a world is made of."""
    source, world = LabSource(SourceRef("lab", LOCATION)), World.parse(LOCATION)
    found = {" ".join(cell): source.refer(*cell).fingerprint for cell in ASKED}
    found["texts"] = fingerprint(list(texts(world, "qdb", "dev")))
    found["translations"] = fingerprint([list(one) for one in translations(world, "qeb", "dev")])
    write_skeleton(folder, world)
    for name in FILES:
        found[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    return {name: digest[:16] for name, digest in found.items()}


def test_golden_and_in_another_process(tmp_path: Path):
    """Nothing depends on the process, its hash seed, or what was made before."""
    script = (
        "import json, sys; from pathlib import Path\n"
        "from tests.xlt_core.lab.test_bits import digests\n"
        "print(json.dumps(digests(Path(sys.argv[1]))))"
    )
    root = Path(__file__).parents[3]
    told = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "other")],
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    here = digests(tmp_path / "here")
    assert json.loads(told.stdout) == here
    assert here == json.loads((Path(__file__).parent / "golden.json").read_text())


class TestSkeleton:
    @pytest.fixture(scope="class")
    def folder(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        path = tmp_path_factory.mktemp("lab") / "skeleton"
        write_skeleton(path, World())
        return path

    def test_every_weight_is_the_folders(self, folder: Path):
        """`AutoModel` finds all it wants and leaves nothing over."""
        from transformers import AutoModel

        model, info = AutoModel.from_pretrained(folder, output_loading_info=True)
        assert type(model).__name__ == "XLMRobertaModel"
        assert not any(info[name] for name in ("missing_keys", "unexpected_keys"))
        table = model.get_input_embeddings().weight
        assert tuple(table.shape) == (len(vocabulary(World())), SIZE.hidden)

    def test_words_fall_into_stem_and_endings(self, folder: Path):
        """In every language's texts; no piece is unknown, and pairs are put together as XLM-R's."""
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(folder)
        for code in ("en", "qab", "qcc", "qdb", "qea", "qfb"):
            for text in texts(World(), code, "dev"):
                pieces = tokenizer.tokenize(text)
                assert "<unk>" not in pieces
                assert sum(not piece.startswith("##") for piece in pieces) == len(text.split(" "))
        first, second = translations(World(), "qea", "dev")[0]
        tokens = tokenizer.convert_ids_to_tokens(tokenizer(first, second)["input_ids"])
        middle = tokens.index("</s>")
        assert tokens[0] == "<s>" and tokens[middle : middle + 2] == ["</s>", "</s>"]
        assert tokenizer.mask_token_id == len(tokenizer) - 1

    def test_a_null_world_has_its_twins(self, folder: Path, tmp_path: Path):
        """And its texts."""
        write_skeleton(tmp_path, World(null=True))
        assert all((tmp_path / n).read_bytes() == (folder / n).read_bytes() for n in FILES)
        assert texts(World(null=True), "qca", "dev") == texts(World(), "qca", "dev")


def test_languages_of_few_resources_have_less_text():
    """As the dial says: as much as others at 0."""
    for dial, equal in ((0.0, True), (0.5, False), (1.0, False)):
        world = World(low_resource=dial)
        high, medium, low = (amount(world, code) for code in ("qea", "qcb", "qeb"))
        assert (high == medium == low) if equal else high > medium > low
        assert len(texts(world, "qeb", "train")) == low
