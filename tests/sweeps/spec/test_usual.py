"""Places said once for all specs: the environment above the config file, a spec above both."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeps.spec.paths import SweepFolder, runs_place
from sweeps.spec.read import read_spec
from sweeps.spec.stored import read_stored_spec, write_spec
from sweeps.spec.usual import VARIABLES, usual
from xlt_core.vocabulary.errors import UserMistake

SPEC = {"name": "one", "encoder": "lab-small", "data": "lab", "targets": ["lab-nli"],
        "intermediate": {"tasks": ["lab-pairs"]}}  # fmt: skip
SAID = {
    "address": "http://head:8265",
    "runs": "s3://bucket/runs",
    "store": "s3://bucket/stages",
    "storage": "postgresql://me@host/xlt",
    "tracking": "http://host:5000",
}


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config file that is not there yet, and an environment that says nothing."""
    for variables in VARIABLES.values():
        for name in variables:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XLT_CONFIG", str(tmp_path / "config.yaml"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config.yaml"


def write(path: Path, said: dict[str, str]) -> None:
    path.write_text("".join(f"{name}: {value}\n" for name, value in said.items()))


def mistakes() -> str:
    with pytest.raises(UserMistake) as caught:
        read_spec(SPEC)
    return str(caught.value)


@pytest.mark.parametrize("name", VARIABLES)
class TestEverySetting:
    def test_the_file_says_it(self, config: Path, name: str) -> None:
        """And says nothing of what it does not name."""
        assert usual(name) is None
        write(config, {name: SAID[name]})
        assert usual(name) == SAID[name]
        assert all(usual(other) is None for other in VARIABLES if other != name)

    def test_each_variable_says_it_above_the_file(
        self, config: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        """Ours above those of Ray and MLflow."""
        write(config, {name: "https://elsewhere:1"})
        for variable in reversed(VARIABLES[name]):
            monkeypatch.setenv(variable, f"{SAID[name]}-{variable}")
            assert usual(name) == f"{SAID[name]}-{variable}"

    def test_what_is_no_place_is_a_mistake_with_its_line(self, config: Path, name: str) -> None:
        """A relative path would be another in each folder."""
        config.write_text(f"# mine\n{name}: here/or/there\n")
        assert f"{config}, line 2, {name}" in mistakes()


class TestOfSpecs:
    def test_a_spec_that_names_none_has_them(self, config: Path) -> None:
        """Said once for a cluster."""
        write(config, SAID)
        sweep = read_spec(SPEC)
        assert (sweep.store, sweep.storage, sweep.tracking) == (
            SAID["store"], SAID["storage"], SAID["tracking"],
        )  # fmt: skip
        assert runs_place() == SAID["runs"]

    def test_what_a_spec_names_stands_above(
        self, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Field by field."""
        write(config, SAID)
        monkeypatch.setenv("XLT_STORE", "s3://other/stages")
        sweep = read_spec({**SPEC, "store": "s3://own/stages"})
        assert (sweep.store, sweep.storage) == ("s3://own/stages", SAID["storage"])

    def test_a_mistake_names_what_said_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """And not a line of the spec, which says nothing."""
        monkeypatch.setenv("XLT_STORAGE", "studies")
        assert "XLT_STORAGE" in mistakes()

    def test_a_sweep_goes_on_with_the_places_it_began_with(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever is usual by then; and a password that a variable held is kept nowhere."""
        monkeypatch.setenv("XLT_STORAGE", "postgresql://me:canary7c1f@host/xlt")
        sweep = read_spec(SPEC)
        folder = SweepFolder(tmp_path / "runs" / "one")
        write_spec(folder, sweep)
        monkeypatch.setenv("XLT_STORAGE", "postgresql://me@another/xlt")
        assert read_stored_spec(folder).storage == sweep.storage
        assert "canary7c1f" not in (folder.path / "spec.yaml").read_text() + repr(sweep)


class TestTheFile:
    @pytest.mark.parametrize("text", ["", "\n# nothing yet\n\n"])
    def test_an_empty_one_says_nothing(self, config: Path, text: str) -> None:
        """As a file that somebody has just begun."""
        config.write_text(text)
        assert usual("store") is None

    def test_another_setting_is_a_mistake_that_names_the_nearest(self, config: Path) -> None:
        """All of them at once."""
        config.write_text("stor: /a\nwhatever: 1\n")
        said = mistakes()
        assert "did you mean store?" in said and "line 2, whatever" in said

    @pytest.mark.parametrize("content", [b"- a\n", b"store: [\n", b"\xff\xfe"])
    def test_what_cannot_be_read_is_a_mistake(self, config: Path, content: bytes) -> None:
        """With the file's name."""
        config.write_bytes(content)
        assert str(config) in mistakes()
