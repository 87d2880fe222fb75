"""Several sweeps in one report: what the winner of each gains, by family, encoder and target.

Side by side, each against its own baseline. `whole` is the report of one sweep.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath

from sweeps.report.document import (
    Column,
    Figure,
    Forest,
    Kind,
    Paragraph,
    Part,
    Report,
    Section,
    Shown,
    Table,
    Value,
)
from sweeps.report.estimates import (
    AT_ONCE,
    COLUMNS,
    CORRECTED,
    GAIN,
    INTERVAL,
    NUMBERS,
    corrected_values,
    correction_notes,
    values,
)
from sweeps.report.limits import limits, state_sentence
from sweeps.report.origin import origin, origins
from sweeps.report.scores import scores_table
from sweeps.results.facts import SweepFacts
from sweeps.results.tables import FamilyGain
from sweeps.results.winners import Winner, winners
from sweeps.statistics import sentences
from sweeps.statistics.multiplicity import table

_WHO = tuple(map(Column, ("sweep", "encoder", "plan", "chosen_by", "target", "family")))
_SHOWN = tuple(
    Shown(name, (name,), folds=name == "plan")
    for name in ("target", "family", "sweep", "encoder", "plan")
)
_CAUTION = (
    "Each gain is over the sweep's own baseline, with its own encoder, seeds and settings. That "
    "one sweep's interval lies above another's is no test of the difference: sweeps that differ in "
    "more than the encoder differ for many reasons."
)

Line = tuple[SweepFacts, Winner, FamilyGain]


def comparison(every: Sequence[SweepFacts]) -> Report:
    """The report of sweeps that are compared."""
    every = _told_apart(every)
    names = ", ".join(facts.name for facts in every)
    ask = f"How do {names} compare, by language family, encoder and target?"
    head = [Paragraph(ask), *(Paragraph(state_sentence(facts)) for facts in every)]
    limited = [Paragraph(_CAUTION)]
    limited += [Paragraph(f"{one.name}: {said}") for one in every for said in limits(one)]
    sections = (
        Section("answer", "Question and sweeps", (*head, _sweeps(every))),
        *(_compared(every, way, title) for way, title in _WAYS.items()),
        Section("limits", "What cannot be concluded", tuple(limited)),
        Section("numbers", "Every number", (scores_table(every),)),
        Section(
            "origin",
            "Made by",
            (*(part for one in every for part in origin(one)), *origins(every)),
        ),
    )
    return Report(names, tuple(one for one in sections if one.parts))


_WAYS = {
    "english": "Winners selected on English (zero-shot)",
    "all": "Winners selected on target languages (not zero-shot)",
}


def _told_apart(every: Sequence[SweepFacts]) -> list[SweepFacts]:
    """Sweeps of one name by what commands call them."""
    names = Counter(facts.name for facts in every)
    return [replace(one, label=one.called) if names[one.name] > 1 else one for one in every]


def _compared(every: Sequence[SweepFacts], way: str, title: str) -> Section:
    found = [
        (facts, winner)
        for facts in every
        for winner in winners(facts.results)
        if winner.languages == way
    ]
    lines = _lines(found)
    parts = [_by_target(found, way), *(_parts(lines, way) if lines else ())] if found else []
    return Section(f"by-{way}", title, tuple(parts))


def _by_target(found: Sequence[tuple[SweepFacts, Winner]], way: str) -> Table:
    """Each winner's score and gain on each of its targets."""
    return Table(
        f"winners-{way}",
        "The winner of each sweep by target, mean over its languages and seeds",
        (
            *map(Column, ("target", "sweep", "encoder", "plan", "chosen_by")),
            Column("score", Kind.PERCENT),
            *COLUMNS,
        ),
        tuple(
            sorted(
                (
                    *(score.target, facts.name, _encoder(facts, winner)),
                    *(winner.plan, winner.chosen_by, score.score),
                    *values(score.gain),
                )
                for facts, winner in found
                for score in winner.standing.targets
            )
        ),
        (
            *(
                Shown(name, (name,), folds=name == "plan")
                for name in ("target", "sweep", "encoder", "plan", "score")
            ),
            *(GAIN, INTERVAL, *NUMBERS),
        ),
    )


def _lines(found: Sequence[tuple[SweepFacts, Winner]]) -> list[Line]:
    """By target and family, each sweep's beside the others'."""
    lines = [(facts, winner, line) for facts, winner in found for line in winner.families]
    return sorted(lines, key=lambda one: (one[2].target, one[2].family))


def _parts(lines: Sequence[Line], way: str) -> Iterator[Part]:
    caption = "What the winner of each sweep gains, by target and family; points, 95 % interval"
    data = Table(
        f"forest-{way}",
        caption,
        (*_WHO, Column("line"), Column("panel"), *COLUMNS),
        tuple(
            (
                *_who(facts, winner, line),
                f"{facts.name} ({_encoder(facts, winner)})",
                f"{line.family}, {line.target}",
                *values(line.gain),
            )
            for facts, winner, line in lines
        ),
        (*_SHOWN, GAIN, INTERVAL, *NUMBERS),
    )
    yield Figure(
        data.name,
        caption,
        f"A forest plot of {len(lines)} lines, sweeps beside each other for each target and family;"
        " the numbers are in the next table.",
        Forest("line", "gain", "low", "high", "panel", "not_estimable"),
        data,
    )
    corrected = table({n: line.gain for n, (_, _, line) in enumerate(lines)})
    yield Table(
        f"compared-{way}",
        "Gains by target, family, sweep and encoder",
        (*_WHO, *CORRECTED),
        tuple((*_who(*one), *corrected_values(corrected[n])) for n, one in enumerate(lines)),
        (*_SHOWN, GAIN, INTERVAL, *AT_ONCE, *NUMBERS),
        sentences.gains(
            "the gain of each sweep's winner over no intermediate task",
            {
                f"{line.family} on {line.target} by {facts.name}": corrected[n]
                for n, (facts, _, line) in enumerate(lines)
            },
        ),
        correction_notes(corrected.values()),
    )


def _sweeps(every: Sequence[SweepFacts]) -> Table:
    return Table(
        "sweeps",
        "The sweeps",
        (
            *map(Column, ("sweep", "state", "encoder", "targets", "tasks", "search")),
            Column("seeds", Kind.COUNT),
            Column("trials_finished", Kind.COUNT),
        ),
        tuple(_sweep(facts) for facts in every),
    )


def _sweep(facts: SweepFacts) -> tuple[Value, ...]:
    sweep = facts.results.sweep
    return (
        facts.name,
        str(facts.state),
        ", ".join(ref.name for ref in facts.results.prepared.every_encoder),
        ", ".join(target.task for target in sweep.targets),
        ", ".join(map(str, sweep.intermediate.tasks)),
        sweep.search.method,
        len(sweep.seeds),
        facts.trials.finished,
    )


def _who(facts: SweepFacts, winner: Winner, line: FamilyGain) -> tuple[Value, ...]:
    encoder = _encoder(facts, winner)
    return (facts.name, encoder, winner.plan, winner.chosen_by, line.target, line.family)


def _encoder(facts: SweepFacts, winner: Winner) -> str:
    """The winner's encoder; a folder goes by its name."""
    return PurePath(facts.results.prepared.encoder_of(winner.settings).name).name
