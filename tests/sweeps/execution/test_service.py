"""The stage service: every stage once, whoever asks, whatever dies."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import ray

from sweeps.execution.client import ServiceClient, answering
from sweeps.execution.desired import DesiredStateWatch
from sweeps.execution.heartbeat import MEANINGS, DriverHeartbeat
from sweeps.execution.job import Shape, StageOutcome, StageStatus
from sweeps.spec import desired_state
from sweeps.spec.desired_state import DesiredState
from sweeps.spec.paths import SweepFolder
from tests.sweeps.execution.conftest import attended, await_that, told
from tests.sweeps.execution.runners import BUGS, GATE, MENDED
from tests.sweeps.execution.stages import evaluate, train
from tests.xlt_core.stages.members import ApartStage, AverageStage
from xlt_core.stages import lineage
from xlt_core.store import Store
from xlt_core.vocabulary.events import (
    KINDS,
    Message,
    Phase,
    StageCancelledEvent,
    StageRetried,
    SweepWaits,
    WorkerFailed,
    Workers,
)
from xlt_core.vocabulary.pauses import Pauses


def finished(tmp_path: Path) -> Counter[str]:
    """How often each stage was computed to its end."""
    entries = Store(tmp_path / "stages").executions()
    return Counter(entry["key"] for entry in entries if entry["ended"] == "done")


QUICK = Pauses(first=0.01, growth=2.0, longest=0.05)


@pytest.fixture
def client_of(local_ray, make_job):
    """A function that makes a client, attended, whose service ends with the test."""
    with attended(make_job, pauses=QUICK) as make:
        yield make


def of_stages(client):
    """Stages that the sweep has been told of so far; of workers, which all share, all are told."""
    return {event.stage for _, event in client.heartbeat(DesiredState.RUN, 0, 0.01) if event.stage}


class TestSingleFlight:
    """Stages are shared."""

    def test_eight_racing_trials_execute_each_stage_once(self, client, tmp_path):
        """Executed ÷ distinct is 1.00 when all ask at once."""
        plans = [("a",), ("a", "b"), ("b",), ("b", "a"), ("a", "c"), ("c",), ("a", "b"), ("a",)]
        requests = [evaluate(train(*plan, "target"), "en", "de") for plan in plans]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(client.compute, range(8), requests))
        assert all(o.status == StageStatus.DONE for answer in answers for o in answer)
        distinct = {s.key for request in requests for stage in request for s in _needs(stage)}
        assert finished(tmp_path) == Counter(dict.fromkeys(distinct, 1))

    def test_two_sweeps_on_one_store_share(self, client, make_job, tmp_path):
        """A second sweep's request joins the first's."""
        stages = evaluate(train("gated", "target"), "en")
        other = ServiceClient(make_job("two"))
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(client.compute, 0, stages)
            await_that(lambda: list((tmp_path / "cache").glob("began-*")))
            second = pool.submit(other.compute, 0, stages)
            (tmp_path / "cache" / GATE).touch()
            assert first.result()[0].status == second.result()[0].status == StageStatus.DONE
        assert set(finished(tmp_path).values()) == {1}

    def test_what_the_store_has_is_not_computed_again(self, client, tmp_path):
        """A second request is answered from the store, scores and all."""
        stages = evaluate(train("a", "target"), "en", "de")
        first, again = client.compute(0, stages), client.compute(1, stages)
        assert [o.answer for o in again] == [o.answer for o in first]
        assert [o.executed for o in again] == [False, False]

    def test_pruned_weights_are_trained_again(self, client, tmp_path):
        """A parent that vanished behind the service's back is no dead end."""
        trained = train("a", "target")
        client.compute(0, evaluate(trained, "en"))
        store = Store(tmp_path / "stages")
        store.prune(0, dry_run=False)
        assert client.compute(1, evaluate(trained, "en", "de"))[1].status == StageStatus.DONE


