"""The readers of the formats: an open stream or file in, batches of rows out.

Owns the libraries that know the formats. Does not know where bytes come from, nor what a row means.
A damaged file makes them raise ArrowException, OSError, ValueError or MemoryError.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BufferedReader
from typing import BinaryIO, Final

import orjson
import pyarrow as pa
from pyarrow import ipc, parquet

from engine.errors import LoadError
from engine.intake import Batch
from engine.reading import INPUTS
from engine.rows import ROWS_A_BATCH, Collector, numbered

LINE_BYTES: Final = 1_048_576
"""The longest line of NDJSON that is read, its line end included."""

_REPEATED = frozenset({"status", "release", "environment", "abnormal_mechanism"})
"""Columns of few different texts, which are read from Parquet as they are written there."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_ndjson(stream: BufferedReader) -> Iterator[Batch]:
    """Read one JSON object a line; blank lines are nothing, other lines are bad rows."""
    collector = Collector()
    for line, text in enumerate(_lines(stream), start=1):
        if len(text) > LINE_BYTES:
            collector.refuse(line, f"longer than {LINE_BYTES} bytes")
        elif not text.isspace():
            _collect(collector, line, text)
        if collector.full:
            yield collector.take()
    if collector.lines:
        yield collector.take()


def _lines(stream: BufferedReader) -> Iterator[bytes]:
    """Give the lines; of one that is too long, so much that it shows."""
    if stream.peek(1).startswith(_BYTE_ORDER_MARK):
        stream.read(len(_BYTE_ORDER_MARK))
    while text := stream.readline(LINE_BYTES + 1):
        yield text
        while len(text) > LINE_BYTES and not text.endswith(b"\n"):
            text = stream.readline(LINE_BYTES + 1)


def _collect(collector: Collector, line: int, text: bytes) -> None:
    try:
        collector.add(line, orjson.loads(text))
    except orjson.JSONDecodeError as error:
        collector.refuse(line, f"not JSON: {error.msg}, at column {error.pos + 1}")


def read_parquet(source: BinaryIO | pa.NativeFile) -> Iterator[Batch]:
    """Read the columns of a Parquet file that mean something; the others stay as empty names."""
    metadata = parquet.read_metadata(source)
    schema = metadata.schema.to_arrow_schema()
    repeated = [name for name in _known(schema.names) if _is_repeated(schema, name)]
    with parquet.ParquetFile(source, metadata=metadata, read_dictionary=repeated) as file:
        parts = file.iter_batches(batch_size=ROWS_A_BATCH, columns=_known(schema.names))
        yield from _with_others(numbered(parts), schema.names)


def _is_repeated(schema: pa.Schema, name: str) -> bool:
    place = schema.get_field_index(name)  # -1 where two have the name
    return name in _REPEATED and place >= 0 and pa.types.is_string(schema.field(place).type)


def read_arrow_file(source: BinaryIO | pa.NativeFile) -> Iterator[Batch]:
    """Read an Arrow IPC file, which is random access and has its schema at its end."""
    with ipc.open_file(source) as file:
        known = _known(file.schema.names)
        parts = (file.get_batch(index).select(known) for index in range(file.num_record_batches))
        yield from _with_others(numbered(parts), file.schema.names)


def read_arrow_stream(stream: BufferedReader) -> Iterator[Batch]:
    """Read an Arrow IPC stream, as it comes."""
    with ipc.open_stream(stream) as reader:
        known = _known(reader.schema.names)
        parts = (part.select(known) for part in reader)
        yield from _with_others(numbered(parts), reader.schema.names)


def _known(names: Iterable[str]) -> list[str]:
    known = [name for name in names if name in INPUTS]
    if not known:
        message = f"none of its columns ({', '.join(names)}) is one of a session update"
        raise LoadError(message)
    return known


def _with_others(batches: Iterable[Batch], names: Iterable[str]) -> Iterator[Batch]:
    others = [name for name in names if name not in INPUTS]
    for batch in batches:
        table = batch.table
        for name in others:
            table = table.append_column(name, pa.nulls(len(table)))
        yield replace(batch, table=table)
