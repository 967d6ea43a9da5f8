"""Rows of many requests reach the sink together, and nobody takes all of the room."""

import asyncio
import gc
import weakref
from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from api.ingest.handover import Handover
from engine.errors import StorageUnavailable
from engine.packed import Packed
from engine.sink import SinkFull

POISON = Packed(666, 1, b"[]")


def parcel(quantity: int = 1) -> Packed:
    """Make so many updates; nobody here reads them."""
    return Packed(1, quantity, b"[]")


class Shelf:
    """A sink that keeps what it is told to keep, and refuses what holds POISON."""

    def __init__(self, *, room: int = 1000) -> None:
        """Begin empty."""
        self.submissions: list[int] = []
        self.kept = 0
        self.room = room
        self.open: list[tuple[int, Future[None]]] = []

    def submit(self, rows: Sequence[Packed]) -> "Future[None]":
        """Take rows, to be kept at the next `settle`."""
        quantity = sum(row.quantity for row in rows)
        if quantity > self.room:
            raise SinkFull
        self.submissions.append(quantity)
        written: Future[None] = Future()
        if POISON in rows:
            written.set_exception(StorageUnavailable("there is poison in it"))
        else:
            self.open.append((quantity, written))
        return written

    def settle(self) -> None:
        """Keep everything."""
        waiting, self.open = self.open, []
        for quantity, written in waiting:
            self.kept += quantity
            written.set_result(None)


async def keep(handover: Handover, updates: Packed, organization_id: int) -> None:
    """Hand updates over, and return once they are kept."""
    told: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(error: BaseException | None) -> None:
        if error is None:
            told.set_result(None)
        else:
            told.set_exception(error)

    handover.hand_over(updates, organization_id, tell)
    await told


async def turns(number: int = 5) -> None:
    """Let the loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)


def test_one_turn_is_one_submission() -> None:
    """What arrives together is handed over together, and told when all of it is kept."""

    async def scene() -> tuple[Shelf, bool]:
        shelf = Shelf()
        handover = Handover(shelf, queued_rows=1000)
        keeping = [asyncio.create_task(keep(handover, parcel(n), 1)) for n in (1, 2, 3)]
        await turns()
        early = any(task.done() for task in keeping)
        shelf.settle()
        await asyncio.gather(*keeping)
        return shelf, early

    shelf, early = asyncio.run(scene())

    assert shelf.submissions == [6]
    assert shelf.kept == 6
    assert not early


def test_nobody_fails_for_another() -> None:
    """Rows that cannot be kept are told to their sender alone; the others are tried again."""

    async def scene() -> list[object]:
        shelf = Shelf()
        handover = Handover(shelf, queued_rows=1000)
        keeping = [
            asyncio.create_task(keep(handover, one, 1)) for one in (parcel(), POISON, parcel())
        ]
        for _ in range(3):
            await turns()
            shelf.settle()
        return list(await asyncio.gather(*keeping, return_exceptions=True))

    first, second, third = asyncio.run(scene())

    assert (first, third) == (None, None)
    assert isinstance(second, StorageUnavailable)


def test_full_sink_takes_what_fits() -> None:
    """If all together are too many, each is tried alone."""

    async def scene() -> list[object]:
        shelf = Shelf(room=2)
        handover = Handover(shelf, queued_rows=1000)
        keeping = [asyncio.create_task(keep(handover, parcel(n), 1)) for n in (1, 3, 2)]
        await turns()
        shelf.settle()
        return list(await asyncio.gather(*keeping, return_exceptions=True))

    first, second, third = asyncio.run(scene())

    assert (first, third) == (None, None)
    assert isinstance(second, SinkFull)


def test_organizations_share_the_queue() -> None:
    """However much one sends, there is room for the next; what was kept makes room again."""

    async def scene() -> None:
        shelf = Shelf()
        handover = Handover(shelf, queued_rows=12)
        keeping = [asyncio.create_task(keep(handover, parcel(6), 1))]
        await turns()
        with pytest.raises(SinkFull):
            await keep(handover, parcel(), 1)
        keeping.append(asyncio.create_task(keep(handover, parcel(4), 2)))
        await turns()
        with pytest.raises(SinkFull):
            await keep(handover, parcel(), 2)
        keeping.append(asyncio.create_task(keep(handover, parcel(), 3)))
        await turns()
        shelf.settle()
        await asyncio.gather(*keeping)
        again = asyncio.create_task(keep(handover, parcel(6), 1))
        await turns()
        shelf.settle()
        await again

    asyncio.run(scene())


def test_large_envelope_fits_into_an_empty_queue() -> None:
    """One that is larger than any share is kept if nothing of its organization waits."""

    async def scene() -> None:
        shelf = Shelf()
        handover = Handover(shelf, queued_rows=2)
        keeping = asyncio.create_task(keep(handover, parcel(50), 1))
        await turns()
        shelf.settle()
        await keeping

    asyncio.run(scene())


def test_nothing_is_left_to_the_collector() -> None:
    """Who was told is forgotten at once: circles of many requests cost the answers of others."""

    class Sender:
        """Somebody who is told."""

        def told(self, error: BaseException | None) -> None:
            """Hear it."""

    async def scene() -> list[object]:
        shelf = Shelf()
        handover = Handover(shelf, queued_rows=1000)
        senders = [Sender() for _ in range(3)]
        for sender in senders:
            handover.hand_over(parcel(), 1, sender.told)
        await turns()
        shelf.settle()
        await turns()
        left = [weakref.ref(sender) for sender in senders]
        del sender, senders
        return [one() for one in left]

    gc.disable()
    try:
        assert asyncio.run(scene()) == [None] * 3
    finally:
        gc.enable()
