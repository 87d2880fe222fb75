"""Where a sweep is submitted from to a cluster, and met again."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

XLT = Path(sys.executable).parent / "xlt"
SPEC = """\
encoder: lab-small
data: lab
intermediate: {{tasks: [lab-pairs], count: 0..1}}
targets: [{target}]
languages: [en, qla]
seeds: 1
recipe: {{train: {{steps: {steps}, batch_size: 16}}, target: {{steps: 5, batch_size: 16}}}}
search: {{method: grid}}
execution: {{checkpoint_seconds: 0.5}}
"""


def await_that(condition: Callable[[], bool]) -> None:
    """Wait for the cluster; the test's runner is what limits it."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.5)


class Laptop:
    """A folder, and an environment that knows the cluster."""

    def __init__(self, path: Path, environment: dict[str, str]) -> None:
        path.mkdir(parents=True)
        self.path = path
        self.environment = environment
        self.said = ""  # by all commands

    def xlt(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [XLT, *words],
            cwd=self.path,
            env=self.environment | more,
            capture_output=True,
            text=True,
        )
        self.said += done.stdout + done.stderr
        return done

    def python(self, script: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", script]
        return subprocess.run(
            command, cwd=self.path, env=self.environment, capture_output=True, text=True
        )

    def submit(self, name: str, steps: int = 5, target: str = "lab-nli", **more: str) -> str:
        (self.path / f"{name}.yaml").write_text(SPEC.format(steps=steps, target=target))
        done = self.xlt("submit", f"{name}.yaml", **more)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def state(self, name: str) -> str:
        return str(json.loads(self.xlt("status", name, "--json").stdout)["state"])

    def until(self, name: str, state: str) -> None:
        await_that(lambda: self.state(name) == state)

    def ray(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ray.scripts.scripts", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)
