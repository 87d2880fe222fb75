"""What the page of a sweep's run tells: its description in Markdown, links to tables. Pure.

The answer is `results.winners`'s; here it is only worded. `{experiment}` stands for the number of
MLflow's experiment and `{run}` for the run's, which the writer knows. Tables are in `views`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweeps.results.question import question
from sweeps.results.rows import SweepResults
from sweeps.results.settings import whole
from sweeps.results.tables import Choice, incomplete
from sweeps.results.winners import Winner, winners
from sweeps.search.trial import TrialState
from sweeps.spec.paths import SweepFolder
from sweeps.spec.sweep import Sweep
from sweeps.statistics.points import signed
from sweeps.tracking.diff import OURS
from sweeps.tracking.names import TAG_LENGTH
from sweeps.tracking.views import (
    STAGES,
    TRIALS,
    artifact_link,
    best_for,
    chosen_by,
    families_of,
    view_link,
)

PAGE = "report.html"  # the whole report, where there is one among the run's artifacts
_LINES = 40  # of a table by family


def description(
    sweep: Sweep,
    folder: SweepFolder,
    results: SweepResults | None = None,
    is_whole: bool = True,
    has_page: bool = False,
) -> str:
    """The text of the sweep's page; without results, of one that has only begun.

    Args:
        is_whole: whether it has ended; otherwise the answer is of what is complete so far.
        has_page: whether the whole report is kept with the run.
    """
    parts = [f"{OURS} {question(sweep)}"]
    if results is not None and not is_whole:
        parts.append(_so_far(results))
    found = () if results is None else winners(results)
    alike: dict[Choice, list[Winner]] = {}  # both ways often choose the same plan: said once
    for one in found:
        alike.setdefault(one.standing.choice, []).append(one)
    parts += [text for same in alike.values() for text in _answer(same)] or [
        "**Answer.** No trial is complete yet."
    ]
    parts += [
        "**How it was chosen.** Plans are chosen on "
        f"{sweep.objective.split}; what is shown is never what chose. A gain is over the baseline "
        "at the same seed and recipe, in points; a family is the unweighted mean over its "
        "languages, its interval (95 %) for other languages and seeds.",
        "\n".join(["**Look further.**", "", *_links(folder, results, has_page)]),
        f"**Make it again.** `xlt run spec.yaml` (under Artifacts), or `xlt resume {folder.called}`"
        " where it lies; `report.txt` has every table, `plans.svg` the plans as a tree,"
        " `plans.json` its data.",
    ]
    text = "\n\n".join(parts)
    if len(text) <= TAG_LENGTH:
        return text
    return text[: TAG_LENGTH - 60].rsplit("\n", 1)[0] + "\n\n… `report.txt` has the rest."


def _so_far(results: SweepResults) -> str:
    left_out = incomplete(results.rows, results.asked)
    complete = [
        trial
        for trial in results.trials
        if trial.state == TrialState.FINISHED and trial.number not in left_out
    ]
    number = len(complete)
    trials = "1 trial was" if number == 1 else f"{number} trials were"
    return (
        f"**It is still running.** {trials} complete when this was written; it is written again "
        "as more are."
    )


def _answer(same: Sequence[Winner]) -> Iterator[str]:
    one, chosen_by = same[0], " and ".join(each.chosen_by for each in same)
    standing = one.standing
    which = "beside trial" if standing.beside else "trial"
    scores = "; ".join(
        f"{each.target} {one.shown} {each.score:.2f}"
        + ("" if each.gain is None else f" (gain {signed(each.gain.mean)})")
        for each in standing.targets
    )
    trained = f", trained with {whole(one.settings)}" if one.settings else ""
    yield (
        f"**Answer, {chosen_by}.** `{one.plan}` ({which} {standing.trial}{trained}): "
        f"{scores or '–'}."
    )
    if one.families:
        lines = ["| target | family | gain | 95 % interval | languages | seeds |"]
        lines.append("|---|---|--:|--:|--:|--:|")
        for line in one.families[:_LINES]:
            gain = line.gain
            lines.append(
                f"| {line.target} | {line.family} | {signed(gain.mean)} | {gain.interval_text} "
                f"| {gain.languages} | {gain.seeds} |"
            )
        yield "\n".join(lines)


def _links(folder: SweepFolder, results: SweepResults | None, has_page: bool) -> Iterator[str]:
    if has_page:
        yield f"* [The whole report]({artifact_link(PAGE)})"
    yield f"* [Trials as a table]({view_link(folder, TRIALS)})"
    if families_of(results):
        yield f"* [Trials as charts]({view_link(folder, TRIALS, is_drawn=True)})"
    yield f"* [Stages as a table]({view_link(folder, STAGES)})"
    for target, family in families_of(results)[:12]:
        link = view_link(folder, best_for(target, family))
        chooses, _, _ = chosen_by(results, target, family).partition("/")
        if chooses == "gain":
            yield f"* [Highest gain of {family} on {target}, chosen by itself]({link})"
        else:
            yield f"* [Best plan for {family} on {target}, chosen on its {chooses}]({link})"
