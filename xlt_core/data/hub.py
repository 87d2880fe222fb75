"""The hub as a source: Parquet files of public repositories, read with `datasets`.

Every repository is read from its `refs/convert/parquet` branch: no loading script is ever run, and
files lie alike everywhere. Files are fetched with `huggingface_hub`, so its cache, its tokens,
HF_ENDPOINT and HF_HUB_OFFLINE hold. `hub_rows` shapes the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xlt_core.data.examples import Example
from xlt_core.data.faults import Faults, TooManyFaults
from xlt_core.data.halving import halve
from xlt_core.data.hub_rows import add_rows, questions_by_id
from xlt_core.data.memo import Memo
from xlt_core.data.shape import Shaper
from xlt_core.tasks import get_task
from xlt_core.tasks.layout import HubChoices, HubLayout, HubPart
from xlt_core.tasks.task import Task
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.fingerprint import fingerprint_rows
from xlt_core.vocabulary.stage import DataRef, SourceRef

BRANCH = "refs/convert/parquet"
KEPT_ROWS = 200_000  # parsed rows a process keeps; some 100 MB


class HubSource:
    """Reads tasks from the hub. Implements `xlt_core.data.source.Source`.

    Attributes:
        revisions: repository → the commit that is read. What is not given is resolved when a
            repository is first read, written here, and kept while the process lives.
    """

    def __init__(self, revisions: Mapping[str, str] | None = None) -> None:
        self.ref = SourceRef("hub")
        self.revisions: dict[str, str] = dict(revisions or {})
        self._examples: Memo[Sequence[Example]] = Memo(room=KEPT_ROWS, weigh=len)
        self._refs: Memo[DataRef] = Memo()

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        """Languages of the task's table that have the split, sorted; asks nobody."""
        described = get_task(task)
        layout = _layout(described)
        asked = _hub_split(described, split)
        if asked not in layout.splits:
            return ()
        return tuple(sorted(set(layout.parts) - set(layout.without.get(asked, ()))))

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
        shaper = Shaper(task, Faults(f"{names} ({'+'.join(splits)})"), blank=True)
        questions = self._questions(task, language, split)
        try:
            for part in parts:
                for name in splits:
                    add_rows(self._table(part, name), shaper, layout.form, questions)
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

    def _table(self, part: HubPart, split: str) -> Any:
        """One split as a `datasets.Dataset`."""
        import datasets

        files = self._files(part, split)
        return datasets.load_dataset("parquet", data_files=files, split="train")

    def _files(self, part: HubPart, split: str) -> list[str]:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError

        pattern = f"{part.config}/{split}/*.parquet"
        try:
            folder = snapshot_download(
                part.repo,
                repo_type="dataset",
                revision=self.revisions.get(part.repo, BRANCH),
                allow_patterns=[pattern],
            )
        except (HfHubHTTPError, OSError, ValueError, RuntimeError) as error:
            raise UserMistake(_unreachable(part, split, error)) from error
        self.revisions.setdefault(part.repo, Path(folder).name)
        found = sorted(str(path) for path in Path(folder).glob(pattern))
        if not found:
            raise UserMistake(_no_files(part, pattern, self.revisions[part.repo]))
        return found

    def _absent(self, task: str, language: str, split: str) -> Mistake:
        there = self.languages(task, split)
        what = f"has no {split} in {language!r} on the hub"
        return Mistake(task, what, f"there is: {' '.join(there) or 'nothing'}")


def _layout(task: Task) -> HubLayout:
    if not isinstance(task.hub, HubLayout):
        raise UserMistake(
            Mistake(task.name, "is not on the hub", "use data: lab or data: {folder: …}")
        )
    return task.hub


def _hub_split(task: Task, split: str) -> str:
    if split not in ("train", "dev", "test"):
        raise UserMistake(Mistake(repr(split), "is not a split", "write train, dev or test"))
    return "test" if task.halve_test and split == "dev" else split


def _unreachable(part: HubPart, split: str, error: Exception) -> Mistake:
    cause = str(error).strip().split("\n")[0][:200] or type(error).__name__
    return Mistake(
        f"hub data set {part.repo}",
        f"{part.config}/{split} cannot be had: {cause}",
        "check the connection, HF_HUB_OFFLINE and (for gated data) HF_TOKEN; without a connection "
        "use data: {folder: …} or data: lab",
    )


def _no_files(part: HubPart, pattern: str, commit: str) -> Mistake:
    return Mistake(
        f"hub data set {part.repo}",
        f"has no files {pattern} at {commit[:12]} (or none in the cache while offline)",
        "read it once with a connection; if the data set was rearranged, pin the revision it had",
    )
