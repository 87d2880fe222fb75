"""`xlt plan`: what a sweep would do, without doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from rich.table import Table

from sweeps.cli.options import AsJson, Folder, Overrides, SpecFile
from sweeps.cli.output import print_json, stdout
from sweeps.interface.agreement import Begun, begun, claimed, free, hold
from sweeps.interface.forecasts import cautions_of, forecast_of, known_trials
from sweeps.interface.places import folder_of, placed, refuse_a_foreign_folder
from sweeps.processes import uncollected
from sweeps.results.rows import overlap_texts
from sweeps.results.settings import short
from sweeps.spec.selection import selection
from sweeps.statistics.limits import ADVISED_SEEDS
from sweeps.statistics.signflip import smallest_p

SHOWN_PLANS = 10

if TYPE_CHECKING:
    from sweeps.report.cuts import CutRows
    from sweeps.report.forecast import Forecast
    from sweeps.search.trial import Trial
    from sweeps.spec.inputs import ResolvedInputs
    from sweeps.spec.paths import SweepFolder
    from sweeps.spec.sweep import Sweep


def plan(
    spec: SpecFile, overrides: Overrides = None, folder: Folder = None, as_json: AsJson = False
) -> None:
    """Say what a sweep would do; train nothing.

    Trials, stages, what they share, and what is in the store already. Where a sweep of the name has
    begun, what `xlt run` would make of it: go on, extend it, or refuse.
    """
    from sweeps.spec.inputs import planned
    from sweeps.spec.prepare import prepare
    from sweeps.spec.read import read_spec

    sweep = read_spec(spec, overrides or [])
    place = folder_of(sweep.name, folder)
    sweep = placed(sweep, place)
    refuse_a_foreign_folder(place, sweep.name)
    with uncollected():
        prepared = prepare(sweep, planned(place))
    known = known_trials(sweep)
    before = begun_of(sweep, prepared, place, known)
    sweep = sweep if before is None else before.change.sweep
    found, cuts = forecast_of(sweep, prepared, known), cuts_of(sweep, prepared, place)
    if as_json:
        from sweeps.report.cuts import unknown_lines

        own: dict[str, object] = {"begun": None if before is None else before.to_json()}
        own |= {"cut_rows": [asdict(cut) for cut in cuts]}
        own |= {"unknown_tokens": list(unknown_lines(cuts))}
        print_json(as_data(sweep, prepared, found) | own)
    else:
        show(sweep, prepared, found)
        show_begun(before, place)
        show_cuts(cuts)


def begun_of(
    sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder, known: Sequence[Trial]
) -> Begun | None:
    """What began under the sweep's name; None where nothing did.

    Args:
        known: the study's trials.

    Raises:
        UserMistake: what `xlt run` would refuse, in its words.
    """
    change = hold(sweep, prepared, folder) if folder.exists else None
    going_on = sweep if change is None else change.sweep
    numerics = claimed(going_on, prepared, folder).numerics
    if change is None:
        return None
    return begun(replace(change, notes=(*change.notes, *numerics)), known)


def show_begun(before: Begun | None, folder: SweepFolder) -> None:
    """Print what `xlt run` would make of a sweep that has begun."""
    from sweeps.results.status import is_driven

    if before is None:
        return
    console = stdout()
    console.print(before.sentence("`xlt run`"), soft_wrap=True)
    for text in (*free(before.change), *before.change.notes):
        console.print(text, soft_wrap=True)
    if is_driven(folder):
        console.print("It is being run by another process at this moment.", soft_wrap=True)


def cuts_of(sweep: Sweep, prepared: ResolvedInputs, folder: SweepFolder) -> tuple[CutRows, ...]:
    """The rows that would be cut, from what is in the cache and what is looked at now."""
    from sweeps.report.cuts import cut_rows

    return cut_rows(sweep, prepared, folder.cache)


def as_data(sweep: Sweep, prepared: ResolvedInputs, found: Forecast) -> dict[str, object]:
    """The forecast as `xlt plan --json` prints it."""
    return {
        "name": sweep.name,
        "trials": found.trials,
        "baselines": found.baselines,
        "exact": found.exact,
        "stages": asdict(found.stages),
        "seeds": list(sweep.seeds),
        "targets": [target.task for target in sweep.targets],
        "choosing": list(selection(sweep, prepared).choosing),
        "smallest_p": smallest_p(len(sweep.seeds)),
        "plans": list(found.plans),
        "settings": [dict(own) for own in found.settings],
        "cautions": list(cautions_of(sweep, prepared)),
        "overlaps": [asdict(flag) for flag in prepared.overlaps],
        "notes": list(prepared.notes),
    }


def show(sweep: Sweep, prepared: ResolvedInputs, found: Forecast) -> None:
    """Print the forecast for people."""
    console = stdout()
    about = "" if found.exact else "about "
    stages = found.stages
    seeds = " ".join(map(str, sweep.seeds))
    table = Table(
        title=f"{sweep.name}: what would be done", title_justify="left", show_header=False
    )
    table.add_row("trials", f"{about}{found.trials}, each with seeds {seeds}")
    table.add_row("targets", ", ".join(target.task for target in sweep.targets))
    table.add_row("baselines", _baselines(found))
    table.add_row("stages asked for", f"{about}{stages.requested}")
    table.add_row(
        "after sharing",
        f"{about}{stages.distinct} ({stages.train} to train, {stages.evaluate} to evaluate)",
    )
    table.add_row("in the store already", str(stages.stored))
    table.add_row("optimiser steps to do", f"about {stages.optimizer_steps:,}")
    console.print(table)
    for text, settings in list(zip(found.plans, found.settings, strict=True))[:SHOWN_PLANS]:
        console.print(f"  {text}  {short(settings)}".rstrip(), soft_wrap=True)
    if found.trials > SHOWN_PLANS:
        console.print(f"  … {found.trials} trials in all")
    if not found.exact:
        console.print(_why_about(sweep, found), soft_wrap=True)
    for text in [
        *warnings(sweep, prepared),
        *cautions_of(sweep, prepared),
        *overlap_texts(prepared),
        *prepared.notes,
    ]:
        console.print(text, soft_wrap=True)


def _baselines(found: Forecast) -> str:
    """How many baselines gains are over, and why there are several."""
    if found.baselines == 1:
        return "1, which every gain is over"
    about = "" if found.exact else "about "
    return f"{about}{found.baselines}, one for each setting of the targets' own training"


def _why_about(sweep: Sweep, found: Forecast) -> str:
    """Why the numbers are no exact ones."""
    if found.counted < found.trials:
        return (
            f"{found.trials:,} trials are too many to list: the first {found.counted:,} were gone "
            "through, the rest is an estimate."
        )
    return (
        f"{sweep.search.method} learns from results: its first {sweep.search.window} trials "
        "are known, the rest is an estimate."
    )


def show_cuts(cuts: Sequence[CutRows]) -> None:
    """Print how many rows are longer than the model reads, and what becomes of them."""
    from sweeps.report.cuts import WHAT_IT_MEANS, cut_lines, is_sampled, unknown_lines

    console = stdout()
    for text in unknown_lines(cuts):
        console.print(text, soft_wrap=True)
    sample = " (large splits: of rows evenly spaced)" if is_sampled(cuts) else ""
    lines = list(cut_lines(cuts))
    if not lines:
        console.print(f"No row is longer than its max_length{sample}.", soft_wrap=True)
        return
    table = Table("task", "split", "max_length", "rows cut", title_justify="left")
    table.title = f"Rows cut at max_length{sample}"
    for line in lines:
        table.add_row(*line)
    console.print(table)
    console.print(WHAT_IT_MEANS, soft_wrap=True)


def warnings(sweep: Sweep, prepared: ResolvedInputs) -> Iterator[str]:
    """What the sweep as it stands cannot show, and who chooses."""
    yield selection(sweep, prepared).sentence()
    seeds = len(sweep.seeds)
    if seeds < ADVISED_SEEDS:
        yield (
            f"{seeds} {'seed' if seeds == 1 else 'seeds'}: a sign-flip test over seeds reaches "
            f"p = {smallest_p(seeds):g} at the smallest; {_intervals(seeds)}. "
            f"{ADVISED_SEEDS} seeds or more are advised (seeds: {ADVISED_SEEDS})."
        )
    # Of a recipe's words only precision's can be this one.
    if sweep.execution.device != "cuda" and "bfloat16" in str(sweep.recipe):
        yield (
            "bfloat16 is computed on CPUs as on GPUs, many times slower than float32 where the "
            "processor has no instructions for it."
        )


def _intervals(seeds: int) -> str:
    if seeds == 1:
        return "no interval can be given"
    return (
        f"intervals stand on {seeds - 1} degree{'s' if seeds > 2 else ''} of freedom and are wide"
    )
