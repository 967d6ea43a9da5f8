r"""An envelope: one line of headers, then items, each a line of headers and a payload.

    Envelope = Headers { "\n" Item } [ "\n" ]
    Item     = Headers "\n" Payload
    Headers  = one JSON object on one line, in UTF-8

Owns this grammar, and the words for what breaks it. Does not know what an item means, nor how
bodies travel. Payloads are views into the body: taking it apart needs no second copy.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final, Never

import orjson

from engine.errors import EngineError

HEADER_BYTES: Final = 262_144
"""The longest line of headers; JSON read into memory is many times its text."""

_NEWLINE: Final = b"\n"


class EnvelopeError(EngineError):
    """The bytes are not an envelope; no part of it may be used."""

    code = "envelope.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: its type, and a view of its payload in the body."""

    type: str
    payload: memoryview


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
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
    return _read_headers(body)[0]


def parse_envelope(body: bytes | bytearray, *, types: Container[str], most: int) -> Envelope:
    """Take an envelope apart; give its first `most` items of these types, and pass over the others.

    All of it has to be right, the items that are passed over too.

    Raises:
        EnvelopeError: it breaks the grammar.

    """
    headers, offset = _read_headers(body)
    view = memoryview(body)
    items: list[Item] = []
    matching = 0
    while offset < len(body):
        kind, start, end = _next_item(body, view, offset)
        if kind in types:
            matching += 1
            if matching <= most:
                items.append(Item(type=kind, payload=view[start:end]))
        offset = end + 1
    return Envelope(headers=headers, items=tuple(items), matching=matching)


def _read_headers(body: bytes | bytearray) -> tuple[Mapping[str, object], int]:
    end = _line_end(body, 0)
    line = memoryview(body)[:end]
    if end <= HEADER_BYTES and not bytes(line).strip():
        _refuse("missing envelope header")
    return _object(line, "invalid envelope header"), end + 1


def _next_item(body: bytes | bytearray, view: memoryview, offset: int) -> tuple[str, int, int]:
    """Give the type of the item at `offset`, and the half-open range of its payload."""
    line_end = _line_end(body, offset)
    headers = _object(view[offset:line_end], "invalid item header")
    kind, length = headers.get("type"), headers.get("length")
    if not isinstance(kind, str) or not _is_length(length):
        _refuse("invalid item header")
    start = min(line_end + 1, len(body))
    if not isinstance(length, int):
        return kind, start, _line_end(body, start)
    end = start + length
    if end > len(body):
        _refuse("unexpected end of file")
    if end < len(body) and body[end : end + 1] != _NEWLINE:
        _refuse("missing newline after header or payload")
    return kind, start, end


def _line_end(body: bytes | bytearray, start: int) -> int:
    end = body.find(_NEWLINE, start)
    return len(body) if end < 0 else end


def _is_length(value: object) -> bool:
    return value is None or (type(value) is int and value >= 0)


def _object(line: memoryview, problem: str) -> Mapping[str, object]:
    if len(line) > HEADER_BYTES:
        _refuse(problem)
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        _refuse(problem)
    if not isinstance(value, dict):
        _refuse(problem)
    return value


def _refuse(problem: str) -> Never:
    raise EnvelopeError(problem) from None
