"""What `xlt results` shows: heading, best plans, both winners, gains by family, notes.

Every table carries its n, and says what selected the plan and on what it is shown. `terminal`
draws it; the page of a sweep (`whole`) has more.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from sweeps.report.document import Paragraph, Part, Report, Section, Tone
from sweeps.report.families import of_every_plan, of_winners, progress_of
from sweeps.report.notes import notes
from sweeps.report.plans import best_plans, winners_table, winning_settings
from sweeps.report.terminal import drawn
from sweeps.report.text import as_text
from sweeps.results.rows import SweepResults, judging_metrics
from sweeps.results.tables import Meaning, meanings, shown_split
from xlt_core.vocabulary.languages import ENGLISH


def text_report(results: SweepResults) -> str:
    """The report as a plain file has it."""
    return as_text(results_report(results))


def results_report(results: SweepResults, every: bool = False) -> RenderableType:
    """Best plans, or every one; both winners, and their gains by language family."""
    return drawn(results_document(results, every))


def results_document(results: SweepResults, every: bool = False) -> Report:
    """The same as a value."""
    name = results.sweep.name
    shown = shown_split(results.sweep.splits, results.sweep.objective)
    if not results.rows:
        nothing = Paragraph(f"{name}: no trial has finished yet; nothing to show.")
        return Report(name, (Section("nothing", "", (nothing,)),))
    winning: tuple[Part, ...] = (winners_table(results, shown), *winning_settings(results))
    gains: list[Part] = [*of_winners(results)] if shown is not None else []
    gains += of_every_plan(results, shown) if shown is not None and every else []
    said = tuple(Paragraph(note, Tone.QUIET) for note in notes(results, shown))
    return Report(
        name,
        (
            Section("heading", "", tuple(heading(results, shown))),
            Section("plans", "", tuple(best_plans(results, shown, every))),
            Section("winners", "", winning),
            *(Section(f"gains-{n}", "", (part,)) for n, part in enumerate(gains)),
            Section("notes", "", said),
        ),
    )


def heading(results: SweepResults, shown: str | None) -> Iterator[Paragraph]:
    """How far the sweep is, and what scores are means of."""
    finished, every = progress_of(results)
    seeds = " ".join(map(str, results.sweep.seeds))
    yield Paragraph(
        f"{results.sweep.name}: {finished} of {every} trials finished, "
        f"seeds {seeds}; chosen on {results.sweep.objective.split}, shown on {shown or 'nothing'}",
        Tone.STRONG,
    )
    for meaning in meanings(results.rows, shown or results.sweep.objective.split):
        yield Paragraph(meaning_text(meaning))


def meaning_text(meaning: Meaning) -> str:
    """What is shown of a target, in words."""
    judges = judging_metrics(meaning.target)
    metric = f"the mean of {' and '.join(judges)}" if len(judges) > 1 else meaning.metric
    number = len(meaning.languages)
    languages = "language" if number == 1 else "languages"
    english = "English among them" if ENGLISH in meaning.languages else "English not among them"
    return f"{meaning.target}: {metric}, averaged over {number} {languages}, {english}"
