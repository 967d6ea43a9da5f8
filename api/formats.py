"""The formats of a file of session updates: how each is recognised.

Owns file endings and first bytes. Does not know how a format is read, nor what a row means.
"""

from enum import StrEnum
from pathlib import PurePath
from typing import Final

from engine.errors import LoadError


class Format(StrEnum):
    """The formats that can be loaded."""

    NDJSON = "ndjson"
    PARQUET = "parquet"
    ARROW = "arrow"


HEAD_BYTES: Final = 4096
"""How much of a file must be seen to recognise it."""

ARROW_FILE_MAGIC: Final = b"ARROW1\x00\x00"
"""Begins an Arrow IPC file, which is read from its end; a stream begins otherwise."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_SUFFIXES = {
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".json": Format.NDJSON,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".arrows": Format.ARROW,
    ".feather": Format.ARROW,
    ".ipc": Format.ARROW,
}

_MAGIC = (
    (b"PAR1", Format.PARQUET),
    (ARROW_FILE_MAGIC, Format.ARROW),
    (b"\xff\xff\xff\xff", Format.ARROW),
    (b"{", Format.NDJSON),
)

_FOREIGN = (
    (b"\x1f\x8b", "compressed with gzip; unpack it first, as in: gzip -dc FILE | … load -"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first, as in: zstd -dc FILE | … load -"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"FEA1", "Feather version 1; write it again as version 2, which is Arrow IPC"),
    (b"PARE", "encrypted Parquet; write it again without encryption"),
    (b"\xff\xfe", "UTF-16 text; write it again as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; write it again as UTF-8"),
    (b"[", "one JSON array; write one object a line, as in: jq -c '.[]' FILE | … load -"),
)


def recognise(name: str, head: bytes, chosen: Format | None) -> Format:
    """Tell the format from what was chosen, the ending of the name, and the first bytes.

    Raises:
        LoadError: it is none of ours, or another than was said.

    """
    first = head.removeprefix(_BYTE_ORDER_MARK).lstrip()
    for magic, what in _FOREIGN:
        if head.startswith(magic) or (magic == b"[" and first.startswith(magic)):
            raise LoadError(f"{name} is {what}")
    said = chosen or _SUFFIXES.get(PurePath(name).suffix.lower())
    found = _found(head) or _found(first)
    if found is None:
        return _text_or_nothing(name, head, said)
    if said is not None and said is not found:
        raise LoadError(f"{name} is {found} by its content, not {said}")
    return found


def _found(head: bytes) -> Format | None:
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def _text_or_nothing(name: str, head: bytes, said: Format | None) -> Format:
    if said is None and head.strip():
        raise LoadError(f"{name} is none of {', '.join(Format)}; a format can be chosen (--format)")
    if said not in {None, Format.NDJSON}:
        raise LoadError(f"{name} is not {said} by its content; it may be truncated")
    if b"\x00" in head:
        raise LoadError(f"{name} is not {Format.NDJSON} by its content; it is not text")
    return Format.NDJSON