class TestKinds:
    """The service asks of no stage which kind it is."""

    def test_a_stage_of_several_parents_waits_for_all_of_them(self, client_of, tmp_path):
        """Each once, whatever shares them; answers of any kind come back, again from the store."""
        client = client_of()
        first, second = train("a", "target"), train("a", "b", "target")
        mean = AverageStage((first, second))
        wanted = [*evaluate(mean, "en", "de"), ApartStage(mean, second)]
        outcomes = client.compute(0, wanted)
        assert [o.status for o in outcomes] == [StageStatus.DONE] * 3
        assert outcomes[-1].answer == {"of": "apart"}
        distinct = {needed.key for stage in wanted for needed in lineage(stage)}
        assert finished(tmp_path) == Counter(dict.fromkeys(distinct, 1))
        again = client.compute(1, wanted)
        assert [o.answer for o in again] == [o.answer for o in outcomes]

    def test_a_failed_parent_fails_whoever_starts_from_it(self, client):
        """And its other children's siblings go on."""
        good, bad = train("a", "target"), train("broken", "target")
        failed, done = client.compute(
            0, [*evaluate(AverageStage((good, bad)), "en"), *evaluate(good, "en")]
        )
        assert (failed.status, done.status) == (StageStatus.FAILED, StageStatus.DONE)
        assert "loss is nan" in failed.error


class TestFailure:
    """What fails, fails alone."""

    @pytest.mark.parametrize("task", ["broken", "mistaken"])
    def test_a_stages_own_error_is_not_tried_again(self, client, tmp_path, task):
        """The error reaches the trials that need the stage, and only those."""
        bad, good = evaluate(train(task, "target"), "en"), evaluate(train("a", "target"), "en")
        (failed, done) = client.compute(0, [*bad, *good])
        assert (failed.status, done.status) == (StageStatus.FAILED, StageStatus.DONE)
        assert "loss is nan" in failed.error or "no such label" in failed.error
        tried = [e for e in Store(tmp_path / "stages").executions() if e["ended"] == "failed"]
        assert len(tried) == 1

    @pytest.mark.parametrize("task", BUGS)
    def test_a_bug_of_a_plug_in_is_not_tried_again(self, client, tmp_path, task):
        """The first line of the error says what and where in the plug-in."""
        (failed,) = client.compute(0, evaluate(train(task, "target"), "en"))
        assert failed.status == StageStatus.FAILED
        assert str(BUGS[task]) in failed.first_line
        assert re.search(r"\(.*runners\.py, line \d+\)$", failed.first_line)
        assert not told(client, StageRetried)

    def test_a_machines_fault_is_tried_again(self, client):
        """A disk that went away once does not fail the trial."""
        assert (
            client.compute(0, evaluate(train("flaky", "target"), "en"))[0].status
            == StageStatus.DONE
        )

    @pytest.mark.parametrize(
        ("task", "status", "pauses"),
        [
            ("away", StageStatus.INTERRUPTED, (1, 2)),
            ("unreached", StageStatus.INTERRUPTED, (1, 2)),
            ("odd", StageStatus.FAILED, (1, 1)),
        ],
    )
    def test_attempts_are_bounded(self, client_of, task, status, pauses):
        """`max_attempts` tries, then the error says so; a machine's fault is no verdict."""
        client = client_of(max_attempts=3)
        (outcome,) = client.compute(0, evaluate(train(task, "target"), "en"))
        assert outcome.status == status and "3 attempts" in outcome.error
        retried = told(client, StageRetried)
        assert [event.pause for event in retried] == [QUICK.after(n) for n in pauses]
        ended = told(client, KINDS[f"stage_{status}"])
        assert ended and {event.error for event in ended} == {outcome.error}

    def test_what_a_machines_fault_interrupted_is_computed_later(self, client_of, tmp_path):
        """Nothing of it stays behind."""
        client = client_of(max_attempts=2)
        stages = evaluate(train("away", "target"), "en", "de")
        assert {o.status for o in client.compute(0, stages)} == {StageStatus.INTERRUPTED}
        (tmp_path / "cache" / MENDED).touch()
        assert {o.status for o in client.compute(0, stages)} == {StageStatus.DONE}

    def test_a_pause_ends_with_the_wish(self, client_of, tmp_path):
        """Nobody waits ten minutes for a pause that is over for him."""
        client = client_of(pauses=Pauses(first=600.0, longest=600.0))
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.compute, 0, evaluate(train("away", "target"), "en"))
            await_that(lambda: told(client, StageRetried))
            client.heartbeat(DesiredState.CANCEL, 0, 0.01)
            assert answer.result()[0].status == StageStatus.STOPPED

    def test_a_full_disk_is_waited_out(self, client_of, tmp_path):
        """It uses up no tries, is said once, and keeps other stages from meeting it too."""
        client = client_of(max_attempts=1)
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(client.compute, 0, evaluate(train("full", "target"), "en"))
            await_that(lambda: len(told(client, StageRetried)) > 2)
            other = pool.submit(client.compute, 1, evaluate(train("a", "target"), "en"))
            await_that(lambda: len(told(client, StageRetried)) > 6)
            assert not other.done() and not finished(tmp_path)
            (tmp_path / "cache" / MENDED).touch()
            assert first.result()[0].status == other.result()[0].status == StageStatus.DONE
        (waiting,) = told(client, SweepWaits)
        assert "a disk is full" in waiting.text
        assert any("room on the disk again" in e.text for e in told(client, Message))

    def test_stages_waiting_for_room_go_on_with_the_first(self, client_of, tmp_path):
        """Whoever finds room first wakes the others, however long their pauses have grown."""
        client = client_of(pauses=Pauses(first=0.05, growth=1e6, longest=600.0), workers=1)
        plans = [train("full", "target", seed=seed) for seed in range(3)]
        with ThreadPoolExecutor(3) as pool:
            answers = [
                pool.submit(client.compute, n, evaluate(plan, "en")) for n, plan in enumerate(plans)
            ]
            await_that(lambda: told(client, SweepWaits))
            (tmp_path / "cache" / MENDED).touch()
            assert {answer.result()[0].status for answer in answers} == {StageStatus.DONE}


