"""The connections of the service: how long they may rest, and who is answered without delay.

Owns the protocol between the sockets and the application. Does not know what is asked.

A request that is there as a whole when it is first looked at need not become a task of its own with
messages to and fro: whoever is to answer it is called, and its answer is written. That is a third
of the work. Whatever is less usual takes the way of all others: bodies that arrive in pieces,
requests that do not wait for the answer to the one before, other versions of the protocol.
"""

import asyncio
from functools import partial
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.shortcut import Answer, Shortcut, Taker, spelled


class WireProtocol(HttpToolsProtocol):
    """The HTTP server, with a shortcut, and without patience for heads that do not end.

    A connection that sends no head costs the sender nothing, and there are only so many. That is
    why none rests long, either, while there are more than `crowd`.
    """

    head_seconds: ClassVar[float] = 30.0
    crowd: ClassVar[int] = 256
    crowd_rest_seconds: ClassVar[int] = 5
    shortcut: ClassVar[Shortcut | None] = None
    _usual: ClassVar[tuple[object, bytes]] = (None, b"")
    _head_timer: asyncio.TimerHandle | None = None
    _rest_timer: asyncio.TimerHandle | None = None
    _rests_since: float | None = None
    _in_head = False
    _arriving: "_Exchange | None" = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the server itself
        """Begin a connection."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Read on; as long as nothing is to be answered, what comes belongs to a head.

        Only what is left of a request that has its answer already does not: the rest goes on.
        """
        rested, self._rests_since = self._rests_since, None
        super().data_received(data)
        if self._arriving is not None:
            self._leave(self._arriving)
        if self._rests_since is None and not self._is_busy():  # type: ignore[redundant-expr]  # an answer sets it
            if self._in_head or rested is None:
                self._await_head()
            else:
                self._rests_since = rested
        elif self._head_timer is not None:
            self._await_no_head()

    def on_message_begin(self) -> None:
        """Begin a request; what only the application wants to know of it can wait."""
        self._in_head = True
        self._rests_since = None
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """Choose the way of a request."""
        self._in_head = False
        taker = self._taker()
        if taker is None:
            self._go_on()
        else:
            self.cycle = self._arriving = _Exchange(taker)  # type: ignore[assignment]  # stands in for one

    def on_message_complete(self) -> None:
        """End a request; one that arrived whole is taken."""
        super().on_message_complete()
        exchange = self._arriving
        if exchange is not None and not exchange.taker(
            self.headers, bytes(exchange.body), partial(self._answer, exchange)
        ):
            self._leave(exchange)
        self._arriving = None

    def on_response_complete(self) -> None:
        """End a response; if no other request is there, the connection rests by our rules."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
            self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._await_no_head()
        if self._rest_timer is not None:
            self._rest_timer.cancel()
        super().connection_lost(exc)

    def _is_busy(self) -> bool:
        """Tell whether a request is there that has no answer yet."""
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]  # None before the first request

    def _taker(self) -> Taker | None:
        parser = self.parser
        if (
            self.shortcut is None
            or self._is_busy()
            or self.expect_100_continue
            or parser.should_upgrade()
            or not parser.should_keep_alive()
            or parser.get_http_version() != "1.1"
        ):
            return None
        return self.shortcut.find(parser.get_method(), self.url)

    def _go_on(self) -> None:
        """Begin the request for the application, and go on to the end of its headers."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _leave(self, exchange: "_Exchange") -> None:
        """Let the application answer, as if there had never been another way."""
        self._arriving = None
        self.cycle = None  # type: ignore[assignment]  # as before the first request
        self._go_on()
        self.cycle.body += exchange.body
        self.cycle.more_body = exchange.more_body
        self.cycle.message_event.set()

    def _answer(self, exchange: "_Exchange", answer: Answer) -> None:
        exchange.response_complete = True
        if exchange.disconnected or self.transport.is_closing():
            return
        ending = b"" if exchange.keep_alive else b"connection: close\r\n"
        self.transport.write(answer.first_line + self._usual_headers() + ending + answer.rest)
        if not exchange.keep_alive:
            self.transport.close()
        if self.pipeline or self.transport.is_closing():
            self.on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()
            self._rest()

    def _rest(self) -> None:
        """Let the connection rest, with one timer for many responses."""
        self._rests_since = self.loop.time()
        if self._rest_timer is None:
            self._look_after(self._longest_rest())

    def _end_rest(self) -> None:
        """Close a connection that rests for too long; look again later at one that does not yet."""
        self._rest_timer = None
        if self._rests_since is None:
            return
        left = self._rests_since + self._longest_rest() - self.loop.time()
        if left > 0:
            self._look_after(left)
        else:
            self.timeout_keep_alive_handler()

    def _longest_rest(self) -> float:
        usual = self.timeout_keep_alive
        return usual if len(self.connections) <= self.crowd else min(usual, self.crowd_rest_seconds)

    def _look_after(self, seconds: float) -> None:
        """Look so often that those who rest long make room soon where a crowd comes."""
        self._rest_timer = self.loop.call_later(
            min(seconds, self.crowd_rest_seconds), self._end_rest
        )

    def _usual_headers(self) -> bytes:
        """Spell what the server adds to every answer; it makes another list each second."""
        headers = self.server_state.default_headers
        if WireProtocol._usual[0] is not headers:
            WireProtocol._usual = (headers, spelled(headers))
        return WireProtocol._usual[1]

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self.transport.close)

    def _await_no_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class _Exchange:
    """Stands where the server keeps what it knows of a request: as much as it looks at."""

    __slots__ = ("body", "disconnected", "keep_alive", "more_body", "response_complete", "taker")

    message_event: ClassVar[asyncio.Event] = asyncio.Event()

    def __init__(self, taker: Taker) -> None:
        self.taker = taker
        self.body = bytearray()
        self.more_body = self.keep_alive = True
        self.disconnected = self.response_complete = False
