"""`xlt export` refused: one screen each, and no folder that anybody could take for a model."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say which: --trial N, or --best"),
        (("--best", "--trial", "0"), "say which: --trial N, or --best"),
        (("--trial", "9"), "--trial 9: is no trial of the sweep\n    → there are: 0 to 3"),
        (("--best", "--target", "xnli"), "--target xnli: is no target of the sweep"),
        (("--best", "--seed", "7"), "--seed 7: is no seed of the sweep\n    → there are: 0, 1"),
        (("--best", "--chosen-by", "qla"), "is no way of choosing\n    → there are: english, all"),
        (("--best", "--alias", "champion"), "name the model: --register NAME"),
    ],
)
def test_what_is_not_there(made, xlt, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """Named, with what there is instead."""
    found = xlt("export", "made", "--to", str(tmp_path / "out"), *words)
    assert found.code == 2 and said in found.err
    assert not list(tmp_path.iterdir())


def test_a_trial_that_failed(make, xlt) -> None:
    """What it failed of, and how to try it again; nothing is left beside the folder either."""
    sweep = make()
    sweep.begin()
    sweep.ask(0, "(none)")
    sweep.ask(1, "lab-pairs")
    sweep.tell(1, None, "lab-pairs: the loss is not finite\nTraceback and so on")
    said = xlt("export", "made", "--trial", "1", "--to", "models/out")
    assert said.code == 2
    assert "trial 1: lab-nli, seed 0: failed: lab-pairs: the loss is not finite\n" in said.err
    assert "`xlt resume made --retry-failed` tries it again" in said.err
    said = xlt("export", "made", "--trial", "0", "--to", "models/out")
    assert said.code == 2 and "has not been trained to its end" in said.err
    said = xlt("export", "made", "--best", "--to", "models/out")
    assert said.code == 2 and "nothing yet that is chosen on english" in said.err
    assert not list(Path("models").iterdir())


def test_weights_that_were_pruned(make, xlt) -> None:
    """It says how much is to be trained to have them again, and how."""
    sweep = make()
    sweep.begin()
    sweep.ask(0, "lab-pairs")
    sweep.tell(0, 80.0)
    said = xlt("export", "made", "--trial", "0", "--to", "out")
    assert said.code == 2 and "`xlt store prune` took them" in said.err
    assert "add --retrain: it trains them again, here (10 steps)" in said.err


def test_a_folder_that_is_not_empty(made, xlt, tmp_path: Path) -> None:
    """Whatever it holds stays; a file, or a place that cannot be written, is one too."""
    (tmp_path / "thesis.tex").write_text("years of work")
    words = ("export", "made", "--best", "--to")
    said = xlt(*words, str(tmp_path))
    assert said.code == 2 and "is not empty: it holds thesis.tex\n" in said.err
    assert "is a file" in xlt(*words, str(tmp_path / "thesis.tex")).err
    assert "cannot be written" in xlt(*words, str(tmp_path / "thesis.tex" / "below")).err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
