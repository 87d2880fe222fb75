"""`xlt doctor --hub`: whether the hub holds today what our tables say it does.

Reads every split that a sweep on the named tasks could read, with the very code that a sweep reads
it with, and opens the named encoders. What it fetches stays in the cache, with the lists of files
that reading without a connection asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.table import Table

from sweeps.cli.faults import say
from sweeps.cli.output import print_json, stderr, stdout
from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from xlt_core.data.hub import HubSource

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class HubCheck:
    """One split of a task in one language, or an encoder.

    Attributes:
        name: of the task or encoder.
        what: `train in en`, or the encoder's type.
        place: repository and commit.
        size: rows, or words of the embedding table; None where it could not be read.
        differs: what is not as our tables say.
    """

    name: str
    what: str
    place: str
    size: int | None
    differs: tuple[Mistake, ...] = ()


def compare(names: Sequence[str], as_json: bool) -> bool:
    """Compare the hub with our tables of tasks and encoders, and print it; whether they agree.

    Raises:
        UserMistake: a name is none; the hub does not answer.
    """
    from xlt_core.data.hub_files import reach

    kinds = [(name, _is_task(name)) for name in names]
    reach()
    found = list(_shown(kinds))
    if as_json:
        print_json([asdict(check) for check in found])
    else:
        show(found)
    return all(not check.differs for check in found)


def show(found: Sequence[HubCheck]) -> None:
    """Print one line a task and split or encoder, and below them what differs."""
    table = Table("what", "checked", "as in our table")
    table.add_column("rows or words", justify="right")
    table.add_column("where")
    for (name, split), checks in _by_split(found).items():
        good = [check for check in checks if not check.differs]
        places = sorted({check.place for check in good})
        table.add_row(
            name,
            split,
            f"{len(good)} of {len(checks)}",
            f"{sum(check.size or 0 for check in good):,}",
            "\n".join(places),
        )
    stdout().print(table)
    for check in found:
        for difference in check.differs:
            stdout().print(f"{check.name}, {check.what}: {difference}", soft_wrap=True)
    if all(not check.differs for check in found):
        say("the hub holds what our tables say")


def _by_split(found: Sequence[HubCheck]) -> dict[tuple[str, str], list[HubCheck]]:
    groups: dict[tuple[str, str], list[HubCheck]] = {}
    for check in found:
        groups.setdefault((check.name, check.what.partition(" in ")[0]), []).append(check)
    return groups


def _is_task(name: str) -> bool:
    """Whether `name` is a task's. Raises UserMistake where it is no encoder's either."""
    from xlt_core.models.encoders import ALIASES
    from xlt_core.tasks import get_task

    if name.partition("@")[0] in ALIASES or "/" in name:
        return False
    return bool(get_task(name))


def _shown(kinds: Sequence[tuple[str, bool]]) -> Iterator[HubCheck]:
    """The checks, with a bar on stderr while they last."""
    from rich.progress import Progress

    with Progress(console=stderr(), transient=True) as bar:
        for name, is_task in kinds:
            line = bar.add_task(name, total=None)
            for check in check_task(name) if is_task else check_encoder(name):
                bar.update(line, description=f"{name} {check.what}")
                yield check
            bar.remove_task(line)


def check_task(name: str) -> Iterator[HubCheck]:
    """Every split that the task's table names, read whole."""
    from xlt_core.data.hub import HubSource

    source = HubSource()
    for split in SPLITS:
        for language in source.languages(name, split):
            yield _checked(source, name, language, split)
    if not any(source.languages(name, split) for split in SPLITS):
        yield HubCheck(name, "all", "", None, (Mistake("", "our table names nothing on the hub"),))


def check_encoder(name: str) -> Iterator[HubCheck]:
    """The encoder fetched, fingerprinted and opened."""
    from xlt_core.models.encoders import refer_encoder
    from xlt_core.models.opening import open_encoder

    try:
        ref = refer_encoder(name)
        opened = open_encoder(ref)
    except UserMistake as error:
        yield HubCheck(name, "encoder", "", None, error.mistakes)
        return
    place = f"{ref.location} at {(ref.revision or '')[:12]}"
    yield HubCheck(name, f"encoder of type {opened.kind}", place, opened.words)


def _checked(source: HubSource, name: str, language: str, split: str) -> HubCheck:
    what = f"{split} in {language}"
    try:
        rows = source.refer(name, language, split).rows
    except UserMistake as error:
        return HubCheck(name, what, "", None, error.mistakes)
    place = "; ".join(
        f"{repository} at {source.revisions[repository][:12]}"
        for repository in source.repositories(name, language)
    )
    return HubCheck(name, what, place, rows, tuple(_unused_labels(source, name, language, split)))


def _unused_labels(source: HubSource, name: str, language: str, split: str) -> Iterator[Mistake]:
    """Labels of our table that never occur, where every label ought to."""
    from xlt_core.kinds import get_kind
    from xlt_core.tasks import get_task

    task = get_task(name)
    if not get_kind(task.kind).has_classes:
        return
    used = {getattr(row, "label", -1) for row in source.load(name, language, split)}
    unused = [label for index, label in enumerate(task.labels) if index not in used]
    if unused:
        known = f"our table has {', '.join(task.labels)}"
        yield Mistake("labels", f"{', '.join(unused)} never occurs", known)
