"""Rows on their way from requests to the sink: together, and with room for everybody.

Owns how requests wait for the disk, and how much of the queue one organization may take. Does not
know what rows mean. Used from one thread, that of the event loop.

What arrives in one turn of the loop is one submission, so many requests cost one change of threads.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from engine.sink import SinkFull

Row: TypeAlias = Mapping[str, object]


class Submits(Protocol):
    """Whatever takes rows, and says when they are kept."""

    def submit(self, rows: Sequence[Row]) -> Future[None]:
        """Take rows; raises a StorageError if they are not taken."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    rows: Sequence[Row]
    kept: "asyncio.Future[None]"


class Handover:
    """Hands over to one sink.

    An organization whose rows are waiting may fill an equal share of the queue, counted as if one
    more organization were about to send: so there is always room for the next one.
    """

    def __init__(self, sink: Submits, *, queued_rows: int) -> None:
        """Begin with nothing; `queued_rows` may wait altogether."""
        self._sink = sink
        self._capacity = queued_rows
        self._gathered: list[_Parcel] = []
        self._waiting: dict[int, int] = {}

    async def keep(self, rows: Sequence[Row], organization_id: int) -> None:
        """Return once all rows are on disk.

        Raises:
            SinkFull: too many rows are waiting, of this organization or altogether.
            StorageError: they could not be kept.

        """
        quantity = len(rows)
        self._enter(organization_id, quantity)
        try:
            loop = asyncio.get_running_loop()
            kept = loop.create_future()
            self._gathered.append(_Parcel(rows, kept))
            if len(self._gathered) == 1:
                loop.call_soon(self._hand_over, loop)
            await kept
        finally:
            self._leave(organization_id, quantity)

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
        parcels, self._gathered = self._gathered, []
        self._submit(parcels, loop)

    def _submit(self, parcels: Sequence[_Parcel], loop: asyncio.AbstractEventLoop) -> None:
        try:
            written = self._sink.submit([row for parcel in parcels for row in parcel.rows])
        except Exception as error:  # noqa: BLE001  (whatever it is, the senders are told)
            self._refuse(parcels, error, loop)
            return

        def settle() -> None:
            self._settle(parcels, written, loop)

        written.add_done_callback(lambda _: loop.call_soon_threadsafe(settle))

    def _settle(
        self,
        parcels: Sequence[_Parcel],
        written: Future[None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        error = written.exception()
        if error is not None:
            self._refuse(parcels, error, loop)
            return
        for parcel in parcels:
            if not parcel.kept.done():
                parcel.kept.set_result(None)

    def _refuse(
        self, parcels: Sequence[_Parcel], error: BaseException, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Tell the sender; of several each is tried alone, so that nobody fails for another."""
        if len(parcels) > 1:
            for parcel in parcels:
                self._submit((parcel,), loop)
            return
        for parcel in parcels:
            if not parcel.kept.done():
                parcel.kept.set_exception(error)
