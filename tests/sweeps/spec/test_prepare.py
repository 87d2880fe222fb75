"""Preflight: what a sweep needs is opened before anything is trained, or named all at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sweeps.spec.inputs import ResolvedInputs, read_prepared, write_prepared
from sweeps.spec.names import encoder_names
from sweeps.spec.paths import SweepFolder
from sweeps.spec.prepare import prepare
from sweeps.spec.read import read_spec
from sweeps.spec.sweep import Sweep
from xlt_core.models.encoders import lab_folder
from xlt_core.vocabulary.errors import UserMistake

NLI_ROWS = ["a man sleeps\tsomeone sleeps\tentailment", "a man sleeps\ta dog runs\tneutral"]
SPEC = """\
encoder: {encoder}
data: {{folder: {data}}}
intermediate: {{tasks: [qqp]}}
targets: [xnli]
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A small folder of data: XNLI in two languages (one without dev), MNLI, QQP."""
    folder = tmp_path / "data"
    _write(folder / "mnli" / "train-en.tsv", NLI_ROWS, "premise\thypothesis\tlabel")
    rows = ["is it so?\tis that so?\tduplicate", "why?\twhen?\tnot_duplicate"]
    _write(folder / "qqp" / "train-en.tsv", rows, "sentence1\tsentence2\tlabel")
    for name in ("dev-en", "test-en", "test-sw"):
        _write(folder / "xnli" / f"{name}.tsv", NLI_ROWS)
    return folder


def _write(path: Path, rows: Sequence[str], header: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"id\t{header}"] if header else []
    lines += [f"{number}\t{row}" if header else row for number, row in enumerate(rows)]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def prepare_with(data: Path, write: Callable[..., Path]) -> Callable[..., ResolvedInputs]:
    """Preflight of the small folder, with overrides."""

    def run(*overrides: str, encoder: str = "lab-small") -> ResolvedInputs:
        return prepare(read_spec(write(SPEC.format(encoder=encoder, data=data)), overrides))

    return run


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch) -> None:
    """The lab's encoder is made once for these tests and not in the user's home."""
    monkeypatch.setenv("XLT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def report_of(
    run: Callable[..., ResolvedInputs], *overrides: str, encoder: str = "lab-small"
) -> str:
    with pytest.raises(UserMistake) as caught:
        run(*overrides, encoder=encoder)
    return str(caught.value)


class TestPrepare:
    def test_everything_needed_is_referred_to_and_nothing_else(self, prepare_with):
        """Training splits in English, evaluation splits in every language that has them."""
        prepared = prepare_with()
        assert set(prepared.data) == {
            ("qqp", "en", "train"),
            ("mnli", "en", "train"),
            ("xnli", "en", "dev"),
            ("xnli", "en", "test"),
            ("xnli", "sw", "test"),
        }
        assert prepared.source.kind == "folder"
        assert [ref.language for ref in prepared.evaluated("xnli", "test")] == ["en", "sw"]

    def test_languages_without_dev_are_noted(self, prepare_with):
        """They are scored on test alone."""
        assert "xnli has no dev data in sw" in prepare_with().notes

    def test_languages_without_any_data_are_noted(self, prepare_with, data: Path):
        """One line a target, those of the task alone; who names languages asks for these."""
        (note,) = (note for note in prepare_with("targets=[xnli]").notes if "not scored" in note)
        assert note.startswith("xnli is not scored in ar bg de el es fr hi ru th tr ")
        assert note.endswith(": the folder has no such data") and " sw " not in note
        named = prepare_with("targets={xnli: [en, sw]}").notes
        assert not any("not scored" in note for note in named)
        with pytest.raises(UserMistake, match="xnli has no test in 'de' here"):
            prepare_with("targets={xnli: [de, en]}")

    def test_english_dev_is_there_where_it_selects(self, prepare_with):
        """A sweep on Swahili alone is selected on English all the same."""
        cells = set(prepare_with("targets=[{xnli: [sw]}]").data)
        assert ("xnli", "en", "dev") in cells
        assert ("xnli", "en", "test") not in cells

    def test_overlap_is_flagged(self, prepare_with):
        """Tasks that share text with a target, with the reason."""
        (flag,) = prepare_with("intermediate.tasks=[qqp, mnli]").overlaps
        assert (flag.intermediate, flag.target) == ("mnli", "xnli")
        assert "XNLI" in flag.reason

    def test_overlap_can_be_left_out_and_says_so(self, prepare_with):
        """`overlap: exclude` names what it leaves out."""
        prepared = prepare_with("intermediate={tasks: [qqp, mnli], overlap: exclude}")
        assert any("mnli is left out" in note for note in prepared.notes)

    def test_leaving_out_all_is_refused(self, prepare_with):
        """Nothing but the baseline would be left."""
        report = report_of(prepare_with, "intermediate={tasks: [mnli], overlap: exclude}")
        assert "every intermediate task shares text" in report

    def test_what_was_found_comes_back(self, prepare_with, tmp_path: Path):
        """Written to the sweep's folder and read again."""
        prepared, folder = prepare_with("intermediate.tasks=[qqp, mnli]"), SweepFolder(tmp_path)
        write_prepared(folder, prepared)
        assert read_prepared(folder) == prepared
        assert read_prepared(folder).identity() == prepared.identity()

    def test_content_is_the_identity(self, prepare_with, data: Path):
        """A changed row changes it; where the folder lies does not."""
        before = prepare_with().identity()
        _write(data / "xnli" / "dev-en.tsv", NLI_ROWS[::-1])
        after = prepare_with().identity()
        changed = {cell for cell in before["data"] if before["data"][cell] != after["data"][cell]}
        assert changed == {"xnli/en/dev"}


