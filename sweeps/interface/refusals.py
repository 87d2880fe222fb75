"""What cannot be run here or now, found before data are opened or anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.spec.paths import SweepFolder
    from sweeps.spec.sweep import Sweep


def changed_of(sweep: Sweep, folder: SweepFolder) -> list[str]:
    """What a spec says otherwise than the one that its sweep was begun with, in words; by the
    specs alone, and nothing where none has begun."""
    from sweeps.spec.compare import compare
    from sweeps.spec.stored import read_stored_spec

    if not folder.exists:
        return []
    change = compare(read_stored_spec(folder), sweep)
    return [
        *(found.field for found in change.differences),
        *change.more,
        *change.free,
        *change.rounds,
    ]


def refuse_a_second_driver(folder: SweepFolder, sweep: Sweep | None = None) -> None:
    """Raise UserMistake where the sweep is being run already.

    Args:
        sweep: the spec that it was to be run by, which may be another than is being run.
    """
    from sweeps.results.status import is_driven

    if is_driven(folder):
        name = folder.called
        other = [] if sweep is None else changed_of(sweep, folder)
        by = f", with another spec: {', '.join(other)}" if other else ""
        raise UserMistake(
            Mistake(
                folder.name,
                f"is being run by another process{by}",
                f"watch it with `xlt status {name}` or `xlt logs {name} --follow`; "
                f"`xlt stop {name}` ends it",
            )
        )


def require_reach(address: str | None) -> None:
    """Raise UserMistake where nothing listens at a cluster's address, before anything is opened."""
    if address is not None:
        from sweeps.execution.address import reached

        reached(address)


def require_shared(sweep: Sweep, folder: SweepFolder) -> None:
    """Raise UserMistake where nothing but this process would see what a sweep leaves."""
    places = {sweep.where("store"): sweep.store, "the sweep's folder": str(folder.place)}
    alone = [where for where, place in places.items() if place.startswith("memory://")]
    if alone:
        what = "memory:// is this process's alone: workers and the next command have another"
        raise UserMistake([Mistake(where, what, "name a folder, or s3://…") for where in alone])
