"""The report of a sweep as a page has it: question, answer, plans, families, languages, counts,
orders, stages, what cannot be concluded, and where it all comes from.

Each part is built by a module of its own. `compared` is the report of several sweeps.
"""

from __future__ import annotations

from collections.abc import Iterable

from sweeps.report.answer import answer
from sweeps.report.counts import count_curves
from sweeps.report.document import Paragraph, Part, Report, Section
from sweeps.report.languages import by_language
from sweeps.report.limits import limits, state_sentence
from sweeps.report.orders import order_matrices
from sweeps.report.origin import origin, origins
from sweeps.report.pays import families
from sweeps.report.plans import plans_table, winners_table, winning_settings
from sweeps.report.render import meaning_text
from sweeps.report.scores import every_family, scores_table
from sweeps.report.stages import stages
from sweeps.results.facts import SweepFacts
from sweeps.results.question import question
from sweeps.results.tables import meanings, ranked, shown_split
from sweeps.results.winners import selected_by


def whole_report(facts: SweepFacts) -> Report:
    """Everything that is known of one sweep."""
    results = facts.results
    shown = shown_split(results.sweep.splits, results.sweep.objective)
    head = [Paragraph(question(results.sweep)), Paragraph(state_sentence(facts))]
    head += [Paragraph(meaning_text(one)) for one in meanings(results.rows, shown or "")]
    sections = [_section("answer", "Question and answer", [*head, *answer(results)])]
    if results.rows:
        found = ranked(results, results.sweep.objective)
        caption = f"Plans, best first, {selected_by(results)}"
        sections += [
            _section("plans", "Plans", [plans_table(caption, found, results, shown)]),
            _section(
                "winners",
                "Both winners",
                [winners_table(results, shown), *winning_settings(results)],
            ),
        ]
    if results.rows and shown is not None:
        sections += [
            _section("families", "For which families it pays", families(results)),
            _section("languages", "By language", by_language(results)),
            _section("counts", "How many tasks", count_curves(results)),
            _section("orders", "In which order", order_matrices(results)),
        ]
    sections += [_section("stages", "What was shared", stages(facts))]
    sections += [_section("limits", "What cannot be concluded", map(Paragraph, limits(facts)))]
    if results.rows:
        every = [every_family(results), scores_table([facts])]
        sections += [_section("numbers", "Every number", every)]
    sections += [_section("origin", "Made by", [*origin(facts), *origins([facts])])]
    return Report(facts.name, tuple(one for one in sections if one.parts))


def _section(name: str, title: str, parts: Iterable[Part]) -> Section:
    return Section(name, title, tuple(parts))
