"""What a spec says that is no mistake and hardly meant, and which tables of its report stay empty.

Said by `xlt plan` and when a sweep starts, before anything is computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from sweeps.results.tables import SELECTIONS, shown_split
from sweeps.spec.overlaps import allowed_steps
from sweeps.spec.recipes import Origins, step_origins, target_origins
from sweeps.spec.selection import only_english, selection
from sweeps.spec.sweep import Range, Sweep, Value
from xlt_core.tasks import get_task
from xlt_core.vocabulary.languages import ENGLISH

if TYPE_CHECKING:
    from sweeps.search.candidates import Candidates
    from sweeps.spec.inputs import ResolvedInputs


def cautions(sweep: Sweep, prepared: ResolvedInputs, candidates: Candidates) -> Iterator[str]:
    """Every caution, a sentence each, those of one field with its file and line."""
    yield from languages_left_out(sweep)
    yield from _more_trials_than_there_are(sweep, candidates)
    yield from dict.fromkeys(_batches_beyond_rows(sweep, prepared))
    yield from _empty_tables(sweep, prepared, candidates)


def _more_trials_than_there_are(sweep: Sweep, candidates: Candidates) -> Iterator[str]:
    section = sweep.source.get("search")
    asked = section.get("trials") if isinstance(section, dict) else None
    there = candidates.distinct() if asked is not None else None
    if there is not None and asked is not None and asked > there:
        where = sweep.where("search", "trials")
        yield f"{where}: {asked} trials are asked for, the space has only {there} different ones."


def languages_left_out(sweep: Sweep) -> Iterator[str]:
    """Of `languages`, which is for all targets, what one of them has not."""
    wide = sweep.source.get("languages")
    if not isinstance(wide, list):
        return
    for target in sweep.targets:
        own = get_task(target.task).languages
        missing = [code for code in wide if code not in own]
        if missing and target.languages == tuple(code for code in wide if code in own):
            where = sweep.where("languages")
            yield f"{where}: {target.task} has no {' '.join(missing)}: it is scored without."


def _batches_beyond_rows(sweep: Sweep, prepared: ResolvedInputs) -> Iterator[str]:
    for task, language, origins in _trainings(sweep):
        ref = prepared.data.get((task, language, "train"))
        origin = origins.get("batch_size")
        if ref is None or origin is None:
            continue
        size = max(_values(sweep, origins, "batch_size"))
        limits = [rows for rows in _values(sweep, origins, "rows") if rows is not None]
        rows = min([ref.rows, *limits])
        if size > rows:
            paths = [path for path, _ in origin.entries if path] or ["recipe"]
            where = " and ".join(sweep.where(*path.split(".")) for path in paths)
            yield (
                f"{where}: {size} examples a step, {task} has {rows} training rows: each step "
                "takes them all."
            )


def _empty_tables(sweep: Sweep, prepared: ResolvedInputs, candidates: Candidates) -> Iterator[str]:
    shown = shown_split(sweep.splits, sweep.objective)
    if shown is None:
        where = sweep.where("splits")
        yield f"{where}: without test no score and no gain can be shown, every table stays empty."
    for target in sweep.targets:
        if shown is not None and not prepared.evaluated(target.task, shown):
            yield f"{target.task} has no {shown} data: its scores and gains stay empty."
    if candidates.plans.size == 1 or sweep.search.trials == 1:
        yield "There is no plan but the baseline: tables of gains stay empty."
    for languages in SELECTIONS:
        chosen = selection(sweep, prepared, languages)
        if not chosen.choosing:
            yield f"No winner can be chosen on {chosen.on}: no target has any; that line is empty."
    if sentence := only_english(sweep, prepared):
        yield sentence


def _trainings(sweep: Sweep) -> Iterator[tuple[str, str, Origins]]:
    """Task, language and recipe of all that is trained on."""
    for step in sorted(allowed_steps(sweep), key=str):
        for member in step.members:
            yield member.task, member.language, step_origins(sweep, step)
    for target in sweep.targets:
        for task, origins in target_origins(sweep, target.task).items():
            yield task, ENGLISH, origins


def _values(sweep: Sweep, origins: Origins, field: str) -> list[Any]:
    """Every value a field may have, ends of ranges for all between; none where no layer sets it."""
    origin = origins.get(field)
    if origin is None:
        return []
    searched = sweep.searched()
    ends = product(*(_ends(searched[path]) for path in origin.searched))
    return [origin.value(dict(zip(origin.searched, one, strict=True))) for one in ends]


def _ends(value: Range) -> tuple[Value, ...]:
    return value.choices if value.kind == "choice" else (value.low, value.high)
