"""`xlt pause`, `stop`, `cancel`: requests to a running sweep. `xlt resume` lifts a pause."""

from __future__ import annotations

from sweeps.cli.faults import say
from sweeps.cli.options import SweepName
from sweeps.interface.places import find_sweep
from sweeps.spec.desired_state import DesiredState, request, requested
from sweeps.spec.paths import EVENTS, SweepFolder
from xlt_core.vocabulary.errors import Mistake, UserMistake


def pause(sweep: SweepName) -> None:
    """Start nothing new for now.

    What runs goes on; `xlt resume` lifts the pause.
    """
    ask(sweep, DesiredState.PAUSE, "it starts nothing new; `xlt resume` lifts the pause")


def stop(sweep: SweepName) -> None:
    """Let running stages finish, then end.

    `xlt resume` goes on.
    """
    ask(sweep, DesiredState.STOP, "it ends when its running stages are done")


def cancel(sweep: SweepName) -> None:
    """End now, keep the last checkpoints.

    `xlt resume` goes on from there.
    """
    ask(sweep, DesiredState.CANCEL, "it ends now; its last checkpoints stay")


def ask(name: str, desired: DesiredState, promise: str) -> None:
    """Leave a request for the sweep's driver.

    Raises:
        UserMistake: no such sweep, or nothing is running it.
    """
    from sweeps.results.status import is_driven

    folder = find_sweep(name)
    if not is_driven(folder):
        raise UserMistake(
            Mistake(
                name,
                f"{_why_idle(folder)}: nothing runs that could be asked to {desired}",
                f"see `xlt status {folder.called}`",
            )
        )
    if desired.is_weaker_than(before := requested(folder)):
        say(f"{name} was asked to {before} already, which it does")
        return
    request(folder, desired)
    say(f"asked {name} to {desired}: {promise}")


def _why_idle(folder: SweepFolder) -> str:
    """How a sweep ended that nobody runs, by its journal."""
    from sweeps.results.status import last_word

    if not folder.files.has(EVENTS):
        return "has not started"
    word = last_word(folder)
    return f"is {word}" if word else "was interrupted"
