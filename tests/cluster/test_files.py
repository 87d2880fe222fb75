"""The files of `cluster/` are what the programs that read them want, and keep our own promises."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from tests.repository import ROOT

CLUSTER = ROOT / "cluster"
SCRIPTS = [CLUSTER / "local.sh", CLUSTER / "slurm" / "sweep.sbatch"]
PROGRAMS = Path(sys.executable).parent
RAYJOB = yaml.safe_load((CLUSTER / "kuberay" / "rayjob.yaml").read_text(encoding="utf-8"))["spec"]
NODES = RAYJOB["rayClusterSpec"]
HEAD = NODES["headGroupSpec"]["template"]["spec"]
WORKERS = {group["groupName"]: group for group in NODES["workerGroupSpecs"]}
LAUNCHER = yaml.safe_load((CLUSTER / "vm" / "ray.yaml").read_text(encoding="utf-8"))
SECRET = re.compile(r"(?i)password|secret|token|credential|access_key")


def said(*command: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + (f"exit code {done.returncode}" if done.returncode else "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_sound(script: Path) -> None:
    assert said("bash", "-n", script) == ""
    assert said(PROGRAMS / "shellcheck", script) == ""
    assert script.stat().st_mode & 0o111 and len(script.read_text().splitlines()) < 200


def test_the_image_is_sound() -> None:
    assert said(PROGRAMS / "hadolint", CLUSTER / "Dockerfile") == ""


def test_the_image_has_what_it_copies_and_only_that() -> None:
    """What is not let into the build cannot be copied."""
    copied = re.findall(r"^COPY (.+) \S+$", (CLUSTER / "Dockerfile").read_text(), re.M)
    names = {name for line in copied for name in line.split()}
    let_in = (CLUSTER / "Dockerfile.dockerignore").read_text().splitlines()
    assert names == {line[1:] for line in let_in if line.startswith("!")}
    assert let_in[0] == "*" and all((ROOT / name).exists() for name in names)


def test_the_image_runs_as_nobody_special_at_pinned_versions() -> None:
    text = (CLUSTER / "Dockerfile").read_text()
    assert re.findall(r"^USER (\d+)$", text, re.M)[-1] != "0"
    installs = re.findall(r"pip install [^&\n]*", text.replace("\\\n", " "))
    assert len(installs) == 2 and all("--constraint constraints.txt" in each for each in installs)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = re.search(r'"\.\[(.+)\]"', text)
    assert named and set(named[1].split(",")) <= extras["optional-dependencies"].keys()


def test_one_version_of_ray() -> None:
    assert NODES["rayVersion"] == ray.__version__


def templates() -> Iterator[tuple[str, dict]]:
    yield "head", HEAD
    for name, group in WORKERS.items():
        yield name, group["template"]["spec"]


@pytest.mark.parametrize(("name", "pod"), templates(), ids=lambda value: str(value)[:4])
def test_pods_have_what_they_need(name: str, pod: dict) -> None:
    """Not root; as much as is asked for; the store, the spec; secrets from a Secret."""
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["resources"]["requests"] == container["resources"]["limits"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }
    assert container["envFrom"] == [{"secretRef": {"name": "xlt"}}]
    assert "env" not in container


def test_workers_come_and_go_on_spot_machines() -> None:
    assert NODES["enableInTreeAutoscaling"] is True
    assert WORKERS.keys() == {"cpu", "gpu"}
    for group in WORKERS.values():
        pod = group["template"]["spec"]
        assert group["minReplicas"] == 0 < group["maxReplicas"]
        assert "xlt/spot" in [toleration["key"] for toleration in pod["tolerations"]]
        assert pod["terminationGracePeriodSeconds"] >= 60
    gpus = WORKERS["gpu"]["template"]["spec"]["containers"][0]
    assert gpus["resources"]["limits"]["nvidia.com/gpu"] == "1" and "cuda" in gpus["image"]


def test_the_head_stays() -> None:
    """Neither on a spot machine nor busy with stages nor moved; nor is who submits."""
    assert "tolerations" not in HEAD
    assert NODES["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for template in (NODES["headGroupSpec"]["template"], RAYJOB["submitterPodTemplate"]):
        kept = template["metadata"]["annotations"]
        assert kept["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"


def test_a_lost_head_is_noticed_and_the_sweep_resumed() -> None:
    assert RAYJOB["submissionMode"] == "K8sJobMode"
    assert RAYJOB["backoffLimit"] > 0 and RAYJOB["submitterConfig"]["backoffLimit"] > 0
    assert RAYJOB["entrypoint"].startswith("xlt run ") and "--yes" in RAYJOB["entrypoint"]


def test_authentication_is_on() -> None:
    assert NODES["authOptions"] == {"mode": "token"}
    assert "--env RAY_AUTH_MODE=token" in LAUNCHER["docker"]["run_options"]
    assert "RAY_AUTH_MODE=token" in SCRIPTS[1].read_text()
    assert all("disabled" not in path.read_text() for path in CLUSTER.rglob("*.yaml"))


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, str(value)


@pytest.mark.parametrize("content", [RAYJOB, LAUNCHER], ids=["rayjob", "launcher"])
def test_no_secret_stands_in_a_file(content: dict) -> None:
    """Of a secret there is a name or a path; never a value, nor an address with a password."""
    for path, value in leaves(content):
        assert not re.search(r"://[^/\s]*:[^/\s]*@", value), path
        for assigned in re.findall(r"(\w+)=(\S+)", value):
            if SECRET.search(assigned[0]):
                assert "/" in assigned[1], path


def test_the_launcher_file_is_as_ray_wants_it() -> None:
    """By Ray's own schema and checks, its defaults filled in."""
    validate_config(prepare_config(LAUNCHER))


def test_the_launcher_rents_spot_machines_for_workers_alone() -> None:
    types = LAUNCHER["available_node_types"]
    assert "InstanceMarketOptions" not in types[LAUNCHER["head_node_type"]]["node_config"]
    assert types[LAUNCHER["head_node_type"]]["resources"] == {"CPU": 0}
    for name in ("cpu", "gpu"):
        assert types[name]["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
        assert types[name]["min_workers"] == 0
    assert types["gpu"]["resources"]["GPU"] == 1
