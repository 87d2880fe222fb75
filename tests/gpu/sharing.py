"""Several stages on one device: tokens a second of all together.

A step of a small model is many short operations, and a device waits for the processor to name
them. What other stages, each in a process of its own as Ray has them, can take is the room between.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from tests.gpu.rows import Row
from tests.gpu.world import Machine

# How long rows are, and how many stages at once.
WORKLOADS = (("natural lengths", None, (1, 2, 4, 8)), ("length 128", 128, (1, 2, 4)))
STEPS = 80  # enough that those who began first and last do not matter much


def check(machine: Machine) -> Iterator[Row]:
    """The smallest real model, more and more of them at once."""
    size = machine.sizes[0]
    for name, length, counts in WORKLOADS[:1] if machine.small else WORKLOADS:
        alone = 0.0
        for count in counts[1:2] if machine.small else counts:
            rate = rate_of(machine, size, length, count)
            alone = alone or rate
            what = f"{count} × training {size}, {name}"
            yield Row("sharing", what, rate, "tokens/s")
            if count > 1 and not machine.small:
                yield Row("sharing", f"{what}: against one", rate / alone, "times")


def rate_of(machine: Machine, size: str, length: int | None, count: int) -> float:
    """Tokens a second of `count` processes; each is told to start when all of them are ready."""
    steps = 20 if machine.small else STEPS
    asked = json.dumps([str(machine.device), size, length, steps])
    command = [sys.executable, "-m", "tests.gpu.sharing", asked]
    root = Path(__file__).resolve().parents[2]
    threads = str(max(1, (os.cpu_count() or 1) // count))
    running = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root,
            env={**os.environ, "OMP_NUM_THREADS": threads},
        )
        for _ in range(count)
    ]  # fmt: skip
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    found = [json.loads(process.communicate()[0]) for process in running]
    return float(sum(found))


def train_when_told(device: torch.device, size: str, length: int | None, steps: int) -> float:
    """One process's part: its median tokens a second."""
    from tests.gpu.speed import BATCH, our_rates
    from tests.gpu.world import SIZES, make_split
    from xlt_core.kinds.classification import CLASSIFICATION

    split = make_split(CLASSIFICATION, steps * BATCH, length, SIZES[size][3])
    machine = Machine(device, device.type == "cpu")

    def wait() -> None:
        print("ready", flush=True)
        sys.stdin.readline()

    return statistics.median(our_rates(machine, size, split, 0.0, steps, wait))


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(train_when_told(torch.device(given[0]), *given[1:])))
