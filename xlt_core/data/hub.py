"""The hub as a source: Parquet files of public repositories, read with `datasets`.

No loading script is ever run: most repositories are read from `refs/convert/parquet`, where the
hub converts them and files lie alike. `hub_files` fetches them at one commit, `hub_rows` shapes the
rows. A branch is resolved once, by whoever plans; `ref` then names the commits, and every source
opened from it reads those very commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from errno import ENOENT
from pathlib import Path

from xlt_core.data.halving import halve
from xlt_core.data.hub_files import Fetched, Wanted, fetch
from xlt_core.data.hub_rows import add_rows, questions_by_id
from xlt_core.data.hub_table import HubData
from xlt_core.data.memo import Memo
from xlt_core.kinds import shaper_of
from xlt_core.kinds.example import Example
from xlt_core.kinds.faults import Faults, TooManyFaults
from xlt_core.tasks import get_task
from xlt_core.tasks.layout import HubChoices, HubLayout, HubPart
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint_rows
from xlt_core.vocabulary.lines import in_short
from xlt_core.vocabulary.refs import DataRef, SourceRef

KEPT_ROWS = 200_000  # parsed rows a process keeps; some 100 MB


class HubSource:
    """Reads tasks from the hub. Implements `xlt_core.data.source.Source`.

    Attributes:
        revisions: repository → the commit that is read. What is not given is resolved when a
            repository is first read, written here, and kept while the process lives.
    """

    def __init__(self, revisions: Mapping[str, str] | None = None) -> None:
        self.revisions: dict[str, str] = dict(revisions or {})
        self._notes: dict[str, None] = {}
        self._examples: Memo[Sequence[Example]] = Memo(room=KEPT_ROWS, weigh=len)
        self._refs: Memo[DataRef] = Memo()

    @property
    def ref(self) -> SourceRef:
        """This source with the commits resolved so far."""
        return SourceRef("hub", revisions=tuple(sorted(self.revisions.items())))

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know of what was read."""
        return tuple(self._notes)

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        """Languages of the task's table that have the split, sorted; asks nobody."""
        described = get_task(task)
        layout = _layout(described)
        asked = _hub_split(described, split)
        if asked not in layout.splits:
            return ()
        return tuple(sorted(set(layout.parts) - set(layout.without.get(asked, ()))))

    def repositories(self, task: str, language: str) -> tuple[str, ...]:
        """The repositories a task is read from in a language."""
        parts = _layout(get_task(task)).parts[language]
        return tuple(dict.fromkeys(part.repo for part in parts))

    def load(self, task: str, language: str, split: str) -> Sequence[Example]:
        """All examples, in order.

        Raises:
            UserMistake: no such language or split, a data set that cannot be had (names its id),
                or rows of another form than the task's table says.
        """
        described = get_task(task)
        asked = _hub_split(described, split)
        if language not in self.languages(task, split):
            raise UserMistake(self._absent(task, language, split))
        examples = self._examples.get(
            (task, language, asked), None, lambda: self._read(described, language, asked)
        )
        return halve(examples, split) if described.halve_test else examples

    def refer(self, task: str, language: str, split: str) -> DataRef:
        """The split by content; computed once a process."""

        def compute() -> DataRef:
            examples = self.load(task, language, split)
            content = fingerprint_rows(example.content() for example in examples)
            return DataRef(task, language, split, content, len(examples))

        return self._refs.get((task, language, split), None, compute)

    def _read(self, task: Task, language: str, split: str) -> Sequence[Example]:
        layout = _layout(task)
        parts, splits = layout.parts[language], layout.splits[split]
        names = ", ".join(f"{part.repo}/{part.config}" for part in parts)
        faults = Faults(f"{names} ({'+'.join(splits)})")
        shaper = shaper_of(task, faults, blank=True)
        questions = self._questions(task, language, split)
        try:
            for part in parts:
                for name in splits:
                    add_rows(self._table(part, name), shaper, layout.form, questions, language)
        except TooManyFaults:
            shaper.faults.raise_found()
        return tuple(shaper.finish())

    def _questions(self, task: Task, language: str, split: str) -> dict[str, str]:
        """XCOPA's cause or effect by id, from the language where it is right."""
        layout = _layout(task)
        form = layout.form
        if not isinstance(form, HubChoices) or form.question_from in ("", language):
            return {}
        part = layout.parts[form.question_from][0]
        return questions_by_id(self._table(part, layout.splits[split][0]), form)

    def _table(self, part: HubPart, split: str) -> HubData:
        """One split as a `datasets.Dataset`."""
        return read_parquet(self._files(part, split))

    def _files(self, part: HubPart, split: str) -> list[Path]:
        whole, partial = part.pattern(split), part.pattern(f"partial-{split}")
        known = self.revisions.get(part.repo)
        found = fetch(Wanted(part.repo, "dataset", part.branch, (whole, partial), known))
        if found.note:
            self._notes[found.note] = None
        self.revisions[part.repo] = found.commit
        if files := found.matching(whole):
            return files
        files = found.matching(partial)
        if not files:
            raise UserMistake(_no_files(part, split, found))
        if split != "train":
            raise UserMistake(_only_partial(part, split, found))
        self._notes[_trained_in_part(part, split)] = None
        return files

    def _absent(self, task: str, language: str, split: str) -> Mistake:
        there = self.languages(task, split)
        what = f"has no {split} in {language!r} on the hub"
        return Mistake(task, what, f"there is: {' '.join(there) or 'nothing'}")


