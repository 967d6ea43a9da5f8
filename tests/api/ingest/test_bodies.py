"""Bodies arrive in time, in turns, and bounded."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from starlette.types import Message, Receive

from api.ingest.bodies import Bodies, BodyLimits, Disconnected
from api.ingest.encoding import Body
from api.ingest.refusal import Refusal

LARGE = 300_000


def sender(pieces: Sequence[bytes], *, pause_seconds: float = 0.0, gone: bool = False) -> Receive:
    """Send pieces one by one, and then the end, or nothing more."""

    async def messages() -> AsyncIterator[Message]:
        for piece in pieces:
            yield {"type": "http.request", "body": piece, "more_body": True}
            await asyncio.sleep(pause_seconds)
        yield {"type": "http.disconnect"} if gone else {"type": "http.request", "body": b""}

    waiting = messages()
    return waiting.__anext__


async def read(bodies: Bodies, receive: Receive, length: bytes = b"") -> Body:
    """Read a body and let it go."""
    with bodies.turn() as turn:
        return await bodies.read(receive, {b"content-length": length}, turn)


def refused(reading: object) -> int:
    """Give the status with which a reading ends."""
    with pytest.raises(Refusal) as caught:
        asyncio.run(reading)  # type: ignore[arg-type]  # a coroutine
    return caught.value.status


def test_pieces_are_joined() -> None:
    """A body is all of its pieces."""
    assert asyncio.run(read(Bodies(BodyLimits()), sender([b"a", b"", b"b"]))) == b"ab"


def test_slow_body_is_given_up() -> None:
    """The time is for the whole body: one byte now and then does not keep a place."""
    bodies = Bodies(BodyLimits(read_seconds=0.1))

    assert refused(read(bodies, sender([b"x"] * 100, pause_seconds=0.03))) == 408


def test_large_body_is_refused_early() -> None:
    """Neither a length that is said nor one that is not is waited for."""
    bodies = Bodies(BodyLimits(envelope_bytes=10))

    assert refused(read(bodies, sender([]), length=b"11")) == 413
    assert refused(read(bodies, sender([]), length=b"9" * 5000)) == 413
    assert refused(read(bodies, sender([b"x" * 6] * 1000, pause_seconds=0.01))) == 413


def test_sender_may_leave() -> None:
    """Half a body is no body."""
    with pytest.raises(Disconnected):
        asyncio.run(read(Bodies(BodyLimits()), sender([b"x"], gone=True)))


def test_large_bodies_take_turns() -> None:
    """Two at a time are held; small ones pass all the while, and a turn comes back at the end."""

    async def scene() -> tuple[int, Body, Body]:
        bodies = Bodies(BodyLimits(large=1, turn_seconds=0.05))
        large = bytes(LARGE)
        with bodies.turn() as turn:
            await bodies.read(sender([large]), {}, turn)
            with pytest.raises(Refusal) as caught:
                await read(bodies, sender([large]))
            small = await read(bodies, sender([b"x"]))
        return caught.value.status, small, await read(bodies, sender([large]))

    status, small, large = asyncio.run(scene())

    assert (status, small, len(large)) == (429, b"x", LARGE)
