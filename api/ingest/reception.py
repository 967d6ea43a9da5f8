"""From a request to updates on disk: what was sent, whether it may be, and what was lost.

Owns the order of these questions, and that nothing is acknowledged before it is kept. Does not know
how answers travel.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeAlias

from starlette.types import Receive

from api.ingest.admission import Admission, Call, check_agrees
from api.ingest.bodies import Bodies, BodyLimits, is_small
from api.ingest.deferral import Deferral
from api.ingest.encoding import Body
from api.ingest.handover import Handover, Submits
from api.ingest.rates import Rates
from api.ingest.refusal import (
    Cause,
    Refusal,
    bad_envelope,
    empty_body,
    limited,
    not_stored,
    too_large,
)
from engine.clock import Clock
from engine.envelope import Envelope, EnvelopeError, parse_envelope
from engine.errors import StorageError
from engine.item_fields import parse_moment, parse_uuid
from engine.keys import Key, Keys
from engine.outcomes import Outcomes
from engine.packed import Packed, pack
from engine.session_item import ITEM_TYPES, SINGLE, Arrival, Reading, arrived, read_items
from engine.sink import QUEUED_ROWS, SinkFull

Event: TypeAlias = str | None
"""The id of an envelope's event, 32 hexadecimal digits, if it has one."""

