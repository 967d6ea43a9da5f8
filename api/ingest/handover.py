"""Rows on their way from requests to the sink: together, and with room for everybody.

Owns how requests wait for the disk, and how much of the queue one organization may take. Does not
know what rows mean. Used from one thread, that of the event loop.

What arrives in one turn of the loop is one submission, so many requests cost one change of threads.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Protocol, TypeAlias

from engine.packed import Packed
from engine.sink import SinkFull


class Submits(Protocol):
    """Whatever takes packed updates, and says when they are kept."""

    def submit(self, rows: Sequence[Packed]) -> Future[None]:
        """Take updates; raises a StorageError if they are not taken."""


Tell: TypeAlias = Callable[[BaseException | None], None]
"""Told that updates are kept, or why not."""

_Waiting: TypeAlias = tuple[Packed, int, Tell]
"""Updates, the organization they are of, and who is told."""


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

    def hand_over(self, parcel: Packed, organization_id: int, tell: Tell) -> None:
        """Take updates; tell once they are on disk, or why they could not be kept.

        That may be a SinkFull: too many rows are waiting, of this organization or altogether.
        """
        if not self._enter(organization_id, parcel.quantity):
            tell(SinkFull())
            return
        if not self._gathered:
            asyncio.get_running_loop().call_soon(self._submit_gathered)
        self._gathered.append((parcel, organization_id, tell))

    def _enter(self, organization_id: int, quantity: int) -> bool:
        before = self._waiting.get(organization_id, 0)
        if before and before + quantity > self._capacity // (len(self._waiting) + 1):
            return False
        self._waiting[organization_id] = before + quantity
        return True

    def _leave(self, organization_id: int, quantity: int) -> None:
        left = self._waiting[organization_id] - quantity
        if left:
            self._waiting[organization_id] = left
        else:
            del self._waiting[organization_id]

    def _submit_gathered(self) -> None:
        waiting, self._gathered = self._gathered, []
        self._submit(waiting)

    def _submit(self, waiting: Sequence[_Waiting]) -> None:
        try:
            written = self._sink.submit([parcel for parcel, _, _ in waiting])
        except Exception as error:  # noqa: BLE001  (whatever it is, the senders are told)
            self._settle(waiting, error)
            return
        written.add_done_callback(partial(self._written, waiting, asyncio.get_running_loop()))

    def _written(
        self,
        waiting: Sequence[_Waiting],
        loop: asyncio.AbstractEventLoop,
        written: Future[None],
    ) -> None:
        """Come back to the thread of the loop.

        The future is not kept by what it calls: such a circle would be left to the collector.
        """
        loop.call_soon_threadsafe(self._settle, waiting, written.exception())

    def _settle(self, waiting: Sequence[_Waiting], error: BaseException | None) -> None:
        """Tell the senders; of several each is tried alone, so that nobody fails for another."""
        if error is not None and len(waiting) > 1:
            for one in waiting:
                self._submit((one,))
            return
        for parcel, organization_id, tell in waiting:
            self._leave(organization_id, parcel.quantity)
            tell(error)