def _layout(task: Task) -> HubLayout:
    if not isinstance(task.hub, HubLayout):
        raise UserMistake(Mistake(task.name, "is not on the hub", _instead(task)))
    return task.hub


def _instead(task: Task) -> str:
    return "use data: lab" if "lab" in task.sources else "use data: {folder: …}"


def _hub_split(task: Task, split: str) -> str:
    task.check_split(split)
    return "test" if task.halve_test and split == "dev" else split


def read_parquet(files: Sequence[Path]) -> HubData:
    """Files of one split as one `datasets.Dataset`, in memory: no second cache is written.

    Raises:
        UserMistake: one is cut short, is no Parquet, or has other columns than the first.
    """
    import datasets
    import pyarrow
    from datasets.table import table_cast
    from pyarrow import parquet

    tables: list[pyarrow.Table] = []
    for file in files:
        try:
            table = parquet.read_table(file)
            if not tables:
                features = datasets.Features.from_arrow_schema(table.schema)
            tables.append(table_cast(table, features.arrow_schema))
        except (pyarrow.ArrowException, OSError, ValueError, TypeError) as error:
            if getattr(error, "errno", None) not in (None, ENOENT):
                raise  # the disk's, which may be well again; a torn file has no number
            raise UserMistake(_unreadable(file, error)) from error
    data: HubData = datasets.Dataset(pyarrow.concat_tables(tables))
    return data


def _unreadable(file: Path, error: Exception) -> Mistake:
    cause = in_short(error)
    return Mistake(str(file), f"cannot be read as Parquet: {cause}", "delete it and read it anew")


def _no_files(part: HubPart, split: str, found: Fetched) -> Mistake:
    what = f"has no files {part.pattern(split)} at {found.commit[:12]}"
    if not found.there:
        what += " (or none in the cache while offline)"
    return Mistake(
        f"hub data set {part.repo}",
        what,
        f"read it once with a connection; `xlt doctor --hub` checks our table{_near(found)}",
    )


def _near(found: Fetched) -> str:
    """What is there instead, by folder."""
    folders = sorted({name.rpartition("/")[0] for name in found.there if name.endswith(".parquet")})
    if not folders:
        return ""
    more = f" and {len(folders) - 6} more" if len(folders) > 6 else ""
    return f"; there are {' '.join(folders[:6])}{more}"


def _only_partial(part: HubPart, split: str, found: Fetched) -> Mistake:
    return Mistake(
        f"hub data set {part.repo}",
        f"{part.config}/{split} was converted in part only (partial-{split} at "
        f"{found.commit[:12]}), and a score is of the whole split",
        "use data: {folder: …} with the whole split",
    )


def _trained_in_part(part: HubPart, split: str) -> str:
    return (
        f"{part.repo}: the hub converted {part.config}/{split} in part only (its first 5 GB); "
        "that part is trained on"
    )
