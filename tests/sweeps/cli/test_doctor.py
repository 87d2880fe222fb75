"""`xlt doctor` on this machine; on a cluster: tests/sweeps/test_submit.py."""

from __future__ import annotations

import json

import pytest

SPEC = """\
encoder: lab-small
data: lab
intermediate: {tasks: [lab-pairs], count: 0..1}
targets: [lab-nli]
search: {method: grid}
execution: {device: cpu}
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder of the test's own, where sweeps would be kept."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLT_RUNS", str(tmp_path / "runs"))
    return tmp_path


class TestDoctor:
    def test_it_looks_and_leaves_nothing(self, home, xlt):
        """At the usual places, as a table; nothing is made on the way."""
        said = xlt("doctor")
        assert said.code == 0, said.out + said.err
        assert "shared memory" in said.out and "python 3." in said.out
        assert list(home.iterdir()) == []

    def test_a_spec_is_looked_at_with_its_data(self, home, xlt):
        """As JSON: every check with what was found."""
        (home / "one.yaml").write_text(SPEC)
        said = xlt("doctor", "one.yaml", "--json")
        assert said.code == 0, said.out + said.err
        (node,) = json.loads(said.out)["nodes"]
        found = {check["check"]: check for check in node["checks"]}
        assert "lab has 4 of 4 splits" in found["data"]["found"]
        assert str(home / "runs" / "stages") in found["store"]["found"]
        assert "a worker takes" in found["memory"]["found"]

    def test_a_sweep_is_looked_at_by_its_name(self, made, xlt):
        """With the places and the data that it has."""
        found = json.loads(xlt("doctor", "made", "--json").out)["nodes"][0]["checks"]
        (store,) = [each["found"] for each in found if each["check"] == "store"]
        assert store.startswith(f"{made.store.url}: writes")

    def test_what_is_wrong_is_said_with_its_remedy(self, home, xlt):
        """And by the exit code."""
        (home / "one.yaml").write_text(SPEC.replace("cpu", "cuda"))
        said = xlt("doctor", "one.yaml", "--json")
        wrong = [
            each
            for each in json.loads(said.out)["nodes"][0]["checks"]
            if each["verdict"] == "wrong"
        ]
        assert said.code == (1 if wrong else 0)
        table = xlt("doctor", "one.yaml").out
        assert all(each["remedy"] in table for each in wrong)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["one", "two"], "looks at one spec or sweep"),
            (["nowhere"], "is not a sweep"),
            (["--hub"], "xlt doctor --hub TASK"),
            (["--address", "127.0.0.1:6379"], "write http://HOST:8265"),
        ],
    )
    def test_a_mistake_is_one_screen(self, home, xlt, words, said):
        """As of every command."""
        done = xlt("doctor", *words)
        assert done.code == 2 and said in done.err
