"""What a label is called decides what it is: in folder and hub alike, for every task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pytest

from xlt_core.data.folder import FolderSource
from xlt_core.data.hub_rows import add_rows
from xlt_core.kinds import shaper_of
from xlt_core.kinds.faults import Faults, TooManyFaults
from xlt_core.kinds.labels import Labels
from xlt_core.tasks import Task, all_tasks, get_task
from xlt_core.tasks.layout import HubTable
from xlt_core.vocabulary.errors import UserMistake

TABLES = [task for task in all_tasks() if task.kind == "classification"]
LABELLED = [task for task in all_tasks() if task.labels]
each_table = pytest.mark.parametrize("task", TABLES, ids=lambda task: task.name)
each_labelled = pytest.mark.parametrize("task", LABELLED, ids=lambda task: task.name)


def spellings(task: Task) -> dict[str, int]:
    """Every label and every alias of a task, as is and in other dress → the label's index."""
    known = {label: index for index, label in enumerate(task.labels)}
    known |= {name: known[label] for name, label in task.aliases.items()}
    return {
        dressed: index
        for name, index in known.items()
        for dressed in (name, name.upper(), name.title(), f" {name} ", name.replace("_", "-"))
    }


def from_hub(task: Task, values: list[Any], feature: Any = None) -> list[int]:
    """The labels of rows of a hub table with these values in its label column."""
    form = task.hub.form
    assert isinstance(form, HubTable)
    columns: dict[str, list[Any]] = {name: ["t"] * len(values) for name in form.texts}
    columns |= {form.label: values}
    if form.id:
        columns[form.id] = list(map(str, range(len(values))))
    table = datasets.Dataset.from_dict(columns)
    if feature is not None:
        table = table.cast_column(form.label, feature)
    shaper = shaper_of(task, Faults("someone/data, train"), blank=True)
    try:
        add_rows(table, shaper, form, {})
    except TooManyFaults:
        shaper.faults.raise_found()
    return [example.label for example in shaper.finish()]  # type: ignore[union-attr]


