"""The hub source, against a small server that speaks the hub's API on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.small_hub import COMMIT, OTHER, SmallHub, answer_of, hub_environment

SCRIPT = """
import json, sys
from xlt_core.data.hub import HubSource
from xlt_core.vocabulary.errors import UserMistake, is_machines_fault
wanted, pins = json.loads(sys.argv[1]), json.loads(sys.argv[2])
source = HubSource(pins)
try:
    ref = source.refer(*wanted)
    rows = [row.content() for row in source.load(*wanted)]
    print(json.dumps({
        "rows": rows, "fingerprint": ref.fingerprint, "revisions": source.revisions,
        "notes": source.notes,
    }))
except UserMistake as mistake:
    passes = is_machines_fault(mistake)
    print(json.dumps({"mistake": str(mistake), "passes": passes}))
"""
NLI = {"premise": ["p", "q"], "hypothesis": ["h", "i"], "label": [1, 2]}
ROWS = [["p", "h", 1], ["q", "i", 2]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[SmallHub]:
    served = SmallHub(tmp_path / "hub")
    yield served
    served.close()


@pytest.fixture
def read(hub: SmallHub, tmp_path: Path) -> Any:
    """Read a task, language and split in a process of its own; its answer as data."""

    def run(
        task: str,
        language: str,
        split: str,
        offline: bool = False,
        pins: Any = None,
        bound: bool = False,
    ) -> Any:
        environment = hub_environment(hub.url, tmp_path / "home", offline)
        asked = [task, language, split]
        return answer_of(SCRIPT, asked, pins or {}, environment=environment, bound=bound)

    return run


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The hub library's cache."""
    return tmp_path / "home" / "hub"


def test_a_data_set_is_fetched_once_recorded_and_read_again_offline(hub: SmallHub, read: Any):
    hub.put("facebook/xnli", "sw/validation/0000.parquet", NLI)
    hub.put("facebook/xnli", "sw/test/0000.parquet", NLI | {"label": [0, 0]})
    first = read("xnli", "sw", "dev")
    assert first["rows"] == ROWS
    assert first["revisions"] == {"facebook/xnli": COMMIT}
    assert any("refs/convert/parquet" in path for path in hub.asked)
    assert not any("sw/test" in path for path in hub.asked if "/resolve/" in path)
    hub.asked.clear()
    assert read("xnli", "sw", "dev", offline=True) == first
    assert hub.asked == []


@pytest.mark.parametrize("offline", [False, True])
def test_a_data_set_that_cannot_be_had_is_named_with_a_remedy(read: Any, offline: bool):
    message = read("mnli", "en", "train", offline=offline)["mistake"]
    assert "nyu-mll/multi_nli" in message
    assert "HF_HUB_OFFLINE" in message
    assert "data: lab" in message


def test_a_server_that_is_gone_is_a_mistake_too(hub: SmallHub, read: Any):
    hub.close()
    answer = read("anli", "en", "dev")
    assert "facebook/anli" in answer["mistake"]
    assert answer["passes"]


@pytest.mark.parametrize(
    ("status", "passes"), [(401, False), (403, False), (429, True), (503, True)]
)
@pytest.mark.parametrize("known", [False, True])
def test_what_may_pass_is_worth_another_try(
    hub: SmallHub, read: Any, status: int, passes: bool, known: bool
):
    """A worker tries again where the hub is busy or broken, not where it refuses; so with a pin."""
    hub.put("facebook/anli", "plain_text/dev_r1/0000.parquet", NLI)
    hub.refusal = status
    answer = read("anli", "en", "dev")
    assert "facebook/anli" in answer["mistake"]
    assert answer["passes"] == passes
    assert not read("anli", "en", "dev", offline=True)["passes"]


def test_a_config_without_the_split_says_what_is_there(hub: SmallHub, read: Any):
    hub.put("facebook/xnli", "sw/test/0000.parquet", {"premise": ["p"]})
    message = read("xnli", "sw", "dev")["mistake"]
    assert "sw/validation/*.parquet" in message
    assert "there are sw/test" in message


