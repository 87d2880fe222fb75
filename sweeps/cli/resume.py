"""`xlt resume`: `run` with the spec that the sweep was started with; lifts a pause."""

from __future__ import annotations

from sweeps.cli.agreement import agree
from sweeps.cli.faults import say
from sweeps.cli.options import SweepName
from sweeps.cli.places import find_sweep
from sweeps.cli.run import (
    Address,
    RetryFailed,
    Workers,
    carry_out,
    refuse_a_second_driver,
    require_reach,
    with_workers,
)
from sweeps.processes import uncollected


def resume(
    sweep: SweepName,
    address: Address = None,
    workers: Workers = None,
    retry_failed: RetryFailed = False,
) -> None:
    """Go on with a sweep, or lift its pause.

    What a machine's fault ended is tried again, and so is a failed baseline.
    """
    from sweeps.results.status import is_driven
    from sweeps.spec.addresses import require_passwords
    from sweeps.spec.desired_state import DesiredState, request, requested
    from sweeps.spec.inputs import planned
    from sweeps.spec.prepare import prepare
    from sweeps.spec.stored import check_stored, read_stored_spec, with_places

    folder = find_sweep(sweep)
    if is_driven(folder) and requested(folder) == DesiredState.PAUSE:
        request(folder, DesiredState.RUN)
        say(f"{sweep} goes on")
        return
    refuse_a_second_driver(folder)
    stored = with_workers(read_stored_spec(folder), workers)
    check_stored(folder, stored)
    stored = with_places(folder, stored)
    require_passwords(stored)
    require_reach(address)
    say(f"{stored.name}: opening data and encoder")
    with uncollected():
        prepared = prepare(stored, planned(folder))
    agreed = agree(stored, prepared, folder, yes=True)
    carry_out(agreed, prepared, folder, address, retry_failed)