def from_folder(task: Task, names: list[str], folder: Path) -> list[int]:
    form, split = task.folder.form, "dev"
    path = folder / task.name / task.folder.files[split].format(language=task.languages[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(form.columns)] if form.header else []
    for number, name in enumerate(names):
        row = {"id": str(number), "label": name} | dict.fromkeys(form.texts, "t")
        lines.append("\t".join(row[column] for column in form.columns))
    path.write_text("\n".join(lines), encoding="utf-8")
    found = FolderSource(folder).load(task.name, task.languages[0], split)
    return [example.label for example in found]  # type: ignore[union-attr]


@each_labelled
class TestTheTable:
    def test_every_spelling_means_one_label(self, task: Task):
        labels = Labels(task)
        for name, index in spellings(task).items():
            assert labels.index(name) == index, name

    def test_an_alias_is_a_spelling_of_a_label_and_no_label(self, task: Task):
        assert set(task.aliases.values()) <= set(task.labels)
        assert not set(task.aliases) & set(task.labels)

    def test_other_names_mean_none(self, task: Task):
        for name in ("maybe", "", "-", "LABEL_0", "3", "None", "label", "nan"):
            assert Labels(task).index(name) is None, name


@each_table
class TestEverySourceReadsByTheTable:
    def test_names_in_a_folder(self, task: Task, tmp_path: Path):
        known = spellings(task)
        assert from_folder(task, list(known), tmp_path) == list(known.values())

    def test_names_in_a_column_of_the_hub(self, task: Task):
        known = spellings(task)
        assert from_hub(task, list(known)) == list(known.values())

    def test_names_of_classes_in_another_order(self, task: Task):
        known = {name: index for name, index in spellings(task).items() if not name.isdecimal()}
        names = list(reversed(known))
        numbers = list(range(len(names)))
        feature = datasets.ClassLabel(names=names)
        assert from_hub(task, numbers, feature) == [known[name] for name in names]

    def test_an_unknown_name_of_a_class_is_a_mistake_at_its_row(self, task: Task):
        """The number it stands for does not count, be it in our table or not."""
        names = [f"class {letter}" for letter in "xyz"]
        for number in range(3):
            with pytest.raises(
                UserMistake, match=rf"someone/data, train, row 0(.|\n)*class {names[number][-1]}"
            ):
                from_hub(task, [number], datasets.ClassLabel(names=names))

    def test_an_unknown_name_in_a_folder_is_a_mistake_with_its_line(
        self, task: Task, tmp_path: Path
    ):
        line = 3 if task.folder.form.header else 2
        with pytest.raises(UserMistake, match=rf"line {line}: label 'maybe'"):
            from_folder(task, [task.labels[0], "maybe"], tmp_path)

    def test_numbers_without_names_mean_what_the_repository_is_known_to_mean(self, task: Task):
        form = task.hub.form
        numbers = list(form.labels)
        meant = [task.labels.index(form.labels[number]) for number in numbers]
        if numbers:
            assert from_hub(task, numbers) == from_hub(task, list(map(float, numbers))) == meant
            feature = datasets.ClassLabel(names=[str(number) for number in numbers])
            assert from_hub(task, numbers, feature) == meant
        with pytest.raises(UserMistake, match="label '7'"):
            from_hub(task, [7])

    def test_true_and_half_are_no_numbers_of_labels(self, task: Task):
        for value in (True, 0.5):
            with pytest.raises(UserMistake, match="is not one of the task's"):
                from_hub(task, [value])


def test_inference_labels_of_another_spelling_and_order():
    """Their numbers, taken by our own order, would turn contradiction into entailment."""
    names = ["contradictory", "neutral", "entails"]
    feature = datasets.ClassLabel(names=names)
    for name in ("mnli", "snli", "anli", "xnli"):
        assert from_hub(get_task(name), [0, 1, 2], feature) == [2, 1, 0]


def test_two_labels_are_not_three():
    """What is not entailed may be neutral or contradict: no spelling of either."""
    with pytest.raises(UserMistake, match="'not_entailment'"):
        from_hub(get_task("mnli"), ["not_entailment"])
    with pytest.raises(UserMistake, match="'contradiction'"):
        from_hub(get_task("scitail"), ["contradiction"])


class TestChoices:
    def test_the_letters_of_the_row_say_which_choice_is_right(self):
        choices = [{"label": list("EDCBA"), "text": list("vwxyz")}]
        columns = {"id": ["1"], "question": ["q"], "choices": choices, "answerKey": ["A"]}
        (example,) = shaped("csqa", columns)
        assert example.label == 4

    @pytest.mark.parametrize("key", ["", "F", "1", None])
    def test_another_letter_is_a_mistake(self, key: str | None):
        choices = [{"label": list("ABCDE"), "text": list("vwxyz")}]
        columns = {"id": ["1"], "question": ["q"], "choices": choices, "answerKey": [key]}
        with pytest.raises(UserMistake, match="row 0: label -1"):
            shaped("csqa", columns)

    @pytest.mark.parametrize("label", ["", "A", "x1", "-1"])
    def test_a_label_that_is_no_number_is_a_mistake(self, label: str):
        columns = {"ind": [4], "ctx": ["c"], "endings": [list("wxyz")], "label": [label]}
        with pytest.raises(UserMistake, match="row 0: label -"):
            shaped("hellaswag", columns)

    def test_rows_have_as_many_choices(self):
        endings = [list("wxyz"), list("wxy")]
        columns = {"ind": [4, 5], "ctx": ["c"] * 2, "endings": endings, "label": ["0"] * 2}
        with pytest.raises(UserMistake, match="row 1: has 3 choices"):
            shaped("hellaswag", columns)


class TestTags:
    def test_a_number_beyond_the_names_is_a_mistake(self):
        """Minus one is not the last of them."""
        for number in (-1, 7):
            with pytest.raises(UserMistake, match=rf"row 0: tag '{number}'"):
                shaped("panx", {"tokens": [["a"]], "ner_tags": [[number]]})

    def test_names_of_another_order_and_case(self):
        names = ["o", "i-loc", "b-loc", "I-ORG", "B-ORG", "I-PER", "B-PER"]
        table = datasets.Dataset.from_dict({"tokens": [["a", "b"]], "ner_tags": [[2, 1]]})
        table = table.cast_column("ner_tags", datasets.List(datasets.ClassLabel(names=names)))
        (example,) = shaped("panx", table)
        assert [get_task("panx").labels[tag] for tag in example.tags] == ["B-LOC", "I-LOC"]

    def test_words_without_a_tag_are_a_mistake(self):
        with pytest.raises(UserMistake, match="row 1: has 2 words and 1 tags"):
            shaped("panx", {"tokens": [["a"], ["a", "b"]], "ner_tags": [[0], [0]]})


def shaped(task: str, columns: Any) -> list[Any]:
    table = (
        columns if isinstance(columns, datasets.Dataset) else datasets.Dataset.from_dict(columns)
    )
    shaper = shaper_of(get_task(task), Faults("someone/data, train"), blank=True)
    try:
        add_rows(table, shaper, get_task(task).hub.form, {})
    except TooManyFaults:
        shaper.faults.raise_found()
    return shaper.finish()
