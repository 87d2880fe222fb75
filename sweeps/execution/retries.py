"""Trying again what was lost: growing pauses, a last word, and a full disk that is waited out.

Part of the stage service (see `service`); plain asyncio, no Ray. While a stage that met a full
disk finds out whether there is room again, no other begins: it would only meet the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from sweeps.execution.in_flight import InFlightStage
from sweeps.execution.job import StageOutcome, StageStatus
from sweeps.execution.sessions import SessionRegistry
from xlt_core.vocabulary.events import Message, SweepWaits


class Retries:
    """Decides over lost stages among `flights`."""

    def __init__(self, flights: Mapping[str, InFlightStage], register: SessionRegistry) -> None:
        self._flights = flights
        self._sessions = register

    async def lost(self, flight: InFlightStage, outcome: StageOutcome) -> StageOutcome:
        """Pause before the next try, or give up. A full disk is waited out, and uses up no try."""
        if self._sessions.over(flight.sweeps()):
            return StageOutcome(flight.stage.key, StageStatus.STOPPED)
        flight.losses += 1
        flight.attempts += not outcome.full
        if flight.attempts >= flight.job.max_attempts:
            return outcome.given_up(f"given up after {flight.attempts} attempts")
        # What no machine is to blame for mostly repeats itself: waiting longer mends nothing.
        pause = flight.job.pauses.after(flight.losses if outcome.machine else 1)
        self._sessions.tell(flight.sweeps(), flight.retried(outcome, pause))
        if outcome.full and not any(known.full for known in self._flights.values()):
            text = f"a disk is full; the sweep goes on when there is room ({outcome.first_line})"
            self._sessions.tell(flight.sweeps(), SweepWaits(text))
        flight.full = outcome.full
        await flight.rest(pause)
        return outcome

    def may_begin(self, flight: InFlightStage) -> bool:
        """Whether no other stage has to find out first whether a disk has room again."""
        return flight.full or not any(
            known.full and not known.is_asleep and self._sessions.wanted(known.sweeps())
            for known in self._flights.values()
        )

    def over(self, probe: InFlightStage, outcome: StageOutcome) -> None:
        """A stage that had met a full disk is over: where it was done, all others may go on."""
        if outcome.status != StageStatus.DONE:
            return
        for flight in self._flights.values():
            if flight.full:
                flight.full = False
                flight.wake()
        text = "there is room on the disk again: the sweep goes on"
        self._sessions.tell(probe.sweeps(), Message(text))
