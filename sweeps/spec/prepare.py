"""Preflight: open the encoder and every data set a sweep needs, before anything is trained.

What is found is a frozen `ResolvedInputs`, from which stages and their keys follow without touching
a file again (`trials`). What is on the hub is resolved here, once: its commits are part of what is
found, every process reads those, and a later `run` or `resume` hands them in again. Knows nothing
of Ray.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sweeps.spec.commits import data_replaced, encoder_moved, source_ref
from sweeps.spec.fits import beyond_limits, too_long, unservable
from sweeps.spec.names import did_you_mean, encoder_names, nearest
from sweeps.spec.paths import SweepFolder
from sweeps.spec.recipes import trains_on
from sweeps.spec.stems import blaming, in_order, stemming, trail_of_cell, trail_of_target
from sweeps.spec.stored import write_whole
from sweeps.spec.sweep import Sweep, Target
from xlt_core.data import open_source
from xlt_core.data.source import Source
from xlt_core.tasks import get_task, overlap
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.languages import ENGLISH
from xlt_core.vocabulary.refs import DataRef, EncoderRef, SourceRef

Cell = tuple[str, str, str]


@dataclass(frozen=True)
class OverlapFlag:
    """An intermediate task that shares text with a target, and why."""

    intermediate: str
    target: str
    reason: str


@dataclass(frozen=True)
class ResolvedInputs:
    """What preflight found.

    Attributes:
        encoder: the sweep's; of several, the baseline's.
        encoders: of several, each by the name it has in the sweep.
        data: every split that is trained on or evaluated, by (task, language, split).
        overlaps: intermediate tasks that share text with a target.
        notes: sentences for people on what the scores will and will not say.
    """

    encoder: EncoderRef
    source: SourceRef
    data: Mapping[Cell, DataRef] = field(hash=False)
    overlaps: tuple[OverlapFlag, ...] = ()
    notes: tuple[str, ...] = ()
    encoders: Mapping[str, EncoderRef] = field(default_factory=dict, hash=False)

    def encoder_of(self, settings: Mapping[str, Any]) -> EncoderRef:
        """The encoder that a trial with these settings trains."""
        return self.encoders.get(settings.get("encoder", ""), self.encoder)

    @property
    def every_encoder(self) -> tuple[EncoderRef, ...]:
        """All that there are to train, the baseline's first."""
        return tuple(self.encoders.values()) or (self.encoder,)

    def evaluated(self, task: str, split: str) -> tuple[DataRef, ...]:
        """The splits of a target that are scored, by language."""
        found = [ref for cell, ref in self.data.items() if (cell[0], cell[2]) == (task, split)]
        return tuple(sorted(found, key=lambda ref: ref.language))

    def identity(self) -> dict[str, Any]:
        """Encoder and data by content: what must not change while a sweep goes on.

        The encoder's commit beside it: the same commit is the same content, however it was
        fingerprinted.
        """
        data = {"/".join(cell): ref.fingerprint for cell, ref in sorted(self.data.items())}
        encoder, several = self.encoder, [ref.fingerprint for ref in self.encoders.values()]
        known = {"encoder": encoder.fingerprint, "commit": encoder.revision, "data": data}
        return known | ({"encoders": several} if several else {})


def prepare(sweep: Sweep, before: ResolvedInputs | None = None) -> ResolvedInputs:
    """Open everything the sweep needs.

    Args:
        before: what was found when the sweep was planned, where it goes on: the hub's commits
            are taken from it.

    Raises:
        UserMistake: every encoder or data set that cannot be had, together.
    """
    mistakes: list[Mistake] = []
    notes: list[str] = []
    encoders = {
        name: found
        for name in sweep.encoders
        if (found := _encoder(name, sweep, before, mistakes, notes)) is not None
    }
    source = _source(sweep, before, mistakes)
    if source is None:
        raise UserMistake(mistakes)
    cells = dict.fromkeys(_training_cells(sweep))
    for target in sweep.targets:
        cells |= dict.fromkeys(_evaluation_cells(sweep, target, source, mistakes, notes))
    flags = tuple(overlaps(sweep))
    mistakes += _without_english(sweep, cells)
    mistakes += _nothing_left(sweep, flags)
    mistakes += unservable(sweep)
    data = dict(_referred(sweep, source, cells, mistakes))
    mistakes += stemming(data_replaced(before, source.ref, data), sweep.where("data"))
    if mistakes:
        raise UserMistake(in_order(mistakes))
    notes += [*_overlap_notes(sweep, flags), *source.notes]
    first, several = encoders[sweep.encoders[0]], encoders if len(encoders) > 1 else {}
    return ResolvedInputs(first, source.ref, data, flags, tuple(dict.fromkeys(notes)), several)


