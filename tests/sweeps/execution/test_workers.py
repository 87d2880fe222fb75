"""Workers that are told to end, fail where others do not, or have nothing to do."""

from __future__ import annotations

import itertools
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import ray
from ray._private.ray_constants import AUTOSCALER_RESOURCE_REQUEST_CHANNEL
from ray.experimental import internal_kv

from sweeps.execution.client import ServiceClient
from sweeps.execution.job import Shape, StageStatus
from sweeps.spec.desired_state import DesiredState
from tests.sweeps.execution.conftest import attended, await_that, told
from tests.sweeps.execution.runners import BLIGHT, GATE
from tests.sweeps.execution.stages import evaluate, train
from xlt_core.testing.bench import RECIPE, assert_equal_bits, benches
from xlt_core.vocabulary.events import StageMoved, StageProgress, StageRetried, WorkerLeftOut
from xlt_core.vocabulary.pauses import Pauses

STEPS = 200


@pytest.fixture
def bench(tmp_path):
    """Makes benches: stages that are really trained, the data and encoder once for all."""
    return benches(tmp_path, tmp_path / "shared")


@pytest.fixture
def trainer(local_ray, bench, make_job):
    """A bench, and a client whose workers train into its store and never save by the clock."""
    here = bench()
    settings = replace(here.settings, checkpoint_seconds=1e9, log_steps=1)
    job = make_job(settings=settings, plugins=(), workers=1)
    client = ServiceClient(replace(job, store=str(here.root / "store")))
    client.heartbeat(DesiredState.RUN, 0, 0.01)
    yield here, client
    ray.kill(client.service)


def worker_pids(client):
    return [pid for name, pid in client.processes().items() if name != "service"]


def test_a_stage_goes_on_elsewhere_from_the_step_of_the_signal(trainer, bench):
    """No step is done twice, no try is used up, and the weights are those of an undisturbed run."""
    here, client = trainer
    stage = here.train("mnli", recipe=replace(RECIPE, steps=STEPS))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.compute, 0, [stage])
        await_that(lambda: told(client, StageProgress))
        (first,) = worker_pids(client)
        os.kill(first, signal.SIGTERM)
        assert answer.result()[0].status == StageStatus.DONE
    (moved,) = told(client, StageMoved)
    assert 0 < moved.step < STEPS and moved.worker.endswith(f":{first}")
    attempts = [(each["from_step"], each["to_step"]) for each in here.about(stage)["attempts"]]
    assert attempts == [(0, moved.step), (moved.step, STEPS)]
    assert not told(client, StageRetried)
    assert [entry["ended"] for entry in here.store.executions()] == ["moved", "done"]
    assert first not in worker_pids(client)
    undisturbed = bench()
    undisturbed.run(stage)
    assert_equal_bits(here.weights(stage), undisturbed.weights(stage))


def test_an_idle_worker_is_gone_at_once(trainer):
    """It is missed without being given work, and its place is another's when there is some."""
    here, client = trainer
    client.compute(0, [here.train("mnli")])
    (first,) = worker_pids(client)
    os.kill(first, signal.SIGTERM)
    await_that(lambda: not worker_pids(client))
    assert client.compute(1, [here.train("udpos")])[0].status == StageStatus.DONE
    assert not told(client, StageMoved) and not told(client, StageRetried)


@pytest.fixture
def client(local_ray, make_job):
    """A client of two workers that try again soon."""
    made = ServiceClient(make_job(pauses=Pauses(first=0.01, longest=0.01), max_attempts=3))
    made.heartbeat(DesiredState.RUN, 0, 0.01)
    await_that(lambda: len(worker_pids(made)) == 2)
    yield made
    ray.kill(made.service)


