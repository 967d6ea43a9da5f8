"""Files of session updates, from a path or from standard input, as batches of rows.

Owns opening, the digest of a content, and the words for damages. Does not know what a row means. No
file is held in memory whole; what must be read from its end, and comes from a pipe, is put into a
temporary file first.
"""

import hashlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from api.formats import ARROW_FILE_MAGIC, HEAD_BYTES, Format, recognise
from api.readers import read_arrow_file, read_arrow_stream, read_ndjson, read_parquet
from engine.errors import LoadError
from engine.intake import Batch, printable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK_BYTES = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFile:
    """An open file: its batches, to be read once and in order, and what is known of the whole.

    `digest` gives the SHA-256 of the content in hexadecimal digits, reading what is left to read.
    `position` says where reading stands, in bytes, of `size_bytes` if that is known. Reading a
    batch raises LoadError when the file is damaged or truncated.
    """

    format: Format
    batches: Iterator[Batch]
    digest: Callable[[], str]
    position: Callable[[], int]
    size_bytes: int | None


@contextmanager
def open_rows(
    source: Path | BinaryIO, *, chosen: Format | None = None, name: str = "standard input"
) -> Iterator[RowFile]:
    """Open a file of rows, of the chosen format or of the one that it shows to be.

    `name` stands in messages for a source without a path.

    Raises:
        LoadError: there is no such file, it cannot be read, or it is of no format of ours.

    """
    with ExitStack() as stack:
        path = source if isinstance(source, Path) else None
        name = name if path is None else str(path)
        content = _Content(stack.enter_context(_opened(source)))
        stream: io.BufferedReader = io.BufferedReader(content, _CHUNK_BYTES)
        head = _head(stream, name)
        kind = recognise(name, head, chosen)
        if kind is Format.PARQUET or head.startswith(ARROW_FILE_MAGIC):
            whole = stack.enter_context(_whole(stream, path))
            batches = (read_parquet if kind is Format.PARQUET else read_arrow_file)(whole)
            position, size = whole.tell, _size(whole)
        else:
            batches = (read_ndjson if kind is Format.NDJSON else read_arrow_stream)(stream)
            position, size = content.tell, _size(content.source)
        yield RowFile(
            format=kind,
            batches=_undamaged(batches, name),
            digest=lambda: _digest(stream, content),
            position=position,
            size_bytes=size,
        )


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(source, Path):
        yield source
        return
    try:
        file = source.open("rb")
    except OSError as error:
        message = f"{source} cannot be read: {error.strerror}"
        raise LoadError(message) from error
    with file:
        yield file


def _head(stream: io.BufferedReader, name: str) -> bytes:
    try:
        return stream.peek(HEAD_BYTES)
    except OSError as error:
        message = f"{name} cannot be read: {error.strerror}"
        raise LoadError(message) from error


@contextmanager
def _whole(stream: io.BufferedReader, path: Path | None) -> Iterator[BinaryIO]:
    """Give the content with random access: the file once more, or a copy of what a pipe brings."""
    if path is not None and path.is_file():
        with path.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy, _CHUNK_BYTES)
        copy.seek(0)
        yield copy


def _size(source: BinaryIO) -> int | None:
    if not source.seekable():
        return None
    here = source.tell()
    size = source.seek(0, io.SEEK_END)
    source.seek(here)
    return size


class _Content(io.RawIOBase):
    """A stream that digests and counts what is read from it."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self.source = source
        self._hash = hashlib.sha256()
        self._position = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        place = memoryview(buffer).cast("B")
        chunk = self.source.read(len(place))
        place[: len(chunk)] = chunk
        self._hash.update(chunk)
        self._position += len(chunk)
        return len(chunk)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _digest(stream: io.BufferedReader, content: _Content) -> str:
    while stream.read(_CHUNK_BYTES):
        pass
    return content.hexdigest()


def _undamaged(batches: Iterator[Batch], name: str) -> Iterator[Batch]:
    try:
        yield from batches
    except LoadError as error:
        message = f"{name} cannot be loaded: {error.message}"
        raise LoadError(message) from error
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        why = printable(str(error).partition("\n")[0]) or "a length in it makes no sense"
        message = f"{name} is damaged or truncated: {why}"
        raise LoadError(message) from error
