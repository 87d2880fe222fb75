"""What a spec says that is hardly meant, and which tables stay empty."""

from __future__ import annotations

import json

import pytest

from sweeps.report.cautions import languages_left_out
from sweeps.spec.read import read_spec

# a change, and what is said of it
CAUTIONS = {
    "more trials than there are": (
        ("search={method: random, trials: 60}",),
        "--set search.trials: 60 trials are asked for, the space has only 5 different ones.",
    ),
    "a batch of more than all rows": (
        ("recipe.train.batch_size=5000",),
        "--set recipe.train.batch_size: 5000 examples a step, lab-pairs has",
    ),
    "of a target": (
        ("recipe.target.batch_size=5000",),
        "--set recipe.target.batch_size: 5000 examples a step, lab-nli has",
    ),
    "by rows": (
        ("recipe.tasks.lab-topic.rows=7",),
        "16 examples a step, lab-topic has 7 training rows",
    ),
    "searched": (
        ("recipe.train.batch_size={choice: [8, 5000]}",),
        "--set recipe.train.batch_size: 5000 examples a step",
    ),
    "no test": (
        ("splits=[dev]",),
        "--set splits: without test no score and no gain can be shown",
    ),
    "the baseline alone": (("intermediate.count=0",), "no plan but the baseline"),
    "one trial": (("search={method: random, trials: 1}",), "no plan but the baseline"),
    "English alone": (("languages=[en]",), "languages only English has dev data"),
    "no English": (
        ("languages=[qla]", "objective.languages=all"),
        "No winner can be chosen on English dev",
    ),
}


def told(made, xlt, *changes: str) -> str:
    """The cautions of the sweep's spec with changes, under another name."""
    words = [f"--set={change}" for change in ("name=other", *changes)]
    said = xlt("plan", str(made.spec), "--json", *words)
    assert said.code == 0, said.err
    cautions = json.loads(said.out)["cautions"]
    text = xlt("plan", str(made.spec), *words).out
    assert all(caution in text for caution in cautions)
    return "\n".join(cautions)


def test_nothing_is_said_of_a_sound_spec(made, xlt):
    """Words that are always there are not read."""
    assert told(made, xlt) == ""


@pytest.mark.parametrize("case", CAUTIONS)
def test_what_is_hardly_meant_is_said(made, xlt, case):
    """With the place it was written in, in words and in JSON."""
    changes, text = CAUTIONS[case]
    assert text in told(made, xlt, *changes)


def test_a_number_of_trials_that_nobody_wrote_is_no_caution(made, xlt):
    """The usual number is for spaces of any size."""
    assert told(made, xlt, "search={method: tpe}") == ""


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ("[xnli, udpos]", ["languages: udpos has no sw: it is scored without."]),
        ("[xnli, {udpos: [en, de]}]", []),  # its own languages, as asked
        ("[xnli]", []),
    ],
)
def test_a_language_that_a_target_lacks_is_said(tmp_path, targets, said):
    """`languages` is for all targets; who reads a table must not look for one in vain."""
    spec = tmp_path / "s.yaml"
    spec.write_text(
        f"encoder: lab-small\ndata: {tmp_path}\ntargets: {targets}\nlanguages: [en, sw]\n"
        "intermediate: {tasks: [mnli], count: 0..1}\n"
    )
    found = list(languages_left_out(read_spec(spec)))
    assert found == [f"{spec}, line 4, {text}" for text in said]
