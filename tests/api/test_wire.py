"""What is written in one turn of the loop leaves in one piece, and nothing is lost."""

import asyncio
import socket

import uvicorn
from starlette.responses import Response

from api.wire import JoiningProtocol, JoiningTransport


class Wire(asyncio.Transport):
    """A transport that remembers what it was told."""

    def __init__(self) -> None:
        """Begin open."""
        super().__init__()
        self.told: list[object] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Remember it."""
        self.told.append(bytes(data))

    def close(self) -> None:
        """Remember that."""
        self.told.append("close")
        self.closed = True

    def abort(self) -> None:
        """Remember that."""
        self.told.append("abort")
        self.closed = True

    def is_closing(self) -> bool:
        """Tell whether it was closed."""
        return self.closed


def written(*steps: object) -> list[object]:
    """Take steps (bytes to write, words to call, None for a turn of the loop)."""

    async def scene() -> list[object]:
        wire = Wire()
        joining = JoiningTransport(wire, asyncio.get_running_loop())
        for step in steps:
            if step is None:
                await asyncio.sleep(0)
            elif isinstance(step, bytes):
                joining.write(step)
            else:
                getattr(joining, str(step))()
        await asyncio.sleep(0)
        return wire.told

    return asyncio.run(scene())


def test_writes_are_joined() -> None:
    """Those of one turn are one write, those of the next another."""
    assert written(b"head", b"body") == [b"headbody"]
    assert written(b"head", b"body", None, b"next") == [b"headbody", b"next"]


def test_closing_writes_first() -> None:
    """What was written before the end is sent, and nothing after it."""
    assert written(b"head", b"body", "close", b"late") == [b"headbody", "close"]


def test_aborting_writes_nothing() -> None:
    """A connection that is cut is cut."""
    assert written(b"head", "abort") == ["abort"]


class Impatient(JoiningProtocol):
    """The server's protocol, with little time."""

    head_seconds = 0.3


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def heard(port: int, *steps: bytes) -> tuple[bytes, bool]:
    """Send pieces with pauses; give what came back, and whether the connection was closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        for step in steps:
            writer.write(step)
            await writer.drain()
            await asyncio.sleep(0.1)
        async with asyncio.timeout(1.5):
            while piece := await reader.read(4096):
                answer += piece
    except TimeoutError:
        return answer, False
    except ConnectionError:
        return answer, True
    finally:
        writer.close()
    return answer, True


def test_heads_are_not_awaited_for_ever() -> None:
    """Who sends nothing, half a head, or a byte now and then is hung up on; a request is not."""

    async def scene() -> list[tuple[bytes, bool]]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(
                Response("ok"), http=Impatient, log_config=None, timeout_keep_alive=60
            )
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110  (the server has no event for it)
                await asyncio.sleep(0.01)
            port = listener.getsockname()[1]
            talks = (
                heard(port),
                heard(port, b"GET / HT"),
                heard(port, *(bytes([byte]) for byte in REQUEST[:20])),
                heard(port, REQUEST[:9], REQUEST[9:]),
                heard(port, REQUEST, REQUEST[:9]),
            )
            found = await asyncio.gather(*talks)
            server.should_exit = True
            await serving
            return list(found)

    silent, half, dribbled, asked, then_half = asyncio.run(scene())

    assert (silent, half, dribbled) == ((b"", True),) * 3
    assert (asked[0].startswith(b"HTTP/1.1 200 OK"), asked[1]) == (True, False)
    assert (then_half[0].count(b"200 OK"), then_half[1]) == (1, True)
