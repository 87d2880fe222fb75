"""The table of checks, in the order they are shown. A new one is a file and a line."""

from __future__ import annotations

from sweeps.execution.checks.check import Check
from sweeps.execution.checks.clock import clock
from sweeps.execution.checks.data import data, encoder
from sweeps.execution.checks.disk import disk, shared_memory
from sweeps.execution.checks.hub import hub
from sweeps.execution.checks.memory import gpu_memory, memory
from sweeps.execution.checks.open_files import open_files
from sweeps.execution.checks.store import store, store_is_there
from sweeps.execution.checks.study import study
from sweeps.execution.checks.torch_build import torch_build
from sweeps.execution.checks.tracking import tracking
from sweeps.execution.checks.versions import versions

CHECKS: dict[str, Check] = {
    "versions": Check(versions, versions),
    "torch": Check(torch_build, of_workers=True),
    "store": Check(store, store_is_there),
    "study": Check(study),
    "MLflow": Check(tracking, tracking),
    "disk": Check(disk),
    "shared memory": Check(shared_memory),
    "open files": Check(open_files),
    "clock": Check(clock),
    "hub": Check(hub),
    "data": Check(data, data, of_workers=True),
    "encoder": Check(encoder, encoder, of_workers=True),
    "memory": Check(memory, memory, of_workers=True),
    "GPU": Check(gpu_memory, gpu_memory, of_workers=True),
}
