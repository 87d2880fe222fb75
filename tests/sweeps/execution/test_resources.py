"""How a sweep is staffed, and what is said where something is short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeps.execution.job import Shape
from sweeps.execution.resources import (
    GIBIBYTE,
    Staff,
    gpu_share,
    has_room,
    memory_complaint,
    shortage,
    staff,
)
from sweeps.spec.sweep import Execution
from xlt_core.vocabulary.errors import UserMistake

TWO_GPUS = {"CPU": 17.0, "GPU": 2.0}
ALL_HALF = {"all": 0.5}


class TestStaff:
    @pytest.mark.parametrize(
        ("execution", "total", "expected"),
        [
            (Execution(), {"CPU": 5.0}, Staff(4, Shape(1), "cpu")),
            (Execution(threads=2), {"CPU": 5.0}, Staff(2, Shape(2), "cpu")),
            (Execution(workers=9), {"CPU": 5.0}, Staff(9, Shape(1), "cpu")),
            (Execution(), {}, Staff(1, Shape(1), "cpu")),
            (Execution(), {"CPU": 17.0, "GPU": 2.0}, Staff(2, Shape(1, 1.0), "auto")),
            (Execution(device="cuda"), {"CPU": 17.0, "GPU": 2.0}, Staff(2, Shape(1, 1.0), "cuda")),
            (Execution(device="cpu"), {"CPU": 17.0, "GPU": 2.0}, Staff(16, Shape(1), "cpu")),
            (Execution(), {"CPU": 3.0, "GPU": 8.0}, Staff(2, Shape(1, 1.0), "auto")),
            (Execution(workers=1), {"CPU": 17.0, "GPU": 2.0}, Staff(1, Shape(1, 1.0), "auto")),
            (Execution(workers=4), {"CPU": 17.0, "GPU": 2.0}, Staff(4, Shape(1, 0.5), "auto")),
            (Execution(workers=6), {"CPU": 17.0, "GPU": 2.0}, Staff(6, Shape(1, 0.3333), "auto")),
        ],
    )
    def test_one_worker_a_gpu_unless_told_otherwise(self, execution, total, expected):
        """GPUs where Ray counts any, else cores; workers that are asked for share the GPUs."""
        assert staff(execution, total) == expected

    @pytest.mark.parametrize(
        ("execution", "total", "expected"),
        [
            (Execution(gpus=ALL_HALF), TWO_GPUS, Staff(4, Shape(1, 0.5), "auto")),
            (Execution(gpus=ALL_HALF, workers=9), TWO_GPUS, Staff(9, Shape(1, 0.5), "auto")),
            (Execution(gpus={"all": 0.3}), TWO_GPUS, Staff(6, Shape(1, 0.3), "auto")),
            (Execution(gpus={"all": 0.0}), TWO_GPUS, Staff(16, Shape(1), "cpu")),
            (Execution(gpus=ALL_HALF), {"CPU": 5.0}, Staff(4, Shape(1), "cpu")),
            (Execution(gpus=ALL_HALF, device="cpu"), TWO_GPUS, Staff(16, Shape(1), "cpu")),
            (
                Execution(gpus=ALL_HALF, workers=8, device="cuda"),
                {"CPU": 5.0},
                Staff(8, Shape(1, 0.5), "cuda"),
            ),
            (
                Execution(memory={"all": 2e9}),
                {"CPU": 9.0, "memory": 5e9},
                Staff(2, Shape(1, 0.0, 2 * 10**9), "cpu"),
            ),
            (
                Execution(gpus={"train": 1.0, "evaluate": 0.25}, memory={"train": 2e9}),
                {**TWO_GPUS, "memory": 5e9},
                Staff(
                    2,
                    Shape(1, 1.0, 2 * 10**9),
                    "auto",
                    {"evaluate": Shape(1, 0.25), "pretrained": Shape(1, 1.0)},
                ),
            ),
        ],
    )
    def test_what_a_stage_takes(self, execution, total, expected):
        """As the spec says, by kind; as many workers as that leaves room for. A GPU that a cluster
        has not got yet is waited for where GPUs, workers and cuda are asked for."""
        assert staff(execution, total) == expected

    def test_cuda_without_a_gpu_is_a_mistake(self):
        """It would wait for ever for a GPU that is not there."""
        with pytest.raises(UserMistake, match="Ray counts no GPU"):
            staff(Execution(device="cuda"), {"CPU": 5.0})

    @given(st.integers(1, 200), st.integers(1, 16))
    def test_shares_fit(self, workers, gpus):
        """As many workers as share a GPU take no more than all of it, and all find a place."""
        share = gpu_share(workers, gpus)
        places = int(1.0 / share + 1e-9)
        assert 0 < share * places <= 1.0 + 1e-9
        assert places * gpus >= workers


class TestMemory:
    @pytest.mark.parametrize(
        ("needed", "free", "total", "share", "words"),
        [
            (4, 20, 24, 1.0, ""),
            (12, 24, 24, 0.5, ""),
            (9, 3, 24, 1.0, "only 3.0 GiB of the GPU's memory are free"),
            (13, 24, 24, 0.5, "in a share of 0.5 of it: take fewer workers"),
            (30, 24, 24, 1.0, "the GPU has 24.0 GiB: take a smaller encoder"),
            (30, 24, 24, 0.5, "take a smaller encoder"),
        ],
    )
    def test_looked_at_before(self, needed, free, total, share, words):
        """Its own share, and what is free now."""
        sizes = (size * GIBIBYTE for size in (needed, free, total))
        found = memory_complaint(*sizes, share)
        assert words in found and bool(words) == bool(found)


TOTAL = {"CPU": 4.0, "GPU": 2.0, "memory": 8.0 * GIBIBYTE}


class TestShortage:
    @pytest.mark.parametrize(
        ("shape", "free", "words"),
        [
            (Shape(2), {"CPU": 0.5}, "2 CPU each; 0.5 of 4 CPUs free): other work holds it"),
            (Shape(8), {"CPU": 4.0}, "8 CPU each; 4 of 4 CPUs free): it is too small"),
            (Shape(1, 1.0), {"CPU": 4.0}, "1 CPU and 1 GPU each; 4 of 4 CPUs free, 0 of 2 GPUs"),
            (Shape(3), {"CPU": 4.0}, "no node has as much free at once"),
            (
                Shape(1, 0.0, 2 * GIBIBYTE),
                {"CPU": 4.0, "memory": GIBIBYTE},
                "(1 CPU and 2.0 GiB memory each; 4 of 4 CPUs free, 1.0 GiB of 8.0 GiB memory free)",
            ),
        ],
    )
    def test_says_what_is_waited_for(self, shape, free, words):
        """What each takes, what is free, and what may be done."""
        found = shortage(2, shape, TOTAL, free)
        assert found.startswith("2 workers wait for room on the cluster (") and words in found

    def test_room(self):
        """Of everything that it takes."""
        assert has_room(Shape(2, 0.5), {"CPU": 2.0, "GPU": 0.5})
        assert not has_room(Shape(2, 0.5), {"CPU": 2.0})
        assert not has_room(Shape(2), {"CPU": 1.5, "GPU": 1.0})

    def test_one_worker(self):
        """Is one."""
        assert shortage(1, Shape(), {}, {}).startswith("1 worker waits")
