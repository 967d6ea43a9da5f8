r"""An envelope: one line of headers, then items, each a line of headers and a payload.

    Envelope = Headers { "\n" Item } [ "\n" ]
    Item     = Headers "\n" Payload
    Headers  = one JSON object on one line, in UTF-8

Owns this grammar, and the words for what breaks it. Does not know what an item means, nor how
bodies travel. Payloads are views into the body: taking it apart needs no second copy.
"""

from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, Never

import orjson

from engine.errors import EngineError

HEADER_BYTES: Final = 262_144
"""The longest line of headers; JSON read into memory is many times its text."""

_NEWLINE: Final = b"\n"
_BAD_HEADER: Final = "invalid envelope header"
_BAD_ITEM: Final = "invalid item header"
_REMEMBERED_BYTES: Final = 64
_REMEMBERED_LINES: Final = 1024


class EnvelopeError(EngineError):
    """The bytes are not an envelope; no part of it may be used."""

    code = "envelope.invalid"


class Item(NamedTuple):
    """One item: its type, and a view of its payload in the body."""

    type: str
    payload: memoryview


class Envelope(NamedTuple):
    """The headers, and the first of the items that were asked for.

    `matching` counts all items that were asked for, those beyond the first too.
    """

    headers: Mapping[str, object]
    items: tuple[Item, ...]
    matching: int


def read_headers(body: bytes | bytearray) -> Mapping[str, object]:
    """Read the headers of an envelope alone.

    Raises:
        EnvelopeError: the first line is not a JSON object.

    """
    return _read_headers(body, _line_end(body, 0))


def parse_envelope(body: bytes | bytearray, *, types: Container[str], most: int) -> Envelope:
    """Take an envelope apart; give its first `most` items of these types, and pass over the others.

    All of it has to be right, the items that are passed over too.

    Raises:
        EnvelopeError: it breaks the grammar.

    """
    offset = _line_end(body, 0)
    headers = _read_headers(body, offset)
    offset += 1
    view = memoryview(body)
    items: list[Item] = []
    matching = 0
    while offset < len(body):
        line_end = _line_end(body, offset)
        kind, length = _item_headers(body, offset, line_end)
        start = min(line_end + 1, len(body))
        end = _line_end(body, start) if length is None else _payload_end(body, start, length)
        if kind in types:
            matching += 1
            if matching <= most:
                items.append(Item(kind, view[start:end]))
        offset = end + 1
    return Envelope(headers, tuple(items), matching)


def _read_headers(body: bytes | bytearray, end: int) -> Mapping[str, object]:
    line = _line(body, 0, end, _BAD_HEADER)
    try:
        return _object(line, _BAD_HEADER)
    except EnvelopeError:
        if not line.strip():
            _refuse("missing envelope header")
        raise


def _item_headers(body: bytes | bytearray, start: int, end: int) -> tuple[str, int | None]:
    """Read the headers of an item; most are spelled like many before."""
    if end - start <= _REMEMBERED_BYTES:
        return _remembered(bytes(body[start:end]))
    return _kind_and_length(_line(body, start, end, _BAD_ITEM))


def _kind_and_length(line: bytes | bytearray) -> tuple[str, int | None]:
    headers = _object(line, _BAD_ITEM)
    kind, length = headers.get("type"), headers.get("length")
    if not isinstance(kind, str) or not ((type(length) is int and length >= 0) or length is None):
        _refuse(_BAD_ITEM)
    return kind, length


_remembered = lru_cache(maxsize=_REMEMBERED_LINES)(_kind_and_length)


def _payload_end(body: bytes | bytearray, start: int, length: int) -> int:
    end = start + length
    if end > len(body):
        _refuse("unexpected end of file")
    if end < len(body) and body[end : end + 1] != _NEWLINE:
        _refuse("missing newline after header or payload")
    return end


def _line(body: bytes | bytearray, start: int, end: int, problem: str) -> bytes | bytearray:
    if end - start > HEADER_BYTES:
        _refuse(problem)
    return body[start:end]


def _line_end(body: bytes | bytearray, start: int) -> int:
    end = body.find(_NEWLINE, start)
    return len(body) if end < 0 else end


def _object(line: bytes | bytearray, problem: str) -> Mapping[str, object]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        _refuse(problem)
    if type(value) is not dict:
        _refuse(problem)
    return value


def _refuse(problem: str) -> Never:
    raise EnvelopeError(problem) from None
