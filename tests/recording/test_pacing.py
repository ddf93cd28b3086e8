"""Politeness on a clock of the test's own: when turns begin, whoever else has the places."""

import asyncio

from webenvs.recording.pacing import Pacer


async def settled():
    """Every task has gone as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_turns_of_a_host_that_waited_for_a_place_still_begin_a_delay_apart(clock):
    begun = []

    async def run():
        pacer = Pacer(1, 2, clock.sleep, clock.now)
        free = asyncio.Event()

        async def busy():
            async with pacer.turn("b", 0.5):
                await free.wait()

        async def ask():
            async with pacer.turn("a", 0.5):
                begun.append(clock.time)

        async with asyncio.TaskGroup() as group:
            group.create_task(busy())
            await settled()
            for _ in range(4):
                group.create_task(ask())
            await settled()
            clock.time += 10
            free.set()

    asyncio.run(run())
    assert begun == [10, 10.5, 11, 11.5]


def test_a_host_that_is_waited_for_takes_no_place_from_another(clock):
    async def run():
        over = asyncio.Event()

        async def sleep(seconds):
            await over.wait()
            clock.time += seconds

        pacer = Pacer(1, 2, sleep, clock.now)
        async with pacer.turn("a", 9):
            pass

        async def again():
            async with pacer.turn("a", 9):
                return clock.time

        waiting = asyncio.create_task(again())
        await settled()
        async with pacer.turn("b", 9):
            assert clock.time == 0
        over.set()
        assert await waiting == 9

    asyncio.run(run())


def test_a_turn_that_fails_gives_its_place_back(clock):
    async def run():
        pacer = Pacer(1, 1, clock.sleep, clock.now)
        for _ in range(2):
            try:
                async with pacer.turn("a", 1):
                    raise EOFError
            except EOFError:
                pass
        async with pacer.turn("a", 1):
            return clock.time

    assert asyncio.run(run()) == 2


def test_all_places_together_are_so_many(clock):
    active = most = 0

    async def run():
        pacer = Pacer(3, 2, clock.sleep, clock.now)

        async def ask(host):
            nonlocal active, most
            async with pacer.turn(host, 0):
                active += 1
                most = max(most, active)
                await asyncio.sleep(0)
                active -= 1

        await asyncio.gather(*(ask(f"host-{number % 5}") for number in range(30)))

    asyncio.run(run())
    assert (most, active) == (3, 0)
