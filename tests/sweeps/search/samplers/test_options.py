"""What an option of a method may hold, and where a value that it may not is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sweeps.search.candidates import Candidates
from sweeps.search.samplers import make_sampler
from sweeps.search.space import PlanSpace
from sweeps.spec.methods import METHODS
from sweeps.spec.paths import SweepFolder
from sweeps.spec.read import read_spec
from sweeps.spec.search_options import SearchOption
from sweeps.spec.stored import check_stored, read_stored_spec, write_spec
from sweeps.spec.sweep import Intermediate
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.plan import Step

SPACE = Candidates(PlanSpace.of(Intermediate((Step.parse("mnli"),), (0, 1))))
OPTIONS = {
    (method, name): option
    for method, sampler in METHODS.items()
    for name, option in sampler.options.items()
}
NEVER: list[Any] = ["ten", "no", None, [1], {"log": [1, 2]}, float("nan"), float("inf")]
WRONG: dict[str, list[Any]] = {
    "whole": [*NEVER, 2.5, True, -5, 10**30],
    "number": [*NEVER, True, 10**400],
    "switch": [*NEVER, 0, 1],
}
CASES = [
    (method, name, value)
    for (method, name), option in OPTIONS.items()
    for value in WRONG[option.kind]
]


@pytest.mark.parametrize("option", [SearchOption("number", 1.0, 0, 9), *OPTIONS.values()])
def test_a_rule_takes_its_default_and_its_ends_and_nothing_of_another_kind(option: SearchOption):
    ends = [end for end in (option.low, option.high) if end not in (-float("inf"), float("inf"))]
    assert [option.problem(value) for value in (option.default, *ends)] == [""] * (1 + len(ends))
    assert all(option.problem(value) for value in WRONG[option.kind])
    if ends:
        assert "at least" in option.problem(option.low - 1)
        assert "at most" in option.problem(option.high + 1)


@pytest.mark.parametrize(("method", "name", "value"), CASES)
def test_no_sampler_is_made_with_another_value(method: str, name: str, value: Any):
    with pytest.raises(UserMistake, match=rf"search\.options\.{name}: should be"):
        make_sampler(method, SPACE, {name: value})


SPEC = """\
name: x
encoder: lab-small
data: lab
intermediate: {tasks: [lab-pairs], count: 0..1}
targets: [lab-nli]
search:
  method: tpe
  options:
    n_startup_trials: 2
    constant_liar: true
"""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("n_startup_trials: .nan", "line 9, search.options.n_startup_trials"),
        ("n_startup_trials: ten", "should be a whole number, not 'ten'"),
        ("n_startup_trials: null", "should be a whole number, not None"),
        ("n_startup_trials: 2.5", "should be a whole number, not 2.5"),
        ("n_startup_trials: true", "should be a whole number, not True"),
        ("n_startup_trials: -5", "should be at least 0, not -5"),
        ("n_ei_candidates: 0", "should be at least 1, not 0"),
        ("constant_liar: no", "should be true or false, not 'no'"),
        ("n_startup: 3", "did you mean n_startup_trials?"),
    ],
)
def test_a_spec_is_refused_at_the_option_s_line(tmp_path: Path, written: str, said: str):
    """As every other mistake in it: by plan and by run, which read it alike."""
    path = tmp_path / "small.yaml"
    path.write_text(
        SPEC.replace("n_startup_trials: 2", written).replace("    constant_liar: true\n", "")
    )
    with pytest.raises(UserMistake, match=r"small\.yaml, line 9, search\.options\.") as caught:
        read_spec(path)
    assert said in str(caught.value)
    assert len(caught.value.mistakes) == 1


@pytest.mark.parametrize("value", [float("nan"), "ten", 0.5])
def test_a_sweep_begun_with_one_is_not_gone_on_with(tmp_path: Path, value: Any):
    """Its record is refused at its line; it can still be looked at."""
    path = tmp_path / "small.yaml"
    path.write_text(SPEC)
    sweep = read_spec(path)
    folder = SweepFolder(tmp_path / "runs" / "x")
    folder.path.mkdir(parents=True)
    write_spec(folder, sweep)
    check_stored(folder, read_stored_spec(folder))
    sweep.search.options["n_startup_trials"] = value
    write_spec(folder, sweep)
    stored = read_stored_spec(folder)
    lines = enumerate((folder.path / "spec.yaml").read_text().split("\n"), 1)
    line = max(number for number, text in lines if "n_startup_trials" in text)
    where = rf"spec\.yaml, line {line}, sweep\.search\.options\.n_startup_trials"
    with pytest.raises(UserMistake, match=where):
        check_stored(folder, stored)
