"""`xlt resume`: `run` with the spec that the sweep was started with; lifts a pause."""

from __future__ import annotations

from sweeps.cli.faults import say
from sweeps.cli.options import SweepName
from sweeps.cli.run import Address, RetryFailed, Workers, end
from sweeps.cli.terminal import Terminal
from sweeps.interface.places import find_sweep
from sweeps.interface.running import Manner, go_on


def resume(
    sweep: SweepName,
    address: Address = None,
    workers: Workers = None,
    retry_failed: RetryFailed = False,
) -> None:
    """Go on with a sweep, or lift its pause.

    What a machine's fault ended is tried again, and so is a failed baseline. At the http:// address
    where a cluster takes jobs it goes on as one of them (see `xlt submit`).
    """
    from sweeps.results.status import is_driven
    from sweeps.spec.desired_state import DesiredState, request, requested

    folder = find_sweep(sweep)
    if requested(folder) == DesiredState.PAUSE and is_driven(folder):
        request(folder, DesiredState.RUN)
        say(f"{sweep} goes on")
        return
    if address is not None and address.startswith(("http://", "https://")):
        from sweeps.interface.submitting import said_of, submit_again

        for line in said_of(submit_again(folder, Manner(address, workers, retry_failed), say)):
            say(line)
        return
    end(go_on(folder, Manner(address, workers, retry_failed), Terminal(yes=True)))