class TestStaff:
    """Workers come, cannot come, and go."""

    @pytest.mark.parametrize(
        ("plugin", "status", "words"),
        [
            ("incomplete", StageStatus.FAILED, "has no attribute 'missing'"),
            ("nowhere", StageStatus.FAILED, "No module named"),
            ("dying", StageStatus.INTERRUPTED, "was lost"),
        ],
    )
    def test_a_worker_that_cannot_start(self, client_of, plugin, status, words):
        """It is reported with its error, tried so often, and its stages end with that error."""
        client = client_of(max_attempts=2, workers=1, plugins=(f"tests.sweeps.execution.{plugin}",))
        (outcome,) = client.compute(0, evaluate(train("a", "target"), "en"))
        assert outcome.status == status
        assert "no worker could be started in 2 attempts" in outcome.error
        assert words in outcome.error
        failed = told(client, WorkerFailed)
        assert [event.attempt for event in failed][:2] == [1, 2]
        assert all(words in event.error for event in failed)

    @pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="this node's torch finds one")
    def test_a_node_whose_torch_finds_no_gpu(self, client_of, make_job):
        """`cuda` is asked for: it is the node's fault, no stage's, and no trial fails of it."""
        job = make_job(max_attempts=1, workers=1)
        settings = replace(job.settings, device="cuda")
        client = client_of(max_attempts=1, workers=1, settings=settings)
        (outcome,) = client.compute(0, evaluate(train("a", "target"), "en"))
        assert outcome.status == StageStatus.INTERRUPTED
        assert "torch finds no GPU on this node" in outcome.error

    @pytest.mark.parametrize("store", ["stages", "elsewhere"])
    def test_workers_leave_when_no_sweep_wants_them(self, client_of, make_job, tmp_path, store):
        """Their place on the cluster is another sweep's, of another shape, on any store."""
        client = client_of(grace_seconds=0.05)
        client.compute(0, evaluate(train("a", "target"), "en"))
        job = make_job("whole", shape=Shape(threads=4), workers=1)
        whole = ServiceClient(replace(job, store=str(tmp_path / store)))
        client.leave()
        await_that(lambda: len(client.processes()) == 1)
        assert whole.compute(0, evaluate(train("b", "target"), "en"))[0].status == StageStatus.DONE
        ray.kill(whole.service)

    def test_workers_stay_for_a_sweep_that_comes_back(self, client_of, make_job):
        """Within the grace, the next sweep finds them warm."""
        client = client_of(grace_seconds=600.0)
        client.compute(0, evaluate(train("a", "target"), "en"))
        before = client.processes()
        client.leave()
        again = ServiceClient(make_job("two"))
        again.compute(0, evaluate(train("b", "target"), "en"))
        assert before.items() <= again.processes().items()

    def test_what_is_waited_for_is_said(self, client_of):
        """A worker that finds no room says what it takes and what is free."""
        client = client_of(shape=Shape(threads=99), workers=2, notices=QUICK)
        await_that(lambda: told(client, SweepWaits))
        text = told(client, SweepWaits)[0].text
        assert text.startswith("2 workers wait for room") and "it is too small" in text


