"""Rows on their way from requests to the sink: together, and with room for everybody.

Owns how requests wait for the disk, and how much of the queue one organization may take. Does not
know what rows mean. Used from one thread, that of the event loop.

What arrives in one turn of the loop is one submission, so many requests cost one change of threads.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol, TypeAlias

from engine.packed import Packed
from engine.sink import SinkFull


class Submits(Protocol):
    """Whatever takes packed updates, and says when they are kept."""

    def submit(self, rows: Sequence[Packed]) -> Future[None]:
        """Take updates; raises a StorageError if they are not taken."""


_Waiting: TypeAlias = "tuple[Packed, asyncio.Future[None]]"
"""Updates, and what tells their sender that they are kept."""


class Handover:
    """Hands over to one sink.

    An organization whose rows are waiting may fill an equal share of the queue, counted as if one
    more organization were about to send: so there is always room for the next one.
    """

    def __init__(self, sink: Submits, *, queued_rows: int) -> None:
        """Begin with nothing; `queued_rows` may wait altogether."""
        self._sink = sink
        self._capacity = queued_rows
        self._gathered: list[_Waiting] = []
        self._waiting: dict[int, int] = {}

    async def keep(self, parcel: Packed, organization_id: int) -> None:
        """Return once all updates are on disk.

        Raises:
            SinkFull: too many rows are waiting, of this organization or altogether.
            StorageError: they could not be kept.

        """
        self._enter(organization_id, parcel.quantity)
        try:
            loop = asyncio.get_running_loop()
            kept = loop.create_future()
            if not self._gathered:
                loop.call_soon(self._hand_over, loop)
            self._gathered.append((parcel, kept))
            await kept
        finally:
            self._leave(organization_id, parcel.quantity)

    def _enter(self, organization_id: int, quantity: int) -> None:
        before = self._waiting.get(organization_id, 0)
        if before:
            share = self._capacity // (len(self._waiting) + 1)
            if before + quantity > share:
                raise SinkFull
        self._waiting[organization_id] = before + quantity

    def _leave(self, organization_id: int, quantity: int) -> None:
        left = self._waiting[organization_id] - quantity
        if left:
            self._waiting[organization_id] = left
        else:
            del self._waiting[organization_id]

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting, self._gathered = self._gathered, []
        self._submit(waiting, loop)

    def _submit(self, waiting: Sequence[_Waiting], loop: asyncio.AbstractEventLoop) -> None:
        try:
            written = self._sink.submit([parcel for parcel, _ in waiting])
        except Exception as error:  # noqa: BLE001  (whatever it is, the senders are told)
            self._refuse(waiting, error, loop)
            return

        def settle() -> None:
            self._settle(waiting, written, loop)

        written.add_done_callback(lambda _: loop.call_soon_threadsafe(settle))

    def _settle(
        self,
        waiting: Sequence[_Waiting],
        written: Future[None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        error = written.exception()
        if error is not None:
            self._refuse(waiting, error, loop)
            return
        for _, kept in waiting:
            if not kept.done():
                kept.set_result(None)

    def _refuse(
        self, waiting: Sequence[_Waiting], error: BaseException, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Tell the sender; of several each is tried alone, so that nobody fails for another."""
        if len(waiting) > 1:
            for one in waiting:
                self._submit((one,), loop)
            return
        for _, kept in waiting:
            if not kept.done():
                kept.set_exception(error)
