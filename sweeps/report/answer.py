"""The answer to a sweep's question in a sentence, with its certainty.

The sentences are `sweeps.statistics.sentences`'s, which claim what intervals carry. The gain of a
chosen plan is that of choosing, on seeds that did not choose, where it can be had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeps.report.document import Column, Kind, Paragraph, Part, Shown, Table, Tone
from sweeps.report.estimates import COLUMNS, GAIN, INTERVAL, NUMBERS, values
from sweeps.report.plans import named, with_number
from sweeps.results.gains import dev_cells, plan_gains
from sweeps.results.rows import SweepResults
from sweeps.results.tables import ranked
from sweeps.results.winners import Winner, winners
from sweeps.spec.methods import METHODS
from sweeps.statistics import sentences
from sweeps.statistics.winners_curse import HonestGain, honest_gain

_SAME_SEEDS = (
    "The seeds that it is shown on are those that chose it: by how much that overstates its gain "
    "cannot be had here."
)


def answer(results: SweepResults) -> Iterator[Part]:
    """A sentence a winner and target; then how the choice itself fares, as a table."""
    found = list(winners(results))
    if not found:
        yield Paragraph("No trial is complete yet: there is no answer.", Tone.STRONG)
        return
    honest = [one for winner in found for one in honest_gains(results, winner)]
    for winner in found:
        said = [(target, one) for whose, target, one in honest if whose is winner]
        chosen_by = f"{winner.chosen_by[0].upper()}{winner.chosen_by[1:]}"
        yield Paragraph(f"{chosen_by}: {_sentence(winner, said)}", Tone.STRONG)
    if honest:
        yield choosing_table(honest)


def honest_gains(
    results: SweepResults, winner: Winner
) -> Iterator[tuple[Winner, str, HonestGain[str]]]:
    """What choosing as this winner was chosen gains on seeds that did not choose, by target.

    None with one seed; none where a search that learns proposed the plans; none on the languages of
    several targets, whose numbers differ.
    """
    sweep = results.sweep
    if len(sweep.seeds) < 2 or METHODS[sweep.search.method].learns:
        return
    if winner.languages == "all" and len(sweep.targets) > 1:
        return
    standings = {one.choice: one for one in ranked(results, sweep.objective)}
    dev = dev_cells(results, winner.languages)
    ordered = sorted(standings, key=lambda choice: (choice[0], not choice[1]))
    gains = plan_gains(results)
    for target in sorted({one.target for one in gains}):
        test = {with_number(one.standing): one.cells for one in gains if one.target == target}
        chosen_by = {
            with_number(standings[choice]): dev[choice] for choice in ordered if choice in dev
        }
        if test.keys() & chosen_by.keys():
            yield winner, target, honest_gain(chosen_by, test)


def choosing_table(found: list[tuple[Winner, str, HonestGain[str]]]) -> Table:
    """How the chosen plan looks, and what choosing gains on seeds that did not choose."""
    return Table(
        "choosing",
        "What choosing gains, where it did not look",
        (
            Column("chosen_by"),
            Column("target"),
            Column("chosen"),
            Column("plans", Kind.COUNT),
            Column("looks", Kind.POINTS),
            *COLUMNS,
            Column("overstated", Kind.POINTS),
            Column("same_choice", Kind.COUNT),
            Column("choices", Kind.COUNT),
        ),
        tuple(
            (
                winner.chosen_by,
                target,
                one.chosen,
                one.plans,
                one.looks,
                *values(one.estimate, one.obstacle),
                one.overstated,
                one.agreement,
                len(one.choices),
            )
            for winner, target, one in found
        ),
        (
            Shown("chosen by", ("chosen_by",)),
            Shown("target", ("target",)),
            Shown("chosen", ("chosen",), folds=True),
            Shown("of plans", ("plans",)),
            Shown("looks like", ("looks",)),
            GAIN,
            INTERVAL,
            *NUMBERS,
        ),
        notes=(
            "The best of many plans is partly the one whose seeds were kind, on test as on dev: "
            "they are the same trained models. So each seed in each language is shown with the "
            "plan that other seeds, and other languages, choose.",
        ),
    )


def _sentence(winner: Winner, honest: Sequence[tuple[str, HonestGain[str]]]) -> str:
    standing = winner.standing
    if standing.is_baseline:
        return "no intermediate task; no plan did better."
    if honest:
        return f"on {' On '.join(f'{t}, {sentences.chosen(one)}' for t, one in honest)}"
    lines = {score.target: score.gain for score in standing.targets if score.gain is not None}
    if not lines:
        return f"{with_number(standing)}. Without a baseline nothing can be said of its gain."
    what = f"the gain of {named(winner)} over no intermediate task"
    return f"{with_number(standing)}. {sentences.gains(what, lines)} {_SAME_SEEDS}"