def overlaps(sweep: Sweep) -> Iterator[OverlapFlag]:
    """Every pair of an intermediate task and a target that share text."""
    steps = sweep.intermediate.tasks
    names = dict.fromkeys(member.task for step in steps for member in step.members)
    for name in names:
        for target in sweep.targets:
            reason = overlap(name, target.task)
            if reason:
                yield OverlapFlag(name, target.task, reason)


def write_prepared(folder: SweepFolder, prepared: ResolvedInputs) -> None:
    """Keep what preflight found in the sweep's folder, whole or not at all."""
    content = {
        "encoder": asdict(prepared.encoder),
        "source": asdict(prepared.source),
        "data": [asdict(ref) for ref in prepared.data.values()],
        "overlaps": [asdict(flag) for flag in prepared.overlaps],
        "notes": list(prepared.notes),
    }
    if prepared.encoders:
        content["encoders"] = {name: asdict(ref) for name, ref in prepared.encoders.items()}
    write_whole(folder.prepared, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def read_prepared(folder: SweepFolder) -> ResolvedInputs:
    """Read what `write_prepared` wrote.

    Raises:
        UserMistake: it is missing or cannot be read; running the spec again writes it anew.
    """
    try:
        content = json.loads(folder.prepared.read_text(encoding="utf-8"))
        refs = [DataRef(**ref) for ref in content["data"]]
        source = content["source"]
        commits = tuple((repository, commit) for repository, commit in source.get("revisions", ()))
        return ResolvedInputs(
            encoder=EncoderRef(**content["encoder"]),
            source=SourceRef(source["kind"], source["location"], commits),
            data={(ref.task, ref.language, ref.split): ref for ref in refs},
            overlaps=tuple(OverlapFlag(**flag) for flag in content["overlaps"]),
            notes=tuple(content["notes"]),
            encoders={n: EncoderRef(**ref) for n, ref in content.get("encoders", {}).items()},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "delete it and run the spec again; finished stages and trials are kept"
        what = f"cannot be read: {type(error).__name__}"
        raise UserMistake(Mistake(str(folder.prepared), what, remedy)) from None


def planned(folder: SweepFolder) -> ResolvedInputs | None:
    """What a sweep was planned with; None where none was planned in `folder`."""
    return read_prepared(folder) if folder.prepared.is_file() else None


def _encoder(
    name: str,
    sweep: Sweep,
    before: ResolvedInputs | None,
    mistakes: list[Mistake],
    notes: list[str],
) -> EncoderRef | None:
    from xlt_core.models.encoders import refer_encoder
    from xlt_core.models.opening import open_encoder

    known = before.encoder_of({"encoder": name}) if before is not None else None
    try:
        with blaming(sweep.where("encoder")):
            found = refer_encoder(name, known)
            opened = open_encoder(found)
    except UserMistake as error:
        mistakes.extend(_meant(name, error.mistakes))
        return None
    mistakes.extend(too_long(sweep, name, opened.most_tokens))
    mistakes.extend(beyond_limits(sweep, opened.limits))
    notes.extend(encoder_moved(known, found))
    return found


def _meant(name: str, mistakes: Iterable[Mistake]) -> Iterator[Mistake]:
    """Mistakes of an encoder, with the names there are where it may be a slip in one of them."""
    names = encoder_names()
    for mistake in mistakes:
        slip = nearest(name, names) and name not in names and not Path(name).exists()
        remedy = f"{did_you_mean(name, names)}; {mistake.remedy}" if slip else mistake.remedy
        yield replace(mistake, remedy=remedy)


def _source(sweep: Sweep, before: ResolvedInputs | None, mistakes: list[Mistake]) -> Source | None:
    try:
        with blaming(sweep.where("data")):
            return open_source(source_ref(sweep, before))
    except UserMistake as error:
        mistakes.extend(error.mistakes)
        return None


def _training_cells(sweep: Sweep) -> Iterator[Cell]:
    for step in sweep.intermediate.tasks:
        for member in step.members:
            yield member.task, member.language, "train"
    for target in sweep.targets:
        for name in trains_on(target.task):
            yield name, ENGLISH, "train"


def _evaluation_cells(
    sweep: Sweep, target: Target, source: Source, mistakes: list[Mistake], notes: list[str]
) -> Iterator[Cell]:
    """What is scored of one target. English dev is among it where it is what selects."""
    name = target.task
    where = sweep.where(*trail_of_target(sweep, name))
    try:
        with blaming(where):
            there = {split: source.languages(name, split) for split in sweep.splits}
    except UserMistake as error:
        mistakes += error.mistakes
        return
    wanted = target.languages
    if wanted is None:
        wanted = tuple(sorted({code for codes in there.values() for code in codes}))
        wanted = tuple(code for code in wanted if code in get_task(name).languages)
    if not wanted:
        mistakes.append(_nothing(name, sweep, where))
    notes += _notes(name, wanted, there)
    for code in wanted:
        splits = [split for split in sweep.splits if code in there[split]]
        # Asking for what is not there lets the source say which file it would have to be.
        for split in splits or sweep.splits[-1:]:
            yield name, code, split
    selecting = sweep.objective.split
    if sweep.objective.languages == "english" and ENGLISH in there.get(selecting, ()):
        yield name, ENGLISH, selecting


def _nothing(task: str, sweep: Sweep, where: str) -> Mistake:
    expected = " or ".join(sweep.splits)
    what = f"{task} in {sweep.data} has no {expected} data in any language"
    return Mistake(where, what, "see `xlt tasks` for the files it is read from")


def _notes(task: str, wanted: Iterable[str], there: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if get_task(task).halve_test:
        yield (
            f"{task} has no dev set: its test set is halved, the same rows in every language; "
            "one half selects, the other is reported"
        )
    for split, codes in there.items():
        missing = [code for code in wanted if code not in codes]
        if missing and set(missing) != set(wanted):
            yield f"{task} has no {split} data in {' '.join(missing)}"


def _without_english(sweep: Sweep, cells: Iterable[Cell]) -> Iterator[Mistake]:
    """Selection on English needs English dev somewhere."""
    if sweep.objective.languages != "english":
        return
    names = {target.task for target in sweep.targets}
    selecting = (ENGLISH, sweep.objective.split)
    if not any(cell[0] in names and cell[1:] == selecting for cell in cells):
        what = f"no target has English {sweep.objective.split} data to select on"
        remedy = "add a target that has, or set objective.languages: all (it is then marked so)"
        yield Mistake(sweep.where("objective", "languages"), what, remedy)


def _referred(
    sweep: Sweep, source: Source, cells: Iterable[Cell], mistakes: list[Mistake]
) -> Iterator[tuple[Cell, DataRef]]:
    """Every split by content; a mistake that several have is said of the first."""
    said: set[Mistake] = set()
    for cell in cells:
        try:
            yield cell, source.refer(*cell)
        except UserMistake as error:
            new = [mistake for mistake in error.mistakes if mistake not in said]
            said.update(new)
            mistakes.extend(stemming(new, sweep.where(*trail_of_cell(sweep, *cell))))


def _nothing_left(sweep: Sweep, flags: Iterable[OverlapFlag]) -> Iterator[Mistake]:
    """Excluding what overlaps must leave something to search."""
    steps, flagged = sweep.intermediate.tasks, {flag.intermediate for flag in flags}
    if sweep.intermediate.overlap != "exclude" or not steps:
        return
    if all(any(member.task in flagged for member in step.members) for step in steps):
        what = "every intermediate task shares text with a target"
        yield Mistake(
            sweep.where("intermediate", "overlap"), what, "add other tasks, or write overlap: flag"
        )


def _overlap_notes(sweep: Sweep, flags: Iterable[OverlapFlag]) -> Iterator[str]:
    if sweep.intermediate.overlap == "exclude":
        for flag in flags:
            yield f"{flag.intermediate} is left out, it overlaps with {flag.target}: {flag.reason}"
