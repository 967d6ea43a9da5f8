"""From a request to rows on disk: who sends, what, whether it may, and what was lost.

Owns the order of these questions, and that nothing is acknowledged before it is kept. Does not know
how answers travel.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from starlette.types import Receive

from api.ingest.bodies import Bodies, BodyLimits, is_small
from api.ingest.credentials import Target, public_key, read_dsn, read_project
from api.ingest.encoding import Body
from api.ingest.handover import Handover, Submits
from api.ingest.origins import is_allowed, origin_of
from api.ingest.rates import Rates
from api.ingest.refusal import (
    Cause,
    Refusal,
    bad_credentials,
    bad_envelope,
    empty_body,
    limited,
    not_stored,
    rejected,
    too_large,
)
from engine.clock import Clock
from engine.envelope import Envelope, EnvelopeError, parse_envelope, read_headers
from engine.errors import StorageError
from engine.item_fields import parse_moment, parse_uuid
from engine.keys import Key, Keys
from engine.outcomes import Outcomes
from engine.packed import Packed, pack
from engine.session_item import ITEM_TYPES, SINGLE, arrived, read_items
from engine.sink import QUEUED_ROWS, SinkFull


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


class Call(NamedTuple):
    """What a request says before its body: header names in lower case, `project` as in the path.

    Only the body of an `enveloped` call is an envelope; any other is let go.
    """

    project: str | None
    headers: Mapping[bytes, bytes]
    query: bytes
    enveloped: bool


class Reception:
    """Takes in envelopes for one engine."""

    def __init__(
        self,
        *,
        keys: Keys,
        sink: Submits,
        outcomes: Outcomes,
        clock: Clock,
        limits: ReceptionLimits,
    ) -> None:
        """Put the parts together."""
        self._keys = keys
        self._handover = Handover(sink, queued_rows=limits.queued_rows)
        self._outcomes = outcomes
        self._clock = clock
        self._limits = limits
        self._bodies = Bodies(limits.bodies)
        self._rates = Rates()

    async def take(self, call: Call, receive: Receive) -> str | None:
        """Take in one request; give the id of its event, 32 hexadecimal digits, if it has one.

        When it returns, everything that was not counted as lost is on disk.

        Raises:
            Refusal: it is not taken; that has been counted.
            Disconnected: the sender has gone before all had arrived.

        """
        key: Key | None = None
        try:
            key = self._key_of_call(call)
            with self._bodies.turn() as turn:
                body = await self._bodies.read(receive, call.headers, turn)
                if not call.enveloped:
                    return None
                if not body:
                    raise empty_body()
                key = key or self._key_of_body(call, body)
                if is_small(body):
                    envelope = self._open(body, key)
                else:
                    envelope = await asyncio.to_thread(self._open, body, key)
                if envelope.matching:
                    await self._take_items(body, envelope, key)
        except Refusal as refusal:
            self._count(refusal, key)
            raise
        event = envelope.headers.get("event_id")
        if event is None:
            return None
        found = parse_uuid(event) if isinstance(event, str) else None
        return None if found is None else found.replace("-", "")

    def _key_of_call(self, call: Call) -> Key | None:
        project_id = None if call.project is None else read_project(call.project)
        name = public_key(call.headers, call.query)
        if name is not None:
            return self._admit(name, project_id, call)
        if not call.enveloped:
            detail = "missing authorization information"
            raise bad_credentials(detail)
        return None

    def _key_of_body(self, call: Call, body: Body) -> Key:
        """Find the key in the headers of the envelope, where the request says nothing else."""
        try:
            dsn = read_headers(body).get("dsn")
        except EnvelopeError as error:
            raise _unreadable(error.message) from None
        if dsn is None:
            detail = "missing authorization information"
            raise bad_credentials(detail)
        target = read_dsn(dsn)
        if target is None:
            raise _unreadable("the dsn cannot be read")
        if call.project is not None and target.project_id != read_project(call.project):
            raise _mismatch("project id")
        return self._admit(target.public_key, target.project_id, call)

    def _admit(self, name: str, project_id: int | None, call: Call) -> Key:
        key = self._keys.find(name)
        if key is None or key.disabled:
            reason = "ProjectId"
            raise rejected(reason)
        if project_id is not None and key.project_id != project_id:
            reason = "MultiProjectId"
            raise rejected(reason)
        if key.origins and not is_allowed(origin_of(call.headers), key.origins):
            reason = "Cors"
            raise rejected(reason, Cause.ORIGIN)
        return key

    def _open(self, body: Body, key: Key) -> Envelope:
        try:
            envelope = parse_envelope(body, types=ITEM_TYPES, most=self._limits.items)
        except EnvelopeError as error:
            raise bad_envelope(error.message) from None
        dsn = envelope.headers.get("dsn")
        if dsn is not None:
            _check_agrees(read_dsn(dsn), key)
        return envelope

    async def _take_items(self, body: Body, envelope: Envelope, key: Key) -> None:
        now = self._clock()
        limit = key.rate_limit_per_minute
        pause = 0 if limit is None else self._rates.pause_seconds(key.public_key, limit, now)
        if pause:
            raise limited(Cause.RATE_LIMITED, pause).of(envelope.matching)
        self._check_sizes(envelope)
        sent = envelope.headers.get("sent_at")
        sent_at = parse_moment(sent) if isinstance(sent, str) else None
        arrival = arrived(key.project_id, now, sent_at)
        if is_small(body):
            reading = read_items(envelope.items, arrival)
        else:
            reading = await asyncio.to_thread(read_items, envelope.items, arrival)
        for lost in reading.rejections:
            self._outcomes.count(
                lost.reason, lost.quantity, project_id=key.project_id, example=lost.example
            )
        if reading.updates:
            await self._store(pack(key.project_id, reading.updates), key, now)

    def _check_sizes(self, envelope: Envelope) -> None:
        size = sum([len(item.payload) for item in envelope.items])
        if envelope.matching > self._limits.items or size > self._limits.item_bytes:
            raise too_large(SINGLE).of(envelope.matching)

    async def _store(self, parcel: Packed, key: Key, now: datetime) -> None:
        limited_key = key.rate_limit_per_minute is not None
        if limited_key:
            self._rates.spend(key.public_key, parcel.quantity, now)
        try:
            await self._handover.keep(parcel, key.organization_id)
        except StorageError as error:
            if limited_key:
                self._rates.give_back(key.public_key, parcel.quantity, now)
            raise self._not_kept(error).of(parcel.quantity) from error

    def _not_kept(self, error: StorageError) -> Refusal:
        if isinstance(error, SinkFull):
            return limited(Cause.QUEUE_FULL, self._limits.retry_seconds)
        return not_stored(self._limits.retry_seconds)

    def _count(self, refusal: Refusal, key: Key | None) -> None:
        self._outcomes.count(
            refusal.cause,
            refusal.quantity,
            project_id=None if key is None else key.project_id,
            example="; ".join((refusal.detail, *refusal.causes)),
        )


def _check_agrees(target: Target | None, key: Key) -> None:
    if target is None:
        cause = "invalid envelope header"
        raise bad_envelope(cause)
    if target.project_id != key.project_id:
        raise _mismatch("project id")
    if target.public_key != key.public_key:
        raise _mismatch("public key")


def _mismatch(what: str) -> Refusal:
    return bad_envelope(f"{what} header mismatch between envelope and request")


def _unreadable(cause: str) -> Refusal:
    return bad_credentials("bad envelope authentication header", causes=(cause,))
