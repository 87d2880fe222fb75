"""What cannot be run here or now, found before data are opened or anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlt_core.vocabulary.errors import Mistake, UserMistake

if TYPE_CHECKING:
    from sweeps.spec.paths import SweepFolder
    from sweeps.spec.sweep import Sweep


def refuse_a_second_driver(folder: SweepFolder) -> None:
    """Raise UserMistake where the sweep is being run already."""
    from sweeps.results.status import is_driven

    if is_driven(folder):
        name = folder.called
        raise UserMistake(
            Mistake(
                folder.name,
                "is being run by another process",
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
