"""Connections: heads and rests have an end, and whole requests may be answered at once."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import ClassVar

import pytest
import uvicorn
from starlette.responses import Response

from api.ingest.deferral import Deferral
from api.shortcut import Headers, Taker, Tell, answer_of
from api.wire import WireProtocol

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /short?a=b HTTP/1.1\r\nHost: x\r\nX-Name: value\r\nContent-Length: 4\r\n\r\nbody"
LATE = b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
LONG_WAY = b"long way"


async def application(scope: object, receive: object, send: object) -> None:
    """Answer what the shortcut leaves."""
    await Response(LONG_WAY)(scope, receive, send)  # type: ignore[arg-type]  # as the server calls it


class Front:
    """Answers POST; what it was given is remembered, and what it is told to leave is left."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.given: list[tuple[bytes, dict[bytes, bytes], bytes]] = []
        self.waiting: list[Tell] = []
        self.later = False

    def find(self, method: bytes, url: bytes) -> Taker | None:
        """Take what is posted."""

        def take(headers: Headers, body: bytes, tell: Tell) -> bool:
            self.given.append((url, dict(headers), body))
            if body == b"huge":
                return False
            self.waiting.append(tell)
            if not self.later:
                self.tell()
            return True

        return take if method == b"POST" else None

    def tell(self) -> None:
        """Answer all that wait."""
        for tell in self.waiting:
            tell(answer_of(200, b"{}", ((b"x-way", b"short"),)))
        self.waiting.clear()


