"""The specs that are shipped, and the schema editors complete them by."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweeps.spec.read import read_spec
from sweeps.spec.schema import Spec, spec_schema
from sweeps.spec.sweep import Execution, Objective, Search, Sweep
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.languages import get_language

SPECS = Path(__file__).parents[3] / "sweeps" / "specs"
OFFLINE = [path for path in sorted(SPECS.rglob("*.yaml")) if "small" not in path.parts]


class TestShipped:
    @pytest.mark.parametrize("path", OFFLINE, ids=[str(p.relative_to(SPECS)) for p in OFFLINE])
    def test_reads_without_a_mistake(self, path: Path):
        """A spec that is shipped is a spec that works."""
        assert read_spec(path).intermediate.counts[0] == 0

    @pytest.mark.shared
    @pytest.mark.parametrize("path", sorted((SPECS / "small").glob("*.yaml")), ids=lambda p: p.stem)
    def test_small_specs_read_beside_the_real_data(self, path: Path, monkeypatch):
        """They are started from the project's root."""
        monkeypatch.chdir(SPECS.parents[1])
        assert Path(read_spec(path).data).is_dir()

    @pytest.mark.parametrize("path", sorted((SPECS / "small").glob("*.yaml")), ids=lambda p: p.stem)
    def test_where_the_real_data_are_not_a_screen_says_what_runs_without(
        self, path: Path, monkeypatch, tmp_path: Path
    ):
        """As in a clone alone; what is named is there, and says of itself that it needs none."""
        copy = tmp_path / "clone" / "sweeps" / "specs" / "small" / path.name
        copy.parent.mkdir(parents=True)
        copy.write_bytes(path.read_bytes())
        monkeypatch.chdir(tmp_path / "clone")
        with pytest.raises(UserMistake) as caught:
            read_spec(copy)
        of_data, of_encoder = sorted(caught.value.mistakes, key=lambda mistake: mistake.what)
        assert "there is no folder '../shared/data'" in of_data.what
        assert "XTREME-R's download" in str(of_data.remedy)
        assert "sweeps/specs/quickstart.yaml runs without" in str(of_data.remedy)
        assert read_spec(SPECS / "quickstart.yaml").data == "lab"
        assert "lab-tiny" in str(of_encoder.remedy)

    def test_names_are_unique(self):
        """Specs of one name would share a folder."""
        names = [yaml.safe_load(p.read_text()).get("name", p.stem) for p in SPECS.rglob("*.yaml")]
        assert len(set(names)) == len(names)

    def test_the_quickstart_is_small(self):
        """Ten plans of short stages: two or three minutes on two cores, pretraining included."""
        sweep = read_spec(SPECS / "quickstart.yaml")
        assert (sweep.encoder, sweep.data, sweep.search.method) == ("lab-tiny", "lab", "grid")
        assert all(sweep.recipe[role]["steps"] <= 60 for role in ("train", "target"))

    @pytest.mark.shared
    def test_the_small_spec_covers_families(self, monkeypatch):
        """Each of its targets is scored in twelve languages of six families at least."""
        monkeypatch.chdir(SPECS.parents[1])
        for target in read_spec(SPECS / "small" / "first.yaml").targets:
            assert target.languages is not None
            assert len(target.languages) >= 12
            assert len({get_language(code).family for code in target.languages}) >= 6


class TestSchema:
    def test_it_names_every_field(self):
        """What editors offer is what is read."""
        schema = spec_schema()
        assert set(schema["properties"]) == {"extends", *Spec.model_fields}
        assert schema["additionalProperties"] is False
        assert schema["required"] == ["intermediate", "targets"]

    def test_every_field_is_described(self):
        """A newcomer sees what a field is for."""
        definitions = [spec_schema(), *spec_schema()["$defs"].values()]
        parts = [part for part in definitions if part.get("title") != "TargetPart"]
        for part in parts:
            for name, field in part.get("properties", {}).items():
                assert field.keys() & {"description", "$ref"}, name

    def test_tasks_are_completed(self):
        """Editors offer the tasks there are."""
        text = str(spec_schema())
        assert all(name in text for name in ("'mnli'", "'xnli'", "'tpe'"))

    @pytest.mark.parametrize(
        ("section", "value"),
        [("search", Search), ("objective", Objective), ("execution", Execution)],
    )
    def test_sections_hold_the_fields_of_their_values(self, section: str, value: Any):
        """The name in the YAML and in the code agree."""
        part = Spec.model_fields[section].annotation
        assert part is not None
        assert list(part.model_fields) == [field.name for field in fields(value)]

    def test_the_sweep_holds_the_fields_of_the_spec(self):
        """All but `languages`, which is settled into the targets."""
        written = set(Spec.model_fields) - {"languages"}
        assert written == {field.name for field in fields(Sweep)} - {"source", "places"}
