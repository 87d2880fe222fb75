"""Text in a spec that is none: YAML's escapes can write half a surrogate pair, and NUL."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweeps.cli.faults import guarded
from sweeps.spec.overlays import load_layers
from sweeps.spec.source_map import parse_document
from xlt_core.vocabulary.errors import UserMistake


class TestTextThatIsNone:
    """No path, file or screen takes half a surrogate pair or NUL."""

    FIELDS = (
        "name: {}",
        "encoder: {}",
        "data: {}",
        "data: {{folder: {}}}",
        "extends: {}",
        "storage: {}",
        "store: {}",
        "tracking: {}",
        "targets: [{}]",
        "{}: 1",
    )

    @pytest.mark.parametrize("text", [r'"a\ud800b"', r'"a\0b"', r'"\udc80"'])
    @pytest.mark.parametrize("field", FIELDS)
    def test_is_a_mistake_with_its_line(self, field: str, text: str):
        with pytest.raises(UserMistake) as caught:
            parse_document("# a spec\n" + field.format(text), "wild.yaml")
        (mistake,) = caught.value.mistakes
        assert mistake.where.startswith("wild.yaml, line 2")
        assert "surrogate" in mistake.what or "NUL" in mistake.what

    @pytest.mark.parametrize("text", [r'encoder="\ud800"', r'name="\0"', "\udcff=3", "name=\udcff"])
    def test_is_a_mistake_of_set_too(self, text: str, tmp_path: Path):
        path = tmp_path / "spec.yaml"
        path.write_text("name: x", encoding="utf-8")
        with pytest.raises(UserMistake, match="--set"):
            load_layers(path, [text])

    def test_whole_pairs_are_text(self):
        assert parse_document(r'name: "\U0001F600"', "wild.yaml").data == {"name": "\U0001f600"}


def test_a_fault_is_reported_whatever_its_arguments_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """An argument that is no UTF-8 reaches the program as half surrogate pairs."""
    monkeypatch.setenv("XLT_RUNS", str(tmp_path))

    def fail() -> None:
        raise ZeroDivisionError("a\udcffb")

    assert guarded(fail, ["plan", "\udcff.yaml"]) == 70
    (log,) = tmp_path.glob("xlt-error-*.log")
    assert "\\udcff.yaml" in log.read_text(encoding="utf-8")
