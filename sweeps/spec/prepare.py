"""Preflight: open the encoder and every data set a sweep needs, before anything is trained.

What is found are the sweep's `inputs`. What is on the hub is resolved here, once: its commits are
part of what is found, every process reads those, and a later `run` or `resume` hands them in again.
Knows nothing of Ray.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from sweeps.spec.commits import data_replaced, encoder_moved, source_ref
from sweeps.spec.doubles import noting_doubles
from sweeps.spec.fits import beyond_limits, too_long, unservable
from sweeps.spec.inputs import Cell, OverlapFlag, ResolvedInputs
from sweeps.spec.names import did_you_mean, encoder_names, nearest
from sweeps.spec.recipes import trains_on
from sweeps.spec.sources import kind_of
from sweeps.spec.stems import blaming, in_order, stemming, trail_of_cell, trail_of_target
from sweeps.spec.sweep import Sweep, Target
from xlt_core.data import open_source
from xlt_core.data.source import Source
from xlt_core.models.pretrainings import pretraining_of
from xlt_core.stages import PretrainStage
from xlt_core.tasks import get_task, overlap
from xlt_core.vocabulary.errors import Mistake, UserMistake
from xlt_core.vocabulary.languages import ENGLISH
from xlt_core.vocabulary.refs import DataRef, EncoderRef


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
    roots = dict(_roots(sweep, encoders, mistakes))
    source = _source(sweep, before, mistakes)
    if source is None:
        raise UserMistake(mistakes)
    cells = dict.fromkeys(training_cells(sweep))
    for target in sweep.targets:
        cells |= dict.fromkeys(_evaluation_cells(sweep, target, source, mistakes, notes))
    flags = tuple(overlaps(sweep))
    mistakes += _without_english(sweep, cells)
    mistakes += _nothing_left(sweep, flags)
    mistakes += unservable(sweep)
    data = dict(noting_doubles(source, _referred(sweep, source, cells, mistakes), notes))
    mistakes += stemming(data_replaced(before, source.ref, data), sweep.where("data"))
    if mistakes:
        raise UserMistake(in_order(mistakes))
    notes += [*_overlap_notes(sweep, flags), *source.notes]
    first, several = encoders[sweep.encoders[0]], encoders if len(encoders) > 1 else {}
    notes = [*dict.fromkeys(notes)]
    return ResolvedInputs(first, source.ref, data, flags, tuple(notes), several, roots)


def overlaps(sweep: Sweep) -> Iterator[OverlapFlag]:
    """Every pair of an intermediate task and a target that share text."""
    steps = sweep.intermediate.tasks
    names = dict.fromkeys(member.task for step in steps for member in step.members)
    for name in names:
        for target in sweep.targets:
            reason = overlap(name, target.task)
            if reason:
                yield OverlapFlag(name, target.task, reason)


def _encoder(
    name: str,
    sweep: Sweep,
    before: ResolvedInputs | None,
    mistakes: list[Mistake],
    notes: list[str],
) -> EncoderRef | None:
    from xlt_core.models.encoders import refer_encoder
    from xlt_core.models.opened import opened

    planned = before.encoder_of({"encoder": name}) if before is not None else None
    try:
        with blaming(sweep.where("encoder")):
            found = refer_encoder(name, planned)
            known = opened(found)
    except UserMistake as error:
        mistakes.extend(_meant(name, error.mistakes))
        return None
    mistakes.extend(too_long(sweep, name, known.most_tokens))
    mistakes.extend(beyond_limits(sweep, known.limits))
    notes.extend(encoder_moved(planned, found))
    return found


def _roots(
    sweep: Sweep, encoders: Mapping[str, EncoderRef], mistakes: list[Mistake]
) -> Iterator[tuple[str, PretrainStage]]:
    """The stages that pretrain those encoders that do not come with their weights."""
    for name, encoder in encoders.items():
        try:
            with blaming(sweep.where("encoder")):
                how = pretraining_of(name)
                if how is not None:
                    yield name, PretrainStage.of(how, encoder)
        except UserMistake as error:
            mistakes.extend(error.mistakes)


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


def training_cells(sweep: Sweep) -> Iterator[Cell]:
    """Every split that is trained on; one may come more than once."""
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
    notes += _notes(sweep, target, wanted, there)
    for code in wanted:
        splits = [split for split in sweep.splits if code in there[split]]
        # Asking for what is not there lets the source say which file it would have to be.
        for split in splits or sweep.splits[-1:]:
            yield name, code, split
    selecting = sweep.objective.split
    if sweep.objective.languages == "english" and ENGLISH in there.get(selecting, ()):
        yield name, ENGLISH, selecting
        wanted = tuple(dict.fromkeys((*wanted, ENGLISH)))
    yield from _cells_beside(name, wanted, source)


def _cells_beside(task: str, scored: Iterable[str], source: Source) -> Iterator[Cell]:
    """What evaluations read with what they score."""
    for beside in get_task(task).beside:
        there = source.languages(task, beside.split) if beside.all_languages else scored
        for code in there or scored:  # the source says of what is not there where it should be
            yield task, code, beside.split


def _nothing(task: str, sweep: Sweep, where: str) -> Mistake:
    expected = " or ".join(sweep.splits)
    what = f"{task} in {sweep.data} has no {expected} data in any language"
    return Mistake(where, what, "`xlt tasks --json` has the files it is read from")


def _notes(
    sweep: Sweep, target: Target, wanted: Iterable[str], there: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    task = target.task
    if target.languages is None:
        found = {code for codes in there.values() for code in codes}
        lacking = [code for code in get_task(task).languages if code not in found]
        if found and lacking:
            where = "the folder" if kind_of(sweep.data) == "folder" else f"data: {sweep.data}"
            yield f"{task} is not scored in {' '.join(lacking)}: {where} has no such data"
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
    """Something must select: English dev of some target, or of any language where all do."""
    split = sweep.objective.split
    there = {target.task: set[str]() for target in sweep.targets}
    for task, language, of in cells:
        if task in there and of == split:
            there[task].add(language)
    on_english = sweep.objective.languages == "english"
    if any(ENGLISH in codes if on_english else codes for codes in there.values()):
        return
    found = "; ".join(f"{task} has {' '.join(sorted(c)) or 'none'}" for task, c in there.items())
    what = f"no target has {'English ' if on_english else ''}{split} data to select on ({found})"
    remedy = "add a target that has"
    if on_english and any(there.values()):
        remedy += ", or set objective.languages: all (it is then marked so)"
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