class TestOddTables:
    """Data sets whose tables on the hub differ from what was published."""

    def test_scitail_is_read_from_the_config_that_has_every_row(self, hub: SmallHub, read: Any):
        """`tsv_format` was made with quoting on: a quote swallows the lines up to the next."""
        whole = {
            "sentence1": ['a "b', 'c" d', "e"],
            "sentence2": ["f", "g", "h"],
            "gold_label": ["entailment", "neutral", "neutral"],
        }
        hub.put("allenai/scitail", "snli_format/train/0000.parquet", whole)
        lossy = {"premise": ["e"], "hypothesis": ["h"], "label": ["neutral"]}
        hub.put("allenai/scitail", "tsv_format/train/0000.parquet", lossy)
        rows = read("scitail", "en", "train")["rows"]
        assert rows == [['a "b', "f", 0], ['c" d', "g", 1], ["e", "h", 1]]

    def test_xquad_with_offsets_of_what_was_stripped(self, hub: SmallHub, read: Any):
        """Its one split is halved, by rows; together both halves are the whole."""
        table = {
            "id": [str(number) for number in range(8)],
            "context": ["ein Hund, ein Hund"] * 8,
            "question": [f"q{number}" for number in range(8)],
            "answers": [{"text": ["Hund"], "answer_start": [start]} for start in range(4, 20, 2)],
        }
        hub.put("google/xquad", "xquad.de/validation/0000.parquet", table)
        halves = [read("xquad", "de", split)["rows"] for split in ("dev", "test")]
        assert sorted(row[0] for half in halves for row in half) == table["id"]
        found = {row[0]: row[3] for half in halves for row in half}
        starts = [found[name][0][1] for name in table["id"]]
        assert starts == [4, 4, 4, 14, 14, 14, 14, 14]


class TestCommits:
    """What was planned is what every process reads."""

    def test_a_pinned_revision_is_the_one_that_is_read(self, hub: SmallHub, read: Any):
        """Though the branch has moved on; nobody asks where its head is."""
        hub.put("facebook/xnli", "sw/validation/0000.parquet", NLI)
        hub.put(
            "facebook/xnli", "sw/validation/0000.parquet", NLI | {"label": [0, 0]}, commit=OTHER
        )
        assert read("xnli", "sw", "dev")["revisions"] == {"facebook/xnli": OTHER}
        hub.asked.clear()
        found = read("xnli", "sw", "dev", pins={"facebook/xnli": COMMIT})
        assert found["rows"] == ROWS
        assert found["notes"] == []
        assert not any("refs/convert" in path for path in hub.asked)

    def test_a_vanished_commit_gives_way_to_the_head_and_says_so(self, hub: SmallHub, read: Any):
        """A converted branch is squashed when it is rebuilt: the same rows, another commit."""
        hub.put("facebook/xnli", "sw/validation/0000.parquet", NLI)
        hub.squash("datasets/facebook/xnli", "refs/convert/parquet", OTHER)
        found = read("xnli", "sw", "dev", pins={"facebook/xnli": COMMIT})
        assert found["rows"] == ROWS
        assert found["revisions"] == {"facebook/xnli": OTHER}
        (note,) = found["notes"]
        assert COMMIT[:12] in note
        assert OTHER[:12] in note

    def test_a_vanished_commit_that_is_cached_is_read_on(self, hub: SmallHub, read: Any):
        """What is on the disk needs nobody's leave."""
        hub.put("facebook/xnli", "sw/validation/0000.parquet", NLI)
        before = read("xnli", "sw", "dev")
        hub.squash("datasets/facebook/xnli", "refs/convert/parquet", OTHER)
        assert read("xnli", "sw", "dev", pins={"facebook/xnli": COMMIT}) == before


