"""Many processes on one store, some of them killed: whole stages or none, and no rubbish left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xlt_core.store import Store

PUBLISH = """
with store.draft(key) as draft:
    (draft.folder / "weights.safetensors").write_bytes(sys.argv[3].encode() * 100_000)
    (draft.folder / "scores.json").write_text(sys.argv[3])
    say("ready")
    wait()
    say(draft.publish({"writer": int(sys.argv[3])}))
"""

# Where a writer stands still and is killed: in the named function, before it does anything.
HANG_IN = """
import xlt_core.store.{module} as module
module.{function} = wait_forever
"""


@pytest.fixture
def kind() -> str:
    """Races of processes are tested in a folder; other kinds race by threads in `test_store`."""
    return "local"


def test_of_eight_processes_one_publishes(store: Store, key: str, start) -> None:
    """The stage is the winner's from the first byte to the last."""
    others = [start(PUBLISH, store.url, key, str(number)) for number in range(8)]
    assert [other.said() for other in others] == ["ready"] * 8
    for other in others:
        other.go()
    won = [other.said() for other in others]
    assert sorted(won) == ["False"] * 7 + ["True"]
    winner = won.index("True")
    stage = store.read(key)
    assert stage is not None
    assert stage.about["writer"] == stage.json("scores.json") == winner
    assert stage.path("weights.safetensors").read_bytes() == str(winner).encode() * 100_000
    for other in others:
        other.process.wait()
    assert _drafts(store) == []


@pytest.mark.fault
@pytest.mark.parametrize(
    "code",
    [
        PUBLISH.replace("wait()", "wait_forever()"),  # the files are written
        HANG_IN.format(module="draft", function="seal_folder") + PUBLISH,  # the record, too
        HANG_IN.format(module="local", function="_flush_tree") + PUBLISH,  # the manifest, too
    ],
)
def test_a_writer_killed_before_the_rename_leaves_nothing_to_see(
    store: Store, key: str, start, code: str
) -> None:
    """Its draft is swept, the stage can be published."""
    writer = start(code, store.url, key, "1")
    assert writer.said() == "ready"
    writer.go()
    assert writer.said() == "here"
    assert _drafts(store) != []
    assert store.verify().leftovers == [], "a living writer's draft is no leftover"
    writer.kill(reap=False)
    os.waitid(os.P_PID, writer.process.pid, os.WEXITED | os.WNOWAIT)
    assert not store.contains(key)
    assert store.read(key) is None
    report = store.verify()
    assert report.damaged == []
    assert len(report.leftovers) == 1
    assert _drafts(store) == []
    with store.draft(key) as draft:
        (draft.folder / "scores.json").write_text("1")
        assert draft.publish({})


@pytest.mark.fault
def test_a_writer_killed_after_the_rename_has_published(store: Store, key: str, start) -> None:
    """What is there is whole."""
    hang = HANG_IN.format(module="local", function="_flush")
    code = f"{hang}module._flush_tree = lambda _: None\n{PUBLISH}"
    writer = start(code, store.url, key, "7")
    assert writer.said() == "ready"
    writer.go()
    assert writer.said() == "here"
    writer.kill()
    stage = store.read(key)
    assert stage is not None
    assert stage.json("scores.json") == 7
    assert store.verify().damaged == []


@pytest.mark.fault
def test_a_writer_to_s3_killed_before_its_manifest_leaves_nothing_to_see(
    s3: str, key: str, start, tmp_path: Path
) -> None:
    """Its files are an orphan that is swept; the next writer's are not touched by it."""
    store = Store(f"{s3}/killed", scratch=tmp_path)
    hang = "import xlt_core.store.remote as module\nmodule.RemoteBackend.create = wait_forever\n"
    code = f"store = Store(sys.argv[1], scratch=Path({str(tmp_path)!r}))\n{PUBLISH}"
    writer = start(hang + code, store.url, key, "1")
    assert writer.said() == "ready"
    writer.go()
    assert writer.said() == "here"
    writer.kill()
    assert not store.contains(key)
    assert store.read(key) is None
    successor = start(code, store.url, key, "2")
    assert successor.said() == "ready"
    successor.go()
    assert successor.said() == "True"
    successor.process.wait()
    report = store.verify()
    assert report.damaged == []
    assert [path.partition(".")[0].rpartition("/")[2] for path in report.leftovers] == [
        key,  # the draft on this machine
        "attempt",  # the files in the store
    ]
    assert store.verify().leftovers == []
    stage = store.read(key)
    assert stage is not None
    assert stage.json("scores.json") == 2


@pytest.mark.fault
def test_killed_in_the_middle_of_pruning(store: Store, key: str, start, publish) -> None:
    """A stage is there or not, never half."""
    publish(store, key, {"weights.safetensors": b"x" * 1000})
    hang = "import shutil\nshutil.rmtree = wait_forever\nstore.prune(0, dry_run=False)\n"
    pruner = start(hang, store.url, key)
    assert pruner.said() == "here"
    pruner.kill()
    assert not store.contains(key)
    assert store.read(key) is None
    assert len(store.verify().leftovers) == 1
    assert _drafts(store) == []


def test_eight_processes_write_the_book_of_executions(store: Store, key: str, start) -> None:
    """No line is lost, torn or mixed with another."""
    code = """
say("ready")
wait()
for number in range(50):
    store.record_execution({"writer": int(sys.argv[3]), "number": number, "pad": "é" * 300})
say("done")
"""
    others = [start(code, store.url, key, str(number)) for number in range(8)]
    assert [other.said() for other in others] == ["ready"] * 8
    for other in others:
        other.go()
    assert [other.said() for other in others] == ["done"] * 8
    entries = store.executions()
    assert len(entries) == 400
    for writer in range(8):
        assert [e["number"] for e in entries if e["writer"] == writer] == list(range(50))


def test_a_torn_line_in_the_book_costs_only_itself(store: Store) -> None:
    """The next writer begins a new line."""
    store.record_execution({"stage": "a"})
    with (Path(store.url) / "executions.jsonl").open("a") as file:
        file.write('{"stage": "b", "sec')
    assert store.executions() == [{"stage": "a"}]
    store.record_execution({"stage": "c"})
    assert store.executions() == [{"stage": "a"}, {"stage": "c"}]


def _drafts(store: Store) -> list[str]:
    return sorted(path.name for path in (Path(store.url) / "drafts").iterdir())