@pytest.mark.fault
class TestKill:
    """kill -9."""

    def test_a_killed_worker_is_replaced_and_nobody_notices(self, client, tmp_path):
        """The stage is tried elsewhere; its trial sees only a later answer."""
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.compute, 0, evaluate(train("gated", "target"), "en"))
            await_that(lambda: list((tmp_path / "cache").glob("began-*")))
            pids = client.processes()
            for name, pid in pids.items():
                if name != "service":
                    os.kill(pid, signal.SIGKILL)
            (tmp_path / "cache" / GATE).touch()
            assert answer.result()[0].status == StageStatus.DONE
        assert set(finished(tmp_path).values()) == {1}

    def test_a_killed_service_comes_back_and_clients_ask_again(self, client, tmp_path):
        """Ray restarts it under its name; nothing finished is computed again."""
        client.compute(0, evaluate(train("a", "target"), "en"))
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.compute, 1, evaluate(train("a", "gated"), "en"))
            await_that(lambda: list((tmp_path / "cache").glob("began-*")))
            os.kill(client.processes()["service"], signal.SIGKILL)
            (tmp_path / "cache" / GATE).touch()
            assert answer.result()[0].status == StageStatus.DONE
        assert set(finished(tmp_path).values()) == {1}

    @pytest.mark.parametrize("how", ["taken over", "removed"])
    def test_a_lease_lost_while_computing_stops_the_stage(self, client, tmp_path, how):
        """At its next report; it is begun again when the stage is free, and nothing failed."""
        with ThreadPoolExecutor(1) as pool:
            (stage,) = evaluate(train("gated", "target"), "en")
            answer = pool.submit(client.compute, 0, [stage])
            await_that(lambda: list((tmp_path / "cache").glob("began-*")))
            (began,) = (tmp_path / "cache").glob("began-*")
            store, key = Store(tmp_path / "stages"), began.name.removeprefix("began-")
            (tmp_path / "stages" / "leases" / f"{key}.json").unlink()
            other = store.lease(key, "another") if how == "taken over" else None
            await_that((tmp_path / "cache" / f"stopped-{key}").exists)
            if other is not None:
                began.unlink()
                other.release()
            await_that(began.exists)
            (tmp_path / "cache" / GATE).touch()
            assert answer.result()[0].status == StageStatus.DONE
        assert set(finished(tmp_path).values()) == {1}
        assert [e["ended"] for e in store.executions() if e["key"] == key] == ["done"]


