"""The stage service's registry of sweeps whose drivers listen."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sweeps.execution.job import Shape, SweepJob
from sweeps.execution.sessions import SessionRegistry
from sweeps.spec.desired_state import DesiredState
from xlt_core.stage import Settings
from xlt_core.vocabulary.events import Message

EVENTS = [Message(str(number)) for number in range(5)]


@pytest.fixture
def job(tmp_path):
    return SweepJob("one", str(tmp_path), Settings(tmp_path), Shape(), workers=3)


def heard_in_turn(registry: SessionRegistry, job: SweepJob, after: int) -> tuple[list[str], int]:
    """What a driver hears that asks again and again, from `after` on."""

    async def listen() -> tuple[list[str], int]:
        registry.enter(job)
        last, texts = after, []
        for event in EVENTS:
            registry.tell([job.identity], event)
            for number, one in await registry.events(job.identity, last, 0.01):
                last = number
                texts.append(one.text)
        return texts, last

    return asyncio.run(listen())


class TestEvents:
    def test_each_is_heard_once_and_in_order(self, job):
        """Of a service that was restarted, by a driver that had heard the one before it."""
        texts, last = heard_in_turn(SessionRegistry(), job, 0)
        assert texts == ["0", "1", "2", "3", "4"]
        assert heard_in_turn(SessionRegistry(), job, last)[0] == texts

    def test_by_a_driver_whose_service_had_a_later_clock(self, job):
        """A clock set back makes no driver deaf."""
        ahead = SessionRegistry()
        ahead._next += 60 * 10**9
        _, last = heard_in_turn(ahead, job, 0)
        assert heard_in_turn(SessionRegistry(), job, last)[0] == ["0", "1", "2", "3", "4"]

    def test_a_driver_after_a_dead_one_is_told_what_that_had_not_heard(self, job):
        """Else the journal would have it twice; what was on its way may come again."""

        async def listen() -> list[str]:
            registry = SessionRegistry()
            registry.enter(job)
            for event in EVENTS:
                registry.tell([job.identity], event)
            heard = await registry.events(job.identity, 0, 0.01)
            await registry.events(job.identity, heard[2][0], 0.01)  # it has three, and dies
            registry.enter(job)
            return [event.text for _, event in await registry.events(job.identity, 0, 0.01)]

        assert asyncio.run(listen()) == ["3", "4"]


class TestDesired:
    def test_a_sweep_that_left_is_to_be_cancelled(self, job):
        """Whoever asks for it still."""

        async def session() -> SessionRegistry:
            registry = SessionRegistry()
            assert registry.enter(job) and not registry.enter(job)
            return registry

        registry = asyncio.run(session())
        assert registry.desired(job.identity) is DesiredState.RUN and registry.limit(Shape()) == 3
        assert registry.change(job.identity, DesiredState.PAUSE)
        assert not registry.change(job.identity, DesiredState.PAUSE)
        assert not registry.over([job.identity]) and not registry.wanted([job.identity])
        registry.leave(job.identity)
        assert registry.over([job.identity]) and registry.limit(Shape()) == len(registry) == 0


class TestSilent:
    @pytest.mark.parametrize("apart", [1.0, 30.0])
    def test_it_is_who_was_not_heard_for_so_long(self, job, apart):
        """Each time it is heard anew; another sweep's driver speaks for itself."""
        other = replace(job, sweep="other")

        async def listen() -> list[list[str]]:
            registry, loop = SessionRegistry(), asyncio.get_running_loop()
            now = 1000.0
            loop.time = lambda: now
            registry.enter(job)
            now += apart
            registry.enter(other)
            found = [registry.silent(apart), registry.silent(apart / 2)]
            registry.enter(job)
            return [*found, registry.silent(apart / 2)]

        exactly, longer, heard = asyncio.run(listen())
        assert (exactly, longer, heard) == ([], [job.identity], [])


class TestShapes:
    def test_workers_are_those_of_the_sweeps_that_are_there(self, job):
        """The most that any of them allows, of its own shape."""
        large = replace(job, sweep="large", workers=7)
        other = replace(job, sweep="other", shape=Shape(threads=2))

        async def limits() -> list[int]:
            registry = SessionRegistry()
            for each in (job, large, other):
                registry.enter(each)
            assert registry.of_shape(other.shape) == [other.identity]
            assert registry.job(large.identity) == large
            found = [registry.limit(job.shape)]
            registry.leave(large.identity)
            assert registry.job(large.identity) is None
            return [*found, registry.limit(job.shape), registry.limit(Shape(threads=9))]

        assert asyncio.run(limits()) == [7, 3, 0]

    def test_nothing_is_kept_for_a_sweep_that_is_not_there(self, job):
        """It hears of what happens from when it enters."""
        registry = SessionRegistry()
        registry.tell([job.identity], EVENTS[0])
        assert heard_in_turn(registry, job, 0)[0] == ["0", "1", "2", "3", "4"]