class TestShards:
    """A part is never taken for the whole."""

    @pytest.fixture
    def two(self, hub: SmallHub) -> SmallHub:
        """A split in two files, the second under way in name order."""
        for number in range(2):
            columns = {name: values[number:][:1] for name, values in NLI.items()}
            hub.put("facebook/xnli", f"sw/validation/{number:04d}.parquet", columns)
        return hub

    def test_all_shards_are_joined_in_order(self, two: SmallHub, read: Any):
        assert read("xnli", "sw", "dev")["rows"] == ROWS
        assert read("xnli", "sw", "dev", offline=True)["rows"] == ROWS

    @pytest.mark.parametrize("gone", ["0000", "0001"])
    @pytest.mark.parametrize("listed", [True, False])
    def test_a_cache_that_holds_some_is_refused_offline_and_filled_online(
        self, two: SmallHub, read: Any, cache: Path, gone: str, listed: bool
    ):
        """Whether or not the cache says which there should be."""
        read("xnli", "sw", "dev")
        (shard,) = cache.rglob(f"snapshots/*/sw/validation/{gone}.parquet")
        shard.unlink()
        if not listed:
            shutil.rmtree(next(cache.rglob("trees")))
        message = read("xnli", "sw", "dev", offline=True)["mistake"]
        assert "facebook/xnli" in message
        assert "read it once with a connection" in message
        assert read("xnli", "sw", "dev")["rows"] == ROWS

    def test_a_shard_that_is_cut_short_is_refused(self, two: SmallHub, read: Any, cache: Path):
        read("xnli", "sw", "dev")
        (shard,) = cache.rglob("snapshots/*/sw/validation/0001.parquet")
        blob = shard.resolve()
        blob.write_bytes(blob.read_bytes()[:-20])
        assert "cut short" in read("xnli", "sw", "dev", offline=True)["mistake"]

    def test_a_training_split_converted_in_part_is_read_and_said(self, hub: SmallHub, read: Any):
        """Above 5 GB the hub names its folders `partial-<split>`."""
        hub.put("nyu-mll/multi_nli", "default/partial-train/0000.parquet", NLI)
        found = read("mnli", "en", "train")
        assert found["rows"] == ROWS
        assert "in part only" in found["notes"][0]

    def test_a_split_converted_in_part_is_not_scored(self, hub: SmallHub, read: Any):
        """A score is of the whole split."""
        hub.put("facebook/xnli", "sw/partial-test/0000.parquet", NLI)
        assert "in part only" in read("xnli", "sw", "test")["mistake"]


def test_a_file_that_is_no_parquet_is_named(hub: SmallHub, read: Any):
    hub.put("facebook/xnli", "sw/test/0000.parquet", NLI).write_bytes(b"PAR1 not really PAR1")
    assert "cannot be read as Parquet" in read("xnli", "sw", "test")["mistake"]


def test_a_cache_that_cannot_be_written_serves_what_it_holds(
    hub: SmallHub, read: Any, tmp_path: Path
):
    """With a connection and without; `datasets` writes no second cache either."""
    hub.put("facebook/xnli", "sw/validation/0000.parquet", NLI)
    before = read("xnli", "sw", "dev")
    for path in [tmp_path / "home", *(tmp_path / "home").rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    with pytest.raises(AssertionError, match="Permission denied"):
        answer_of(f"open({str(tmp_path / 'home' / 'new')!r}, 'w')", environment={}, bound=True)
    assert read("xnli", "sw", "dev", bound=True) == before
    assert read("xnli", "sw", "dev", offline=True, bound=True) == before


class TestTreebanks:
    """UDPOS: every treebank of a language by prefix, from the branch of one release."""

    ROW: dict[str, Any] = {  # noqa: RUF012
        "tokens": [["Τι"]],
        "upos": [["PRON"]],
        "head": [["0"]],
        "deps": [[None]],
        "mwt": [[]],
    }

    def put(self, hub: SmallHub, bank: str, split: str, word: str) -> None:
        hub.put(
            "universal-dependencies/universal_dependencies",
            f"parquet/{bank}/{split}.parquet",
            self.ROW | {"tokens": [[word]]},
            branch="2.7",
        )

    def test_by_prefix_and_split(self, hub: SmallHub, read: Any):
        """Ancient Greek (grc) is not Greek (el); treebanks are joined by name."""
        for bank, word in [("el_gud", "b"), ("el_gdt", "a"), ("grc_proiel", "c")]:
            self.put(hub, bank, "train", word)
        self.put(hub, "el_gdt", "dev", "d")
        found = read("udpos", "el", "train")
        assert [words for words, _ in found["rows"]] == [["a"], ["b"]]
        assert found["revisions"] == {"universal-dependencies/universal_dependencies": COMMIT}
        assert [words for words, _ in read("udpos", "el", "dev")["rows"]] == [["d"]]

    def test_a_treebank_of_test_alone_gives_its_test(self, hub: SmallHub, read: Any):
        """As Polish PUD, which two fixed lists of treebanks had left out."""
        for bank in ("pl_lfg", "pl_pdb", "pl_pud"):
            self.put(hub, bank, "test", bank)
        words = [words for words, _ in read("udpos", "pl", "test")["rows"]]
        assert words == [["pl_lfg"], ["pl_pdb"], ["pl_pud"]]
