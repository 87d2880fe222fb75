"""What stages take of a cluster's GPUs and memory, as Ray counts them; no GPU is touched."""

from __future__ import annotations

import json

import pytest

from sweeps.execution.job import Shape, StageStatus
from tests.sweeps.conftest import small_ray
from tests.sweeps.execution.conftest import attended, await_that, told
from tests.sweeps.execution.stages import evaluate, train
from xlt_core.vocabulary.events import SweepWaits
from xlt_core.vocabulary.pauses import Pauses

MEMORY = 10**9


@pytest.fixture(scope="module")
def one_gpu(template):
    """A cluster with one GPU by Ray's count, and memory for three workers."""
    with small_ray(template, num_cpus=8, num_gpus=1, _memory=3 * MEMORY):
        yield


@pytest.fixture
def client_of(one_gpu, make_job):
    """Makes clients whose services end with the test."""
    with attended(make_job, notices=Pauses(first=0.01, longest=0.2)) as make:
        yield make


def seen(tmp_path):
    """What the process of each stage of task `shown` saw, by kind of stage."""
    files = (tmp_path / "cache").glob("saw-*.json")
    found = [json.loads(path.read_text()) for path in files]
    return {kind: [one for one in found if one["kind"] == kind] for kind in ("train", "evaluate")}


def waiting(client):
    """What workers are said to wait for."""
    return [event.text for event in told(client, SweepWaits)]


def test_two_stages_share_a_gpu(client_of, tmp_path):
    """And no third is there beside them."""
    client = client_of(shape=Shape(1, 0.5), workers=3)
    await_that(lambda: len(client.processes()) == 3)
    await_that(
        lambda: any("0.5 GPU each" in text and "0 of 1 GPUs" in text for text in waiting(client))
    )
    client.compute(0, [train("shown", seed=seed) for seed in range(6)])
    saw = seen(tmp_path)["train"]
    assert {one["gpus"] for one in saw} == {"0"}
    assert len(client.processes()) == 3


def test_kinds_of_stages_take_what_is_said_of_them(client_of, tmp_path):
    """Training has the GPU, evaluation none of it, and each the device that goes with that."""
    client = client_of(shape=Shape(1, 1.0), shapes={"evaluate": Shape(1)}, workers=1)
    outcomes = client.compute(0, evaluate(train("shown"), "en", "de", task="shown"))
    assert {outcome.status for outcome in outcomes} == {StageStatus.DONE}
    saw = seen(tmp_path)
    assert [(one["gpus"], one["device"]) for one in saw["train"]] == [("0", "auto")]
    assert {one["device"] for one in saw["evaluate"]} == {"cpu"}
    assert len(client.processes()) == 3


def test_memory_is_kept_for_workers(client_of):
    """Ray counts it: the fourth finds no room."""
    client = client_of(shape=Shape(1, 0.0, MEMORY), workers=4)
    await_that(lambda: len(client.processes()) == 4)
    await_that(lambda: any("0.9 GiB memory each" in text for text in waiting(client)))
    assert len(client.processes()) == 4