def test_a_worker_that_fails_what_others_do_is_left_out_and_named(client, make_job, tmp_path):
    """No trial fails of it, a sweep that comes later is told, and its place stays its own."""
    pids = worker_pids(client)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / BLIGHT).write_text(str(pids[0]))
    rounds = itertools.count()

    def left_out():
        stages = [train(f"task-{next(rounds)}") for _ in range(6)]
        assert {o.status for o in client.compute(0, stages)} == {StageStatus.DONE}
        return told(client, WorkerLeftOut)

    await_that(left_out)
    (named,) = told(client, WorkerLeftOut)
    assert named.worker.endswith(f":{pids[0]}") and named.stages >= 3 and not named.last
    assert "the store went away" in named.error
    before = len(told(client, StageRetried))
    assert not client.compute(1, [train(f"more-{n}") for n in range(6)])[0].error
    assert len(told(client, StageRetried)) == before
    assert set(worker_pids(client)) == set(pids)
    other = ServiceClient(make_job("another"))
    assert told(other, WorkerLeftOut) == [replace(named, at=pytest.approx(named.at, abs=1e3))]


def test_stages_that_fail_everywhere_leave_nobody_out(client):
    """They are at fault themselves; what comes after them finds every worker."""
    pids = worker_pids(client)
    bad = [train("away", "target", seed=seed) for seed in range(4)]
    outcomes = client.compute(0, [*bad, *evaluate(train("a", "target"), "en", "de")])
    assert [o.status for o in outcomes] == [StageStatus.INTERRUPTED] * 4 + [StageStatus.DONE] * 2
    client.compute(1, [train(f"task-{n}") for n in range(6)])
    assert not told(client, WorkerLeftOut) and set(worker_pids(client)) == set(pids)


@pytest.fixture
def client_of(local_ray, make_job):
    """Makes clients whose services end with the test."""
    with attended(make_job) as make:
        yield make


def requested(shape):
    """For how many workers of a shape Ray's autoscaler is asked to have room.

    What services of other tests asked for counts until it is stale: each test has its own shape.
    """
    found = internal_kv._internal_kv_get(AUTOSCALER_RESOURCE_REQUEST_CHANNEL)
    return -1 if found is None else json.loads(found).count(shape.resources)


def test_the_autoscaler_is_told_what_is_at_work_and_queued(client_of, tmp_path):
    """No more than `workers`, started as work comes; nothing when all is done."""
    shape = Shape(1, 0.0, 10**6)
    client = client_of(workers=2, ahead=1, shape=shape)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.compute, 0, [train("gated-0")])
        await_that(lambda: requested(shape) == 1)
        await_that(lambda: len(worker_pids(client)) == 1)
        more = pool.submit(client.compute, 1, [train(f"gated-{n}") for n in range(1, 5)])
        await_that(lambda: requested(shape) == 2)
        (tmp_path / "cache" / GATE).touch()
        assert {o.status for o in (*first.result(), *more.result())} == {StageStatus.DONE}
    await_that(lambda: requested(shape) == 0)


def test_what_a_killed_service_asked_for_is_cleared(client_of):
    """By the one that Ray starts in its place, when a driver speaks to it."""
    shape = Shape(1, 0.0, 2 * 10**6)
    client = client_of(workers=1, shape=shape)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.compute, 0, [train("gated")])
        await_that(lambda: requested(shape) == 1)
        client.heartbeat(DesiredState.STOP, 0, 0.01)
        os.kill(client.processes()["service"], signal.SIGKILL)
        await_that(lambda: client.heartbeat(DesiredState.STOP, 0, 0.01) or not requested(shape))
        assert answer.result()[0].status == StageStatus.STOPPED


def test_workers_with_nothing_to_do_are_let_go(client_of):
    """And are there again when there is something."""
    client = client_of(workers=2, idle_seconds=0.2)
    client.compute(0, [train(f"task-{n}") for n in range(4)])
    await_that(lambda: not worker_pids(client))
    assert client.compute(1, [train("another")])[0].status == StageStatus.DONE


def test_workers_with_nothing_to_do_give_way_to_others(client_of):
    """A node too small for workers of two shapes has them one after the other."""
    client = client_of(workers=1, shape=Shape(4), shapes={"evaluate": Shape(2)})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.compute, 0, evaluate(train("a"), "en"))
        await_that(answer.done)
        assert answer.result()[0].status == StageStatus.DONE
