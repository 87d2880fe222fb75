"""Looking at this machine: every check says something, none holds the others up."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from sweeps.execution.checks import table
from sweeps.execution.checks.check import Check, Finding, LookedAt, Subject, Verdict
from sweeps.execution.checks.looking import look
from xlt_core.vocabulary.refs import EncoderRef, SourceRef


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    """A sweep on the lab whose places are in a folder of the test's own."""
    (tmp_path / "stages").mkdir()
    return Subject(
        store=str(tmp_path / "stages"),
        storage=f"sqlite:///{tmp_path}/study.db",
        tracking=f"sqlite:///{tmp_path}/mlflow.db",
        source=SourceRef("lab"),
        cells=(("lab-nli", "en", "train"), ("lab-nli", "", "test")),
        encoders=(EncoderRef("lab-small", "", "lab-small"),),
        training_bytes=1_000_000,
        device="cpu",
    )


def of(findings: tuple[Finding, ...], check: str) -> Finding:
    """The one finding of a check."""
    (found,) = [each for each in findings if each.check == check]
    return found


def alone(check: str, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> Finding:
    """What one check finds, the others left out."""
    monkeypatch.setattr(
        "sweeps.execution.checks.looking.CHECKS", {check: table.CHECKS[check]}, raising=True
    )
    return of(look(subject), check)


class TestTable:
    def test_every_check_answers_and_leaves_nothing(self, subject: Subject, tmp_path: Path) -> None:
        """On a machine that computes this very test, none of them finds a thing wrong."""
        found = look(subject)
        assert {each.check for each in found} == set(table.CHECKS)
        assert [each for each in found if each.verdict == Verdict.WRONG] == []
        there = [path for path in tmp_path.rglob("*") if path.name not in ("stages", "drafts")]
        assert there == []

    def test_a_beginning_waits_for_few_of_them(self, subject: Subject) -> None:
        """Those that a sweep needs: its places, its data, its memory, the same versions."""
        found = {each.check for each in look(subject, preflight=True)}
        wanted = {"versions", "store", "MLflow", "data", "encoder", "memory", "GPU"}
        assert found == wanted

    def test_a_machine_without_workers_needs_no_memory(self, subject: Subject) -> None:
        """Ray counts no CPU on many a head: its store is looked at, its memory is not."""
        found = {each.check for each in look(replace(subject, cpus=0.0), preflight=True)}
        assert "store" in found and "memory" not in found and "data" not in found

    def test_what_hangs_or_breaks_holds_up_nobody(
        self, subject: Subject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is said to have given no answer; an error is said as one, without its secrets."""
        never = threading.Event()

        def hangs(subject: Subject) -> tuple[Finding, ...]:
            never.wait()
            return ()

        def breaks(subject: Subject) -> tuple[Finding, ...]:
            raise RuntimeError("at postgresql://me:canary7c1f@host/x")

        checks = {"hanging": Check(hangs), "broken": Check(breaks)}
        checks["open files"] = table.CHECKS["open files"]
        monkeypatch.setattr("sweeps.execution.checks.looking.CHECKS", checks)
        found = look(subject, seconds=0.3)
        never.set()
        assert of(found, "hanging").verdict == Verdict.WRONG
        assert "no answer within 0.3 s" in of(found, "hanging").found
        assert "RuntimeError" in of(found, "broken").found
        assert "canary7c1f" not in of(found, "broken").found
        assert of(found, "open files").verdict != Verdict.WRONG

    def test_all_travels_as_text(self, subject: Subject) -> None:
        """What is asked and what was found; passwords stay behind."""
        asked = replace(subject, passwords={"XLT_STORE_PASSWORD": "canary7c1f"})
        assert "canary7c1f" not in asked.to_text()
        assert Subject.from_text(asked.to_text()) == subject
        hub = replace(subject, source=SourceRef("hub", revisions=(("some/thing", "c0ffee"),)))
        assert Subject.from_text(hub.to_text()) == hub
        looked = LookedAt("node1", (Finding(Verdict.WARNING, "slow", "mend", "store", {"a": "b"}),))
        assert LookedAt.from_json(looked.to_json()) == looked


class TestChecks:
    """What is wrong is said with what to do, a check at a time."""

    def test_a_store_that_is_another(
        self, subject: Subject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """The mark of whoever drives the sweep is not there: the folder is each machine's own."""
        found = alone("store", replace(subject, mark="mark.elsewhere"), monkeypatch)
        assert found.verdict == Verdict.WRONG and "another place" in found.found
        assert "share that folder" in found.remedy
        gone = replace(subject, mark="mark.elsewhere", store=str(tmp_path / "gone"))
        found = alone("store", gone, monkeypatch)
        assert found.verdict == Verdict.WRONG and "is not there" in found.found

    def test_a_store_that_is_not_there_yet(
        self, subject: Subject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """Where no sweep has begun, the first one makes it: looking does not."""
        fresh = replace(subject, store=str(tmp_path / "runs" / "stages"))
        found = alone("store", fresh, monkeypatch)
        assert found.verdict == Verdict.OK and "can be made" in found.found
        assert not (tmp_path / "runs").exists()

    def test_a_small_node_of_a_cluster_stops_nobody(
        self, subject: Subject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ray knows what a worker asks for, and places it on a larger one."""
        node = replace(subject, memory=10**15, cpus=4.0)
        found = alone("memory", node, monkeypatch)
        assert found.verdict == Verdict.WARNING and "execution.memory asks" in found.found

    @pytest.mark.parametrize(
        ("change", "check", "said"),
        [
            ({"source": SourceRef("folder", "/nowhere/data")}, "data", "is not there"),
            ({"cells": (("lab-nli", "xx", "test"),)}, "data", "lacks lab-nli/xx/test"),
            ({"encoders": (EncoderRef("x", "", "/nowhere/x"),)}, "encoder", "is not there"),
            (
                {"encoders": (EncoderRef("some/x", "", "some/x", "c0ffee"),)},
                "encoder",
                "not in the hub's cache",
            ),
            (
                {"source": SourceRef("hub", revisions=(("some/thing", "c0ffee"),))},
                "data",
                "some/thing",
            ),
            ({"training_bytes": 10**15}, "memory", "a worker takes"),
            ({"memory": 10**15}, "memory", "execution.memory asks for"),
            ({"device": "cuda", "gpus": 1.0}, "GPU", "nvidia-smi tells of none"),
            ({"device": "cuda", "gpus": 1.0}, "torch", "built for CPU"),
            ({"storage": "postgresql://127.0.0.1:9/x"}, "study", "cannot be reached"),
            ({"storage": "nothing://x"}, "study", "nothing"),
        ],
    )
    def test_what_a_machine_lacks(
        self,
        subject: Subject,
        monkeypatch: pytest.MonkeyPatch,
        change: dict[str, object],
        check: str,
        said: str,
    ) -> None:
        monkeypatch.setenv("PATH", "")  # no GPU, wherever this runs
        found = alone(check, replace(subject, **change), monkeypatch)  # type: ignore[arg-type]
        assert found.verdict == Verdict.WRONG and said in found.found, found

    def test_mlflow_that_is_away(self, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
        """A port where nobody listens; a password that is none of its business."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        away = replace(subject, tracking=f"http://me:canary7c1f@127.0.0.1:{port}")
        found = alone("MLflow", away, monkeypatch)
        assert found.verdict == Verdict.WRONG and "is not reached" in found.found
        assert "canary7c1f" not in found.found + found.remedy and found.remedy

    def test_mlflows_place_that_is_another_programs(
        self, subject: Subject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "mlflow.db").write_text("not a database, but long enough to be read as one\n")
        found = alone("MLflow", subject, monkeypatch)
        assert found.verdict == Verdict.WRONG and "no database of MLflow" in found.found
