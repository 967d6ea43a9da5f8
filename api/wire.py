"""How answers leave the process, and how long the head of a request may take to arrive.

Owns the transport under the HTTP server: what is written in one turn of the loop leaves in one
piece. Does not know what is read or written.

The server writes the head and the body of an answer apart. Each write is a call of the operating
system, and both together would otherwise be a quarter of all that taking in an envelope costs.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class JoiningProtocol(HttpToolsProtocol):
    """The HTTP server, above a transport that joins what is written.

    It hangs up on who does not come to the end of a head: such a connection costs the sender
    nothing, and there are only so many.
    """

    head_seconds: ClassVar[float] = 30.0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the server itself
        """Begin a connection."""
        super().connection_made(JoiningTransport(transport, self.loop))
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Read on; as long as nothing is to be answered, what comes belongs to a head."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]  # None before the first request
            self._await_head()
        elif self._head_timer is not None:
            self._await_no_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._await_no_head()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self.transport.close)

    def _await_no_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class JoiningTransport(asyncio.Transport):
    """Passes everything on to another transport; writes a little later, and together."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with nothing written."""
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write, at the end of this turn of the loop."""
        if not self._pieces:
            self._loop.call_soon(self._flush)
        self._pieces.append(bytes(data))

    def close(self) -> None:
        """Close, once everything is written."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._pieces.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Tell whether nothing more can be written."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Read no more for the moment."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol read."""
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Give the protocol that reads."""
        return self._transport.get_protocol()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  (asyncio's own signature)
        """Say something about the connection."""
        return self._transport.get_extra_info(name, default)

    def _flush(self) -> None:
        pieces, self._pieces = self._pieces, []
        if pieces and not self._transport.is_closing():
            self._transport.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
