"""The reference of a spec's fields says what is read, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import yaml

from sweeps.spec.fields import NAME, Field, every_field
from sweeps.spec.method_options import owners
from sweeps.spec.ranges import rules
from sweeps.spec.read import read_spec
from sweeps.spec.stored import to_data
from sweeps.spec.sweep import Sweep
from xlt_core.training.methods import get_method, option_fields
from xlt_core.vocabulary.errors import UserMistake
from xlt_core.vocabulary.recipe import Recipe

SweepOf = Callable[..., Sweep]
SPEC = "intermediate: {tasks: [mnli, qqp]}\ntargets: [xnli]\n"
FIELDS = every_field()
PATHS = [one.path for one in FIELDS]


def override(path: str, value: str) -> str:
    return f"{path.replace(NAME, 'mnli')}={value}"


def test_each_stands_once_and_is_described():
    """None is forgotten, of sections neither."""
    paths = [one.path for one in FIELDS]
    assert len(set(paths)) == len(paths)
    assert all(one.about and one.kind for one in FIELDS)
    layers = ("recipe.train", "recipe.target", f"recipe.tasks.{NAME}")
    everywhere = {f"{layer}.{rule}" for layer in layers for rule in rules() if rule != "plan_steps"}
    assert everywhere <= set(paths)
    assert [path for path in paths if "plan_steps" in path] == ["recipe.train.plan_steps"]


@pytest.mark.parametrize("path", [one.path for one in FIELDS if one.path != "extends"])
def test_each_is_read_where_it_is_listed(sweep_of: SweepOf, path: str):
    """What is wrong with a value there is never that there is no such field."""
    for value in ("[[[]]]", "-3.5"):
        try:
            sweep_of(SPEC, override(path, value))
        except UserMistake as error:
            assert not [one for one in error.mistakes if "there is no field" in one.what]


@pytest.mark.parametrize("field", [one for one in FIELDS if one.default], ids=lambda one: one.path)
def test_a_default_that_is_written_out_changes_nothing(sweep_of: SweepOf, field: Field):
    """It can be written as it is shown, and means what is meant where nothing is written."""
    name = field.path.rpartition(".")[2]
    method = owners().get(name)
    beside = [override(field.path.replace(name, "method"), method)] if method else []
    written = sweep_of(SPEC, override(field.path, field.default), *beside)
    if field.path.startswith("recipe."):  # of these the next test tells
        layers = [
            written.recipe["train"],
            written.recipe["target"],
            *written.recipe["tasks"].values(),
        ]
        assert {name, *(["method"] * len(beside))} == {one for layer in layers for one in layer}
    else:
        assert to_data(written) == to_data(sweep_of(SPEC))


WITH_EXAMPLES = [one for one in FIELDS if one.example and one.path != "extends"]


def test_what_holds_a_value_has_an_example():
    """A section has none."""
    sections = {path.rpartition(".")[0].removesuffix(f".{NAME}") for path in PATHS}
    assert {one.path for one in FIELDS if not one.example} == sections - {""}


@pytest.mark.parametrize("field", WITH_EXAMPLES, ids=lambda one: one.path)
def test_an_example_is_read_as_it_stands(sweep_of: SweepOf, tmp_path, monkeypatch, field: Field):
    """Whoever copies it meets no mistake, its folder being there."""
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    path = field.path.replace(NAME, "mnli")
    owner = owners().get(path.rpartition(".")[2])
    beside = [f"{path.rpartition('.')[0]}.method={owner}"] if owner else []
    spec = SPEC if path != "intermediate.plans" else "targets: [xnli]\n"
    assert sweep_of(spec, f"{path}={field.example}", *beside)


def test_recipes_defaults_are_the_engines():
    """As a task without defaults of its own is trained."""
    shown = {one.path.rpartition(".")[2]: one.default for one in FIELDS if "train." in one.path}
    engine = Recipe(epochs=float(shown["epochs"]))
    for name, default in shown.items():
        if name in owners():  # an option of a training method
            value: object = option_fields(get_method(owners()[name]))[name].default
        else:
            value = getattr(engine, name, None)  # `plan_steps` is shared out before
        expected = {None: "", (): "none"}.get(value, value)
        assert default == (expected if isinstance(expected, str) else json.dumps(expected))


@pytest.mark.parametrize("path", ["search.trials", "intermediate.count"])
def test_defaults_in_words(sweep_of: SweepOf, path: str):
    """What depends on other fields is said, with the number that is used."""
    (about,) = [one.about for one in FIELDS if one.path == path]
    sweep = sweep_of("intermediate: {tasks: [mnli, qqp, siqa, paws]}\ntargets: [xnli]\n")
    number = sweep.search.trials if path == "search.trials" else max(sweep.intermediate.counts)
    assert str(number) in about


def test_a_mistake_says_what_the_field_is_for(tmp_path):
    """Its one line of meaning, where nothing better is known to do."""
    wrong = {"seed": -1, "trials": 0, "asynchronous": 3, "window": "wide"}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump({"search": wrong}))
    with pytest.raises(UserMistake) as caught:
        read_spec(tmp_path / "s.yaml")
    for about in ("seeds the sampler", "trials in all", "never wait for", "trial n sees"):
        assert f"it is: {about}" in str(caught.value)
