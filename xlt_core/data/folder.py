"""A folder of data: the layout of an XTREME-R download, and intermediate tasks beside it.

`<folder>/<task>/<file>`, file names by split and language as the task's `FolderLayout` has them.
`readers` reads a file, `shape` checks its rows. Files are read once a process and again only when
their size or time of change is another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from xlt_core.data.halving import halve
from xlt_core.data.memo import Memo
from xlt_core.data.questions import Questions
from xlt_core.data.readers import read_examples, read_questions
from xlt_core.kinds.example import Example
from xlt_core.tasks import get_task
from xlt_core.tasks.layout import CopaForm, FolderLayout, ParallelForm
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint_rows
from xlt_core.vocabulary.refs import DataRef, SourceRef

_CODE = "{language}"
KEPT_ROWS = 200_000  # parsed rows a process keeps; some 100 MB


class FolderSource:
    """Reads tasks from a folder. Implements `xlt_core.data.source.Source`."""

    def __init__(self, folder: Path) -> None:
        """Open a folder. Raises UserMistake where there is none."""
        if not folder.is_dir():
            raise UserMistake(
                Mistake(
                    str(folder),
                    "is not a folder",
                    "name a folder that holds one folder a task, as mnli/ or xnli/",
                )
            )
        self.ref = SourceRef("folder", str(folder))
        self.notes: tuple[str, ...] = ()
        self._folder = folder
        self._examples: Memo[Sequence[Example]] = Memo(room=KEPT_ROWS, weigh=len)
        self._refs: Memo[DataRef] = Memo()

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        """Languages whose file is there, sorted."""
        described = get_task(task)
        layout = _layout(described)
        pattern = layout.files.get(_file_split(described, split))
        folder = self._folder / task
        if pattern is None or not folder.is_dir():
            return ()
        if _CODE not in pattern:
            return ("en",) if (folder / pattern).is_file() else ()
        first, *others = re.escape(pattern).split(re.escape(_CODE))
        name = re.compile(first + "([a-z]{2,3})" + r"\1".join(others))
        matches = (name.fullmatch(path.name) for path in folder.iterdir())
        return tuple(sorted(match[1] for match in matches if match))

    def load(self, task: str, language: str, split: str) -> Sequence[Example]:
        """All examples, in file order. Raises UserMistake; see `readers.read_examples`."""
        described = get_task(task)
        path = self._path(described, language, split)
        beside = self._beside(described, language, split)
        stamp = (_stamp(path), _stamp(beside) if beside else None)

        def read() -> Sequence[Example]:
            questions = _questions(described, language, split, beside)
            return tuple(read_examples(path, str(path), described, questions, beside))

        key = (task, language, _file_split(described, split))
        examples = self._examples.get(key, stamp, read)
        if not described.halve_test:
            return examples
        half = halve(examples, split)
        if not half:
            raise UserMistake(_no_half(path, split))
        return half

    def refer(self, task: str, language: str, split: str) -> DataRef:
        """The split by content; computed once while its files stay the same."""
        described = get_task(task)
        path = self._path(described, language, split)
        beside = self._beside(described, language, split)
        stamp = (_stamp(path), _stamp(beside) if beside else None)

        def compute() -> DataRef:
            examples = self.load(task, language, split)
            content = fingerprint_rows(example.content() for example in examples)
            return DataRef(task, language, split, content, len(examples))

        return self._refs.get((task, language, split), stamp, compute)

    def _path(self, task: Task, language: str, split: str) -> Path:
        layout = _layout(task)
        pattern = layout.files.get(_file_split(task, split))
        folder = self._folder / task.name
        if pattern is None:
            raise UserMistake(_no_split(folder, task, layout, split))
        expected = pattern.replace(_CODE, language)
        if not folder.is_dir():
            raise UserMistake(_no_folder(folder, task, layout))
        path = folder / expected
        if (_CODE not in pattern and language != "en") or not path.is_file():
            raise UserMistake(
                _no_file(path, task, language, split, self.languages(task.name, split))
            )
        return path

    def _beside(self, task: Task, language: str, split: str) -> Path | None:
        """The other file that rows are read from: XCOPA's `question`, Tatoeba's translations."""
        layout = _layout(task)
        if isinstance(layout.form, ParallelForm):
            path = self._folder / task.name / layout.form.english.replace(_CODE, language)
            if not path.is_file():
                raise UserMistake(
                    Mistake(str(path), "is missing: it has the translations", "put it there")
                )
            return path
        if not isinstance(layout.form, CopaForm):
            return None
        pattern = layout.files[_file_split(task, split)]
        for code in layout.form.question_from:
            path = self._folder / task.name / pattern.replace(_CODE, code)
            if code != language and path.is_file():
                return path
            if code == language:
                return None
        return None


def _questions(task: Task, language: str, split: str, beside: Path | None) -> Questions:
    """What is known of XCOPA's `question`, from the file `beside` the one that is read."""
    form = _layout(task).form
    if not isinstance(form, CopaForm):
        return Questions()
    found = read_questions(beside, str(beside), task) if beside else {}
    wrong = language in form.question_wrong and split != "train"  # upstream has no train
    return Questions(found, doubted="effect" if wrong else "")


def _layout(task: Task) -> FolderLayout:
    if not isinstance(task.folder, FolderLayout):
        raise UserMistake(
            Mistake(
                task.name,
                "cannot be read from a folder",
                f"use data: {' or '.join(task.sources)}, or leave the task out"
                if task.sources
                else "give it a FolderLayout, or leave the task out",
            )
        )
    return task.folder


def _file_split(task: Task, split: str) -> str:
    task.check_split(split)
    return "test" if task.halve_test and split == "dev" else split


def _stamp(path: Path) -> tuple[str, int, int]:
    state = path.stat()
    return (str(path), state.st_size, state.st_mtime_ns)


def _shown_files(task: Task, layout: FolderLayout) -> str:
    names = (name.replace(_CODE, "<language>") for name in layout.files.values())
    return ", ".join(f"{task.name}/{name}" for name in names)


def _no_folder(folder: Path, task: Task, layout: FolderLayout) -> Mistake:
    return Mistake(
        str(folder),
        f"there is no folder for {task.name}",
        f"expected {_shown_files(task, layout)}",
    )


def _no_split(folder: Path, task: Task, layout: FolderLayout, split: str) -> Mistake:
    return Mistake(
        str(folder),
        f"{task.name} has no {split} split",
        f"it has {_shown_files(task, layout)}",
    )


def _no_file(path: Path, task: Task, language: str, split: str, there: tuple[str, ...]) -> Mistake:
    found = f"there is {split} for {' '.join(there)}" if there else f"no language has {split}"
    return Mistake(
        str(path),
        f"is missing: {task.name} has no {split} in {language!r} here",
        f"put the file there, or choose another language; {found}",
    )


def _no_half(path: Path, split: str) -> Mistake:
    return Mistake(
        str(path),
        f"its {split} half is empty",
        "the task has no dev, so its test split is halved by a hash of the row's id: "
        "a handful of rows is too few",
    )