class TestMistakes:
    def test_all_that_is_missing_is_named_at_once(self, prepare_with, data: Path, tmp_path: Path):
        """The encoder, a training split, a language, each with the path it should have."""
        (data / "qqp" / "train-en.tsv").unlink()
        (tmp_path / "empty").mkdir()
        report = report_of(
            prepare_with, "targets=[{xnli: [en, tr]}]", encoder=str(tmp_path / "empty")
        )
        assert "config.json" in report
        assert str(data / "qqp") in report
        assert "test-tr.tsv" in report

    def test_an_encoder_that_cannot_be_trained_is_named(self, prepare_with, tmp_path: Path):
        """Its weights are looked into, and lengths are held against its positions."""
        assert "300 tokens for qqp, lab-small has 128 positions" in report_of(
            prepare_with, "recipe.train.max_length=300"
        )
        folder = shutil.copytree(lab_folder("lab-small"), tmp_path / "encoder")
        (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
        assert "Git LFS pointer" in report_of(prepare_with, encoder=str(folder))

    @pytest.mark.parametrize(("slip", "name"), [("lab-tinny", "lab-tiny"), ("mmbert", "mbert")])
    def test_a_slip_in_an_encoders_name(self, prepare_with, slip: str, name: str):
        """All names there are, the likest first; the hub may have one of that name, so it is asked
        first."""
        report = report_of(prepare_with, encoder=slip)
        assert f"small.yaml, line 1, encoder: {slip}" in report
        assert f"did you mean {name}? there are: {name}, " in report
        assert all(one in report for one in encoder_names())

    @pytest.mark.parametrize("role", ["train", "target"])
    def test_an_encoder_without_that_many_layers_is_named(self, prepare_with, role: str):
        """Before a worker meets it."""
        prepare_with(f"recipe.{role}.freeze=layers:2")
        report = report_of(prepare_with, f"recipe.{role}.freeze=layers:99")
        assert f"recipe.{role}.freeze: 'layers:99': the encoder has 2 layers" in report
        assert "write layers:2 or fewer" in report

    def test_a_target_without_any_data_is_named(self, prepare_with):
        """Not silently left out."""
        report = report_of(prepare_with, "targets=[xnli, udpos]", "objective.languages=all")
        assert "udpos in" in report
        assert "no dev or test data in any language" in report

    def test_selection_on_english_needs_english(self, prepare_with, data: Path):
        """And says what to do where there is none."""
        (data / "xnli" / "dev-en.tsv").rename(data / "xnli" / "dev-sw.tsv")
        report = report_of(prepare_with)
        assert "no target has English dev data to select on (xnli has sw)" in report
        assert "objective.languages: all" in report

    def test_selection_needs_something_to_select_on(self, prepare_with, data: Path):
        """Where no language has any, all would be computed and nothing could be chosen."""
        for path in (data / "xnli").glob("dev-*"):
            path.unlink()
        report = report_of(prepare_with, "objective.languages=all")
        assert "no target has dev data to select on (xnli has none)" in report
        assert "it is then marked so" not in report

    def test_a_missing_record_says_what_to_do(self, tmp_path: Path):
        """Not a traceback."""
        with pytest.raises(UserMistake, match="delete it and run the spec again"):
            read_prepared(SweepFolder(tmp_path))


@pytest.mark.shared
class TestRealData:
    def test_the_shipped_small_spec_is_ready(
        self, shared_data: Path, monkeypatch, write: Callable[..., Path]
    ):
        """The real folder holds all that `small/first.yaml` asks for."""
        root = Path(__file__).parents[3]
        monkeypatch.chdir(root)
        sweep: Sweep = read_spec(root / "sweeps" / "specs" / "small" / "first.yaml")
        prepared = prepare(sweep)
        assert sweep.data == str(shared_data)
        assert len(prepared.evaluated("sib200", "test")) >= 12

    def test_a_task_without_dev_is_noted(
        self, shared_data: Path, shared_encoder: Path, write: Callable[..., Path]
    ):
        """XQuAD's test is halved, the same rows in every language."""
        text = SPEC.format(encoder=shared_encoder, data=shared_data)
        sweep = read_spec(write(text), ["targets=[{xquad: [en, de]}]"])
        prepared = prepare(sweep)
        assert any("xquad has no dev set" in note for note in prepared.notes)
        rows = {ref.rows for ref in prepared.evaluated("xquad", "dev")}
        assert len(rows) == 1
