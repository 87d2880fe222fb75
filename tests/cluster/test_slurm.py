"""What the Slurm script does with its allocation, told from what it asks of Slurm, Ray and xlt."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.repository import ROOT

SCRIPT = ROOT / "cluster" / "slurm" / "sweep.sbatch"
NOTE = 'echo "$(basename "$0") $*" >> "$CALLS"\n'
# A step lives until it is ended, as `ray start --block` does.
UNTIL_ENDED = """\
sleep 1000 > /dev/null 2>&1 &
trap 'echo "{0} ended" >> "$CALLS"; kill $!; exit {1}' TERM
{2}wait $!
"""
# The driver begins once there are nodes; who reads the pipe learns that it is at work.
DRIVER = """\
until [[ "$(grep -c '^srun -' "$CALLS")" -eq "$STEPS" ]]; do sleep 0.05; done
[[ -z "${ENDS:-}" ]] || exit "$ENDS"
"""
PROGRAMS = {
    "srun": UNTIL_ENDED.format("srun", 0, NOTE),
    "scontrol": NOTE + '[[ "$1" != show ]] || printf "first\\nsecond\\nthird\\n"\n',
    "ray": "exit 0\n",  # health-check: the head is there
    "xlt": NOTE + DRIVER + UNTIL_ENDED.format("xlt", 3, 'echo began > "$BEGAN"\n'),
}


class Allocation:
    """A folder with programs of that name, and the script started among them."""

    def __init__(self, folder: Path, nodes: int, **environment: str) -> None:
        self.folder, self.calls, self.began = folder, folder / "calls", folder / "began"
        os.mkfifo(self.began)
        for name, text in PROGRAMS.items():
            program = folder / name
            program.write_text(f"#!/usr/bin/env bash\n{text}")
            program.chmod(0o755)
        path = {"PATH": f"{folder}:{os.environ['PATH']}"}
        slurm = {"SLURM_JOB_ID": "4711", "SLURM_JOB_NUM_NODES": str(nodes)}
        slurm |= {"SLURM_JOB_NODELIST": "nodes", "SLURM_CPUS_PER_TASK": "4"}
        own = {"CALLS": str(self.calls), "BEGAN": str(self.began), "HOME": str(folder)}
        own["STEPS"] = str(min(nodes, 2))
        self.process = subprocess.Popen(
            ["bash", SCRIPT, "sweep.yaml", "--retry-failed"],
            env={**os.environ, **path, **slurm, **own, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip

    def await_driver(self) -> None:
        assert self.began.read_text() == "began\n"

    def ended(self) -> tuple[int, list[str]]:
        said, _ = self.process.communicate()
        calls = self.calls.read_text().splitlines()
        assert not list(self.folder.glob(".xlt-slurm-*")), said  # the token is gone
        return self.process.returncode, calls


def test_ray_is_started_on_every_node_and_the_sweep_run(tmp_path: Path) -> None:
    """The head on the first node, workers on the others; one command begins and resumes."""
    code, calls = Allocation(tmp_path, 3, ENDS="0").ended()
    head, others = sorted(c for c in calls if c.startswith("srun -"))
    assert "--nodelist=first" in head and "--head --node-ip-address=first" in head
    assert "--exclude=first" in others and "--ntasks=2" in others and "--address=first:" in others
    port = head.partition("--port=")[2].split()[0]
    assert f"xlt run sweep.yaml --retry-failed --address first:{port} --yes" in calls
    assert code == 0 and not [call for call in calls if "requeue" in call]
    assert calls.count("srun ended") == 2


def test_one_node_has_no_others(tmp_path: Path) -> None:
    code, calls = Allocation(tmp_path, 1, ENDS="0").ended()
    assert code == 0 and len([call for call in calls if call.startswith("srun -")]) == 1


@pytest.mark.parametrize("code", [1, 2, 70])
def test_how_the_sweep_ended_is_how_the_job_ends(tmp_path: Path, code: int) -> None:
    """A mistake in the spec is not queued again for ever."""
    found, calls = Allocation(tmp_path, 2, ENDS=str(code)).ended()
    assert found == code and not [call for call in calls if "requeue" in call]


@pytest.mark.parametrize("asked", [signal.SIGUSR1, signal.SIGTERM])
def test_a_preempted_job_ends_its_driver_gently_and_queues_itself(tmp_path, asked) -> None:
    """The driver first, which has checkpoints written; the nodes after it; then the queue."""
    allocation = Allocation(tmp_path, 2)
    allocation.await_driver()
    allocation.process.send_signal(asked)  # to the batch shell alone, as `B:` says
    code, calls = allocation.ended()
    ends = [call for call in calls if call.endswith("ended") or "requeue" in call]
    assert ends == ["xlt ended", "srun ended", "srun ended", "scontrol requeue 4711"]
    assert code == 0


def test_no_token_on_a_command_line_or_in_the_log(tmp_path: Path) -> None:
    allocation = Allocation(tmp_path, 2)
    allocation.await_driver()
    (file,) = tmp_path.glob(".xlt-slurm-4711-*/token")
    token = file.read_text()
    assert len(token) == 64 and file.stat().st_mode & 0o777 == 0o600
    allocation.process.send_signal(signal.SIGTERM)
    said, _ = allocation.process.communicate()
    assert token not in said + allocation.calls.read_text()


def test_slurm_is_asked_for_a_warning_and_a_second_turn() -> None:
    asked = [line for line in SCRIPT.read_text().splitlines() if line.startswith("#SBATCH")]
    assert "#SBATCH --requeue" in asked and "#SBATCH --signal=B:USR1@120" in asked
    assert "#SBATCH --open-mode=append" in asked  # else the second turn's log is all there is