class TestWishes:
    """pause, stop, cancel."""

    def test_what_is_wished_is_said_when_it_is_heard(self, client_of, tmp_path):
        """A paused sweep that says nothing looks like one that hangs."""
        said = []
        words = [DesiredState.PAUSE, DesiredState.RUN, DesiredState.STOP]

        def note(event):
            if isinstance(event, Phase):  # of workers is told as well
                said.append(event.text)

        with DriverHeartbeat(client_of(), DesiredStateWatch(SweepFolder(tmp_path)), note):
            for word in words:
                desired_state.request(SweepFolder(tmp_path), word)
                await_that(lambda word=word: said and said[-1] == MEANINGS[word])
        assert said == [MEANINGS[word] for word in words]

    def test_stop_lets_running_stages_finish_and_begins_nothing(self, client, tmp_path):
        """The running stage is published, its child is not begun."""
        trained = train("gated", "target")
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.compute, 0, evaluate(trained, "en"))
            await_that(lambda: list((tmp_path / "cache").glob("began-*")))
            client.heartbeat(DesiredState.STOP, 0, 0.01)
            (tmp_path / "cache" / GATE).touch()
            assert answer.result()[0].status == StageStatus.STOPPED
        assert set(finished(tmp_path)) == {trained.parent.key}

    def test_cancel_ends_running_stages(self, client, tmp_path):
        """Nothing is published, and the request returns without the gate ever opening."""
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.compute, 0, evaluate(train("gated", "target"), "en"))
            await_that(lambda: list((tmp_path / "cache").glob("began-*")))
            client.heartbeat(DesiredState.CANCEL, 0, 0.01)
            assert answer.result()[0].status == StageStatus.STOPPED
        assert not finished(tmp_path)
        left = [e.begun for e in told(client, StageCancelledEvent)]
        assert sorted(left) == [False, False, True]

    def test_workers_are_told_as_they_become_ready(self, client):
        """The first of them, and when all are there."""
        client.compute(0, evaluate(train("a", "target"), "en"))
        await_that(lambda: len(client.processes()) == 3)
        counts = [(e.ready, e.of) for e in told(client, Workers)]
        assert counts == [(1, 2), (2, 2)]

    def test_pause_begins_nothing_until_it_is_lifted(self, client, tmp_path):
        """A paused sweep's request waits; lifting the pause answers it."""
        client.heartbeat(DesiredState.PAUSE, 0, 0.01)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.compute, 0, evaluate(train("a", "target"), "en"))
            await_that(lambda: client.processes().keys() >= {"worker-0"})
            assert not finished(tmp_path) and not answer.done()
            client.heartbeat(DesiredState.RUN, 0, 0.01)
            assert answer.result()[0].status == StageStatus.DONE

    @pytest.mark.parametrize(("name", "folder"), [("two", ""), ("one", "another")])
    def test_a_stage_another_sweep_wants_survives_a_cancel(
        self, client, make_job, tmp_path, name, folder
    ):
        """Cancelling one sweep takes nothing from the other, were it of the same name."""
        stages = evaluate(train("gated", "target"), "en")
        other = ServiceClient(make_job(name, folder=folder))
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(client.compute, 0, stages)
            await_that(lambda: list((tmp_path / "cache").glob("began-*")))
            second = pool.submit(other.compute, 0, stages)
            await_that(
                lambda: other.heartbeat(DesiredState.RUN, 0, 0.05)
            )  # hears of the stage: has joined
            client.heartbeat(DesiredState.CANCEL, 0, 0.01)
            (tmp_path / "cache" / GATE).touch()
            assert second.result()[0].status == StageStatus.DONE
            first.result()
        assert set(finished(tmp_path).values()) == {1}

    def test_one_of_two_of_a_name_leaves_alone(self, client, make_job, tmp_path):
        """What happens to one is not told to the other's driver, and its going ends nothing."""
        other = ServiceClient(make_job(folder="another"))
        other.heartbeat(DesiredState.RUN, 0, 0.01)
        client.compute(0, evaluate(train("a", "target"), "en"))
        assert client.heartbeat(DesiredState.RUN, 0, 0.05)
        assert not of_stages(other)
        client.leave()
        assert other.compute(0, evaluate(train("b", "target"), "en"))[0].status == StageStatus.DONE