Tell: TypeAlias = Callable[[Event | BaseException], None]
"""Told that everything is on disk, or what prevented it: a Refusal, as a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceptionLimits:
    """How much one envelope may bring, and for how many seconds a sender pauses when we are full.

    `item_bytes` is for each session item and for all of them together.
    """

    bodies: BodyLimits = field(default_factory=BodyLimits)
    items: int = 100
    item_bytes: int = 10 * 2**20
    queued_rows: int = QUEUED_ROWS
    retry_seconds: int = 10


class Reception:
    """Takes in envelopes for one engine. Used from one thread, that of the event loop."""

    def __init__(  # noqa: PLR0913  (the parts, each by name)
        self,
        *,
        keys: Keys,
        sink: Submits,
        outcomes: Outcomes,
        clock: Clock,
        limits: ReceptionLimits,
        deferral: Deferral,
    ) -> None:
        """Put the parts together."""
        self._admission = Admission(keys)
        self._handover = Handover(sink, queued_rows=limits.queued_rows)
        self._outcomes = outcomes
        self._clock = clock
        self._limits = limits
        self._bodies = Bodies(limits.bodies)
        self._rates = Rates()
        self._deferral = deferral

    async def take(self, call: Call, receive: Receive) -> Event:
        """Take in one request.

        When it returns, everything that was not counted as lost is on disk.

        Raises:
            Refusal: it is not taken; that has been counted.
            Disconnected: the sender has gone before all had arrived.

        """
        key: Key | None = None
        try:
            key = self._admission.of_call(call)
            with self._bodies.turn() as turn:
                body = await self._bodies.read(receive, call.headers, turn)
                if not call.enveloped:
                    return None
                key = self._sender(call, body, key)
                return await self._take_body(body, key)
        except Refusal as refusal:
            self._count(refusal, key)
            raise

    def take_whole(self, call: Call, body: bytes, tell: Tell) -> bool:
        """Take in one small request that is there already, and tell what became of it, later.

        False: it has to be taken in the other way, and nothing was done yet.

        Raises:
            Refusal: it is not taken; that has been counted.

        """
        key: Key | None = None

        def told(outcome: Event | BaseException) -> None:
            if isinstance(outcome, Refusal):
                self._count(outcome, key)
            tell(outcome)

        try:
            key = self._admission.of_call(call)
            plain = self._bodies.unpack_small(body, call.headers) if call.enveloped else None
            if plain is None:
                return False
            key = self._sender(call, plain, key)
            self._deferral.take_up(partial(self._take_up, plain, key, told))
        except Refusal as refusal:
            self._count(refusal, key)
            raise
        return True

    def _take_up(self, body: Body, key: Key, told: Tell) -> None:
        try:
            self._take_small(body, key, told)
        except Exception as error:  # noqa: BLE001  (whatever it is, the sender is told)
            told(error)

    def _sender(self, call: Call, body: Body, key: Key | None) -> Key:
        if not body:
            raise empty_body()
        return key or self._admission.of_body(call, body)

    async def _take_body(self, body: Body, key: Key) -> Event:
        """Take in a body; on a large one another thread works, while others are answered."""
        if is_small(body):
            return await _told(lambda tell: self._take_small(body, key, tell))
        envelope = await asyncio.to_thread(self._open, body, key)
        if not envelope.matching:
            return _event_of(envelope)
        arrival = self._arrival(envelope, key)
        reading = await asyncio.to_thread(read_items, envelope.items, arrival)
        event = _event_of(envelope)
        return await _told(lambda tell: self._keep(reading, arrival.now, key, event, tell))

    def _take_small(self, body: Body, key: Key, tell: Tell) -> None:
        envelope = self._open(body, key)
        event = _event_of(envelope)
        if not envelope.matching:
            tell(event)
            return
        arrival = self._arrival(envelope, key)
        self._keep(read_items(envelope.items, arrival), arrival.now, key, event, tell)

    def _open(self, body: Body, key: Key) -> Envelope:
        try:
            envelope = parse_envelope(body, types=ITEM_TYPES, most=self._limits.items)
        except EnvelopeError as error:
            raise bad_envelope(error.message) from None
        dsn = envelope.headers.get("dsn")
        if dsn is not None:
            check_agrees(dsn, key)
        return envelope

    def _arrival(self, envelope: Envelope, key: Key) -> Arrival:
        """Say when it arrived, unless it is too early for its key, or too much."""
        now = self._clock()
        limit = key.rate_limit_per_minute
        pause = 0 if limit is None else self._rates.pause_seconds(key.public_key, limit, now)
        if pause:
            raise limited(Cause.RATE_LIMITED, pause).of(envelope.matching)
        size = sum([len(item.payload) for item in envelope.items])
        if envelope.matching > self._limits.items or size > self._limits.item_bytes:
            raise too_large(SINGLE).of(envelope.matching)
        sent = envelope.headers.get("sent_at")
        sent_at = parse_moment(sent) if isinstance(sent, str) else None
        return arrived(key.project_id, now, sent_at)

    def _keep(self, reading: Reading, now: datetime, key: Key, event: Event, tell: Tell) -> None:
        """Count what was lost, and put the rest on disk."""
        for lost in reading.rejections:
            self._outcomes.count(
                lost.reason, lost.quantity, project_id=key.project_id, example=lost.example
            )
        if not reading.updates:
            tell(event)
            return
        parcel = pack(key.project_id, reading.updates)
        if key.rate_limit_per_minute is not None:
            self._rates.spend(key.public_key, parcel.quantity, now)

        def told(error: BaseException | None) -> None:
            tell(event if error is None else self._not_kept(error, parcel, key, now))

        self._handover.hand_over(parcel, key.organization_id, told)

    def _not_kept(
        self, error: BaseException, parcel: Packed, key: Key, now: datetime
    ) -> BaseException:
        """Say why updates were not kept; what is no failure of the store is one of ours."""
        if key.rate_limit_per_minute is not None:
            self._rates.give_back(key.public_key, parcel.quantity, now)
        seconds = self._limits.retry_seconds
        if isinstance(error, SinkFull):
            return limited(Cause.QUEUE_FULL, seconds).of(parcel.quantity)
        if isinstance(error, StorageError):
            return not_stored(seconds, error.message).of(parcel.quantity)
        return error

    def _count(self, refusal: Refusal, key: Key | None) -> None:
        self._outcomes.count(
            refusal.cause,
            refusal.quantity,
            project_id=None if key is None else key.project_id,
            example="; ".join((refusal.detail, *refusal.causes)),
        )


async def _told(begin: Callable[[Tell], None]) -> Event:
    """Begin something, and wait until it is told what became of it."""
    waiting: asyncio.Future[Event | BaseException] = asyncio.get_running_loop().create_future()

    def tell(outcome: Event | BaseException) -> None:
        if not waiting.done():
            waiting.set_result(outcome)

    begin(tell)
    outcome = await waiting
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _event_of(envelope: Envelope) -> Event:
    event = envelope.headers.get("event_id")
    if not isinstance(event, str):
        return None
    found = parse_uuid(event)
    return None if found is None else found.replace("-", "")
