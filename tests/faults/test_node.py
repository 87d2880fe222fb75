"""A node lost with everything on it: its stage is computed on another one, and nobody notices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import ray
from ray.cluster_utils import Cluster
from ray.core.generated import autoscaler_pb2

from sweeps.execution.client import ServiceClient
from sweeps.execution.cluster import quiet_environment
from sweeps.execution.job import StageStatus, SweepJob
from sweeps.spec.desired_state import DesiredState
from tests.faults.processes import gone, kill
from tests.sweeps.execution.conftest import BEFALLING, await_that, told
from tests.sweeps.execution.runners import GATE
from tests.sweeps.execution.stages import evaluate, train
from xlt_core.stage import Settings
from xlt_core.stages import lineage
from xlt_core.store import Store
from xlt_core.vocabulary.events import StageMoved, StageRetried

QUICK_TO_NOTICE = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 4,
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head without room for workers and two nodes with room for one each."""
    quiet_environment()
    head = {
        "num_cpus": 0,
        "include_dashboard": False,
        "object_store_memory": 100 * 1024 * 1024,
        "_system_config": QUICK_TO_NOTICE,
    }
    made = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        made.add_node(num_cpus=1, object_store_memory=100 * 1024 * 1024)
    made.wait_for_nodes()
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def node_of(worker: int) -> list[psutil.Process]:
    """The raylet that a worker's process belongs to, and all it started, the worker among them."""
    raylet = next(p for p in psutil.Process(worker).parents() if p.name() == "raylet")
    return [raylet, *raylet.children(recursive=True)]


@pytest.mark.fault
def test_a_lost_node_costs_its_stage_another_attempt(cluster: Cluster, tmp_path: Path) -> None:
    """kill -9 of the raylet and its workers: each stage is published once, by another node."""
    settings = Settings(cache=tmp_path / "cache", executor={"sweep": "one"})
    job = SweepJob("one", str(tmp_path / "stages"), settings, plugins=(BEFALLING,))
    client = ServiceClient(job)
    stages = evaluate(train("a", "gated", "target"), "en", "de")
    client.heartbeat(DesiredState.RUN, 0, 0.01)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.compute, 0, stages)
        await_that(lambda: list((tmp_path / "cache").glob("began-*")))
        (worker,) = (pid for name, pid in client.processes().items() if name != "service")
        lost = node_of(worker)
        kill(lost)
        assert not list(gone(lost))
        (tmp_path / "cache" / GATE).touch()
        assert [outcome.status for outcome in answer.result()] == [
            StageStatus.DONE,
            StageStatus.DONE,
        ]
        (successor,) = (pid for name, pid in client.processes().items() if name != "service")
    assert successor not in {process.pid for process in lost}
    ended = [entry["key"] for entry in Store(tmp_path / "stages").executions()]
    assert sorted(ended) == sorted(
        {*(s.key for s in stages), *(s.key for s in trained_for(stages))}
    )
    ray.kill(client.service)


@pytest.mark.fault
def test_a_node_that_is_to_go_is_left_before(cluster: Cluster, tmp_path: Path) -> None:
    """Drained, as a spot machine is with notice: what is trained there goes on elsewhere, from the
    step it was in, and its worker is gone long before its time; the node follows where Ray has
    nothing else there."""
    settings = Settings(cache=tmp_path / "cache", executor={"sweep": "one"})
    job = SweepJob("one", str(tmp_path / "stages"), settings, plugins=(BEFALLING,))
    client = ServiceClient(job)
    client.heartbeat(DesiredState.RUN, 0, 0.01)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.compute, 0, [train("gated")])
        await_that(lambda: list((tmp_path / "cache").glob("began-*")))
        (worker,) = (pid for name, pid in client.processes().items() if name != "service")

        going = next(p for p in psutil.Process(worker).parents() if p.name() == "raylet")
        cluster.add_node(num_cpus=1, object_store_memory=100 * 1024 * 1024)
        drain(
            next(node["NodeID"] for node in ray.nodes() if node["NodeID"] in str(going.cmdline()))
        )
        await_that(lambda: told(client, StageMoved))
        (tmp_path / "cache" / GATE).touch()
        assert answer.result()[0].status == StageStatus.DONE
    (moved,) = told(client, StageMoved)
    assert (moved.step, moved.worker.endswith(f":{worker}")) == (1, True)
    assert not told(client, StageRetried)
    await_that(lambda: not psutil.pid_exists(worker))
    ray.kill(client.service)


def drain(node: str) -> None:
    """Say that a node is to go in ten minutes, as what runs a cluster of spot machines does."""
    accepted, why = ray._private.worker.global_worker.gcs_client.drain_node(
        node,
        autoscaler_pb2.DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION"),
        "the machine is taken away",
        int(time.time() * 1000) + 600_000,
    )
    assert accepted, why


def trained_for(stages):
    """The stages that were trained for these evaluations."""
    return lineage(stages[0].trained)
