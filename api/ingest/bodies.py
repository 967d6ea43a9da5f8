"""The body of a request: read in time, unpacked, and never more of it than there is room for.

Owns the limits of bodies, and whose turn it is to have a large one: small ones are always read,
large ones wait for each other, so that memory is bounded whatever is sent. Does not know envelopes.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from starlette.types import Receive

from api.ingest.encoding import Body, BodyBroken, BodyTooLarge, unpack
from api.ingest.patience import Patience, PatienceLost
from api.ingest.refusal import Cause, Refusal, bad_envelope, limited, too_large, too_slow

_SMALL_BYTES = 262_144
"""A body up to this size needs no turn, and is worked on where it arrived."""


class Disconnected(Exception):
    """Nobody waits for an answer any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """How large a body may be, packed and unpacked, and how long it may take to arrive.

    `large` bodies are in memory at the same time; another waits `turn_seconds` for its turn.
    """

    envelope_bytes: int = 200 * 2**20
    read_seconds: float = 30.0
    large: int = 2
    turn_seconds: float = 5.0
    retry_seconds: int = 10


class Turn:
    """A place for one body: the right to have a large one, taken when it turns out to be."""

    __slots__ = ("_limits", "_taken", "_turns")

    def __init__(self, turns: asyncio.Semaphore, limits: BodyLimits) -> None:
        """Begin without the right."""
        self._turns = turns
        self._limits = limits
        self._taken = False

    async def take(self) -> None:
        """Wait for the right, if it is not there yet; Refusal says that it did not come."""
        if self._taken:
            return
        try:
            async with asyncio.timeout(self._limits.turn_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise limited(Cause.QUEUE_FULL, self._limits.retry_seconds) from None
        self._taken = True

    def __enter__(self) -> Self:
        """Hold the place until the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give it back."""
        if self._taken:
            self._turns.release()


class Bodies:
    """Reads the bodies of requests."""

    def __init__(self, limits: BodyLimits) -> None:
        """Begin with all turns free."""
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.large)
        self._patience = Patience(limits.read_seconds)
        self._small = min(_SMALL_BYTES, limits.envelope_bytes)

    def turn(self) -> Turn:
        """Give a place for a body, to be held as long as the body is."""
        return Turn(self._turns, self._limits)

    async def read(self, receive: Receive, headers: Mapping[bytes, bytes], turn: Turn) -> Body:
        """Read a body into its place and unpack it, as the headers say it is packed.

        Raises:
            Refusal: it is too large, too slow, not of its encoding, or there is no room for it.
            Disconnected: the sender has gone.

        """
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > self._limits.envelope_bytes:
            raise too_large()
        try:
            with self._patience.waiting():
                first, more = await _piece(receive)
                body: Body = first
                if more or len(body) > self._small:
                    body = await self._read_rest(bytearray(body), receive, turn, more=more)
        except PatienceLost:
            raise too_slow() from None
        encoding = headers.get(b"content-encoding")
        return await self._unpacked(body, encoding.decode("latin-1"), turn) if encoding else body

    def unpack_small(self, body: bytes, headers: Mapping[bytes, bytes]) -> Body | None:
        """Unpack a body that is there; None if it is large, or turns out to be.

        Raises:
            Refusal: it is not of its encoding.

        """
        if len(body) > self._small:
            return None
        encoding = headers.get(b"content-encoding")
        if not encoding:
            return body
        try:
            return unpack(body, encoding.decode("latin-1"), limit=self._small)
        except BodyTooLarge:
            return None
        except BodyBroken:
            raise _broken() from None

    async def _read_rest(
        self, body: bytearray, receive: Receive, turn: Turn, *, more: bool
    ) -> Body:
        while True:
            if len(body) > self._limits.envelope_bytes:
                raise too_large()
            if len(body) > _SMALL_BYTES:
                await turn.take()
            if not more:
                return body
            piece, more = await _piece(receive)
            body += piece

    async def _unpacked(self, packed: Body, encoding: str, turn: Turn) -> Body:
        """Unpack here what turns out to be small, and in another thread what does not."""
        try:
            if len(packed) <= self._small:
                try:
                    return unpack(packed, encoding, limit=self._small)
                except BodyTooLarge:
                    await turn.take()
            limit = self._limits.envelope_bytes
            return await asyncio.to_thread(unpack, packed, encoding, limit=limit)
        except BodyTooLarge:
            raise too_large() from None
        except BodyBroken:
            raise _broken() from None


def _broken() -> Refusal:
    return bad_envelope("the body is not what its content encoding says")


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """Give what comes next of a body, and whether there is more of it."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message.get("body", b""), message.get("more_body", False)


def is_small(body: Body) -> bool:
    """Tell whether work on it is short; else it is for another thread: others are answered then."""
    return len(body) <= _SMALL_BYTES