async def heard(port: int, *steps: bytes, seconds: float = 1.5) -> tuple[bytes, bool]:
    """Send pieces with pauses; give what came back, and whether the connection was closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        for step in steps:
            writer.write(step)
            await writer.drain()
            await asyncio.sleep(0.1)
        async with asyncio.timeout(seconds):
            while piece := await reader.read(4096):
                answer += piece
    except TimeoutError:
        return answer, False
    except ConnectionError:
        return answer, True
    finally:
        writer.close()
    return answer, True


def served(
    protocol: type[WireProtocol],
    talk: Callable[[int], Awaitable[list[tuple[bytes, bool]]]],
    *,
    rest_seconds: int = 60,
    staying: tuple[bytes, ...] = (),
) -> list[tuple[bytes, bool]]:
    """Serve the application with a protocol while somebody talks to it.

    Others say something and stay until the server is told to stop, and after.
    """

    async def scene() -> list[tuple[bytes, bool]]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(
                application,
                http=protocol,
                log_config=None,
                lifespan="off",
                timeout_keep_alive=rest_seconds,
            )
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110  (the server has no event for it)
                await asyncio.sleep(0.01)
            port = listener.getsockname()[1]
            others = [asyncio.create_task(heard(port, one, seconds=60)) for one in staying]
            found = await talk(port)
            server.should_exit = True
            await serving
            return [*found, *await asyncio.gather(*others)]

    return asyncio.run(scene())


def test_heads_are_not_awaited_for_ever() -> None:
    """Who sends nothing, half a head, or a byte now and then is hung up on; a request is not."""

    class Impatient(WireProtocol):
        head_seconds = 0.3

    async def talk(port: int) -> list[tuple[bytes, bool]]:
        talks = (
            heard(port),
            heard(port, b"GET / HT"),
            heard(port, *(bytes([byte]) for byte in REQUEST[:20])),
            heard(port, REQUEST[:9], REQUEST[9:]),
            heard(port, REQUEST, REQUEST[:9]),
        )
        return list(await asyncio.gather(*talks))

    silent, half, dribbled, asked, then_half = served(Impatient, talk)

    assert (silent, half, dribbled) == ((b"", True),) * 3
    assert (asked[0].startswith(b"HTTP/1.1 200 OK"), asked[1]) == (True, False)
    assert (then_half[0].count(b"200 OK"), then_half[1]) == (1, True)


def short(front: Front) -> type[WireProtocol]:
    """Make a protocol with a shortcut."""

    class Short(WireProtocol):
        shortcut: ClassVar[Front] = front

    return Short


def say(*steps: bytes, front: Front) -> bytes:
    """Say something on one connection; give what came back."""

    async def talk(port: int) -> list[tuple[bytes, bool]]:
        return [await heard(port, *steps, seconds=0.3)]

    ((answer, _),) = served(short(front), talk)
    return answer


def test_whole_request_is_answered_at_once() -> None:
    """Past the application, with the same headers that the server gives to all answers."""
    front = Front()
    answer = say(POST, REQUEST, POST, front=front)

    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\ndate: ")
    assert head.endswith(b"content-type: application/json\r\ncontent-length: 2\r\nx-way: short")
    assert rest.startswith(b"{}HTTP/1.1 200 OK\r\n")
    assert (answer.count(b"x-way: short"), answer.count(LONG_WAY)) == (2, 1)
    assert front.given[0] == (
        b"/short?a=b",
        {b"host": b"x", b"x-name": b"value", b"content-length": b"4"},
        b"body",
    )


@pytest.mark.parametrize(
    "steps",
    [
        (POST[:-2], POST[-2:]),
        (POST.replace(b"body", b"huge"),),
        (POST.replace(b"Host: x", b"Host: x\r\nConnection: close"),),
        (POST.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue"),),
        (POST.replace(b"HTTP/1.1", b"HTTP/1.0"),),
    ],
    ids=["in pieces", "left", "the last", "expecting", "old"],
)
def test_what_is_less_usual_goes_the_long_way(steps: tuple[bytes, ...]) -> None:
    """And loses nothing on it."""
    answer = say(*steps, front=Front())

    assert answer.count(LONG_WAY) == 1
    assert b"x-way" not in answer


def test_answers_keep_their_order() -> None:
    """Who does not wait for an answer gets the next one after it."""
    front = Front()
    front.later = True

    async def talk(port: int) -> list[tuple[bytes, bool]]:
        talking = asyncio.create_task(heard(port, POST + REQUEST, seconds=0.5))
        await asyncio.sleep(0.2)
        front.tell()
        return [await talking]

    ((answer, _),) = served(short(front), talk)

    assert 0 < answer.index(b"x-way: short") < answer.index(LONG_WAY)


def test_who_has_gone_is_not_answered() -> None:
    """The connection may be gone when the answer comes."""
    front = Front()
    front.later = True

    async def talk(port: int) -> list[tuple[bytes, bool]]:
        left = await heard(port, POST, seconds=0.1)
        await asyncio.sleep(0.1)
        front.tell()
        front.later = False
        return [left, await heard(port, POST, seconds=0.3)]

    (left, _), (other, _) = served(short(front), talk)

    assert left == b""
    assert b"x-way: short" in other


@pytest.mark.parametrize("step", [POST, REQUEST], ids=["short", "long"])
def test_connections_rest_for_a_while_only(step: bytes) -> None:
    """Who sends again in time is heard, and who does not is hung up on, by either way."""

    async def talk(port: int) -> list[tuple[bytes, bool]]:
        return [await heard(port, *[step] * 15, seconds=30)]

    ((answer, closed),) = served(short(Front()), talk, rest_seconds=1)

    assert (answer.count(b"200 OK"), closed) == (15, True)


@pytest.mark.parametrize("step", [POST, REQUEST], ids=["short", "long"])
def test_rest_is_no_wait_for_a_head(step: bytes) -> None:
    """Who is answered may rest for longer than a head may take; half a head ends that.

    What is left of a request that was answered before its end is no head.
    """

    class Impatient(WireProtocol):
        head_seconds = 0.3
        shortcut: ClassVar[Front] = Front()

    async def talk(port: int) -> list[tuple[bytes, bool]]:
        talks = (
            heard(port, step, b"", b"", b"", b"", step, seconds=0.6),
            heard(port, step, b"\r\n", b"", b"", b"", b"", step, seconds=0.6),
            heard(port, LATE, b"body", b"", b"", b"", b"", step, seconds=0.6),
            heard(port, step, b"", b"", b"", b"", step[:9], seconds=1.5),
            heard(port, step + step[:9], seconds=1.5),
        )
        return list(await asyncio.gather(*talks))

    *rested, first, second = served(Impatient, talk, rest_seconds=2)
    halves = (first, second)

    assert [(answer.count(b"200 OK"), closed) for answer, closed in rested] == [(2, False)] * 3
    assert halves[0] == (halves[0][0], True)
    assert halves[0][0].count(b"200 OK") == 1
    assert halves[1][0].count(b"200 OK") == 1


@pytest.mark.parametrize("step", [POST, REQUEST], ids=["short", "long"])
def test_nobody_rests_long_in_a_crowd(step: bytes) -> None:
    """Of many connections those that rest are closed, until there are few; of few none is."""

    class Crowded(WireProtocol):
        crowd = 2
        crowd_rest_seconds = 1
        shortcut: ClassVar[Front] = Front()

    async def talk(port: int) -> list[tuple[bytes, bool]]:
        few = [heard(port, step, seconds=2.5) for _ in range(2)]
        many = [heard(port, step, step, seconds=6) for _ in range(5)]
        return [*await asyncio.gather(*few), *await asyncio.gather(*many)]

    talks = served(Crowded, talk, rest_seconds=3600)
    few, many = talks[:2], talks[2:]

    assert [(answer.count(b"200 OK"), closed) for answer, closed in few] == [(1, False)] * 2
    assert [answer.count(b"200 OK") for answer, _ in many] == [2] * 5
    assert sum(closed for _, closed in many) >= 3


def test_server_that_stops_answers_what_waits_for_a_question() -> None:
    """Whatever is being asked: it waits a moment only."""
    deferral, put = Deferral(), asyncio.Event()

    class Deferring(Front):
        """Answers when the deferral lets it."""

        def tell(self) -> None:
            tell = self.waiting.pop()
            deferral.take_up(lambda: tell(answer_of(200, b"{}", ())))
            put.set()

    async def talk(port: int) -> list[tuple[bytes, bool]]:  # noqa: ARG001  (the others talk)
        await put.wait()
        return []

    with deferral.question():
        ((answer, closed),) = served(short(Deferring()), talk, staying=(POST,))

    assert (answer.count(b"200 OK"), closed) == (1, True)


@pytest.mark.parametrize("step", [POST, REQUEST], ids=["short", "long"])
def test_server_that_stops_hangs_up_on_who_rests(step: bytes) -> None:
    """However long they might have rested, it does not wait for them."""

    async def talk(port: int) -> list[tuple[bytes, bool]]:
        return [await heard(port, *[step] * 5, seconds=0.1)]

    (talking, *resting) = served(
        short(Front()), talk, rest_seconds=3600, staying=(step, step, step)
    )

    assert talking[0].count(b"200 OK") == 5
    assert [(answer.count(b"200 OK"), closed) for answer, closed in resting] == [(1, True)] * 3
