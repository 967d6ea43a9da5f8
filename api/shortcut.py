"""A way past the application for requests that arrive whole: what is given, and what comes back.

Owns the forms of both. Does not know who answers, nor how bytes travel.
"""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import NamedTuple, Protocol, TypeAlias

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]
"""Names in lower case, and values."""


class Answer(NamedTuple):
    """An answer, and how it is spelled: its first line, and what follows the server's headers."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    first_line: bytes
    rest: bytes


Tell: TypeAlias = Callable[[Answer], None]
"""Told the answer, now or later."""

Taker: TypeAlias = Callable[[Headers, bytes, Tell], bool]
"""Takes the headers and the body of a request; False leaves it to the application after all."""


class Shortcut(Protocol):
    """Whoever answers some requests without the application."""

    def find(self, method: bytes, url: bytes) -> Taker | None:
        """Find who takes such requests that are there as a whole; None is the application."""


def answer_of(status: int, body: bytes, headers: Headers) -> Answer:
    """Make an answer in JSON."""
    every = (
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        *headers,
    )
    first_line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
    return Answer(status, every, body, first_line, b"%b\r\n%b" % (spelled(every), body))


def spelled(headers: Headers) -> bytes:
    """Spell headers as they travel."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])