class TestOneName:
    """Two folders with a sweep of one name, on one cluster and one store."""

    def test_a_cancel_ends_its_own_sweep_alone(self, client_of, make_job, tmp_path):
        """Each has its own trial 0; the other's stages go on to their end."""
        one = client_of(folder="1" * 16)
        two = ServiceClient(make_job(folder="2" * 16))
        others = train("gated-too", "target")
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(one.compute, 0, evaluate(train("gated", "target"), "en"))
            second = pool.submit(two.compute, 0, evaluate(others, "en"))
            await_that(lambda: len(list((tmp_path / "cache").glob("began-*"))) == 2)
            one.heartbeat(DesiredState.CANCEL, 0, 0.01)
            assert first.result()[0].status == StageStatus.STOPPED
            one.leave()
            two.heartbeat(DesiredState.RUN, 0, 0.01)
            (tmp_path / "cache" / GATE).touch()
            assert second.result()[0].status == StageStatus.DONE
        assert not (tmp_path / "cache" / f"stopped-{others.parent.key}").exists()

    def test_a_stage_that_the_namesake_wants_survives(self, client_of, make_job, tmp_path):
        """Both trials 0 wait for one stage: they are two waiters, not one."""
        stages = evaluate(train("gated", "target"), "en")
        one = client_of(folder="1" * 16)
        two = ServiceClient(make_job(folder="2" * 16))
        with ThreadPoolExecutor(2) as pool:
            pool.submit(one.compute, 0, stages)
            await_that(lambda: list((tmp_path / "cache").glob("began-*")))
            second = pool.submit(two.compute, 0, stages)
            await_that(
                lambda: two.heartbeat(DesiredState.RUN, 0, 0.05)
            )  # hears of the stage: has joined
            one.heartbeat(DesiredState.CANCEL, 0, 0.01)
            one.leave()
            (tmp_path / "cache" / GATE).touch()
            assert second.result()[0].status == StageStatus.DONE
        assert set(finished(tmp_path).values()) == {1}

    def test_each_hears_of_its_own_stages(self, client_of, make_job):
        """No event of one is in the other's journal, and each desired is its own."""
        one = client_of(folder="1" * 16)
        two = ServiceClient(make_job(folder="2" * 16))
        two.heartbeat(DesiredState.PAUSE, 0, 0.01)
        assert one.compute(0, evaluate(train("a", "target"), "en"))[0].status == StageStatus.DONE
        assert not of_stages(two)
        two.compute(0, evaluate(train("b", "target"), "en"))
        heard = {client: of_stages(client) for client in (one, two)}
        assert all(heard.values()) and not heard[one] & heard[two]


def _needs(stage):
    return (*lineage(stage.trained), stage)


class TestWhatComputes:
    """Nothing that one sweep brings along computes for another, nor is taken for its answer."""

    def test_each_set_of_plug_ins_has_a_service_of_its_own(self, make_job):
        """And each code of it; without any there is the one that always was."""
        jobs = [
            make_job(plugins=()),
            make_job(plugins=("one",)),
            make_job(plugins=("one",), code="a" * 64),
            make_job(plugins=("one",), code="b" * 64),
        ]
        assert len({job.service for job in jobs}) == len(jobs)
        assert make_job("another", plugins=()).service == jobs[0].service

    def test_a_cluster_with_other_code_computes_nothing(self, client_of):
        """The plug-in is there and is another."""
        client = client_of(code="0" * 64)
        (outcome,) = client.compute(0, evaluate(train("a", "target"), "en"))
        assert outcome.status == StageStatus.FAILED
        assert "not as where the sweep is run from" in outcome.error

    def test_an_answer_under_another_key_is_none(self):
        """Whatever the cluster computed, it is not what was asked for."""
        (stage,) = evaluate(train("a", "target"), "en")
        right = StageOutcome(stage.key, StageStatus.DONE, answer={"accuracy": 1.0})
        assert answering(stage, right) is right
        wrong = answering(stage, replace(right, key="0" * 64))
        assert wrong.status == StageStatus.FAILED and wrong.answer is None
        assert wrong.key == stage.key and "other code" in wrong.error
