"""What is written in one turn of the loop leaves in one piece, and nothing is lost."""

import asyncio

from api.wire import JoiningTransport


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
