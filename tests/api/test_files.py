"""Files of each format are read in batches, whole or from a pipe, and damages are told."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from api.files import open_rows
from api.formats import Format
from api.readers import LINE_BYTES
from engine.errors import LoadError
from engine.intake import LINE, Batch

ROWS: Sequence[Mapping[str, object]] = [
    {"project_id": 1, "started": 1_610_625_600 + number, "exited": number, "other": "x"}
    for number in range(3)
]
TABLE = pa.Table.from_pylist(ROWS)


def ndjson() -> bytes:
    """Write the rows as NDJSON, the last line without an end."""
    return "\n".join(json.dumps(row) for row in ROWS).encode()


def as_parquet() -> bytes:
    """Write the rows as Parquet, in small row groups."""
    sink = io.BytesIO()
    parquet.write_table(TABLE, sink, row_group_size=2)
    return sink.getvalue()


def arrow_file() -> bytes:
    """Write the rows as an Arrow IPC file."""
    sink = io.BytesIO()
    with ipc.new_file(sink, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=2)
    return sink.getvalue()


def arrow_stream() -> bytes:
    """Write the rows as an Arrow IPC stream, with encoded text."""
    encoded = TABLE.set_column(3, "other", TABLE["other"].dictionary_encode())
    sink = io.BytesIO()
    with ipc.new_stream(sink, encoded.schema) as writer:
        writer.write_table(encoded, max_chunksize=2)
    return sink.getvalue()


WRITERS: Mapping[str, tuple[Callable[[], bytes], Format]] = {
    "ndjson": (ndjson, Format.NDJSON),
    "parquet": (as_parquet, Format.PARQUET),
    "arrow-file": (arrow_file, Format.ARROW),
    "arrow-stream": (arrow_stream, Format.ARROW),
}


class Pipe(io.BytesIO):
    """Bytes that can be read once, from their beginning to their end."""

    def seekable(self) -> bool:
        """Say no."""
        return False


def read(source: Path | BinaryIO, *, chosen: Format | None = None) -> list[Batch]:
    """Read all batches of a file."""
    with open_rows(source, chosen=chosen) as rows:
        return list(rows.batches)


def lines(content: bytes) -> list[Batch]:
    """Read NDJSON from a pipe."""
    return read(Pipe(content), chosen=Format.NDJSON)


def refusal(source: Path | BinaryIO, *, chosen: Format | None = None) -> str:
    """Read a file that is refused; give the reason."""
    with pytest.raises(LoadError) as refused:
        read(source, chosen=chosen)
    return refused.value.message


@pytest.mark.parametrize("piped", [False, True], ids=["path", "pipe"])
@pytest.mark.parametrize(("write", "kind"), WRITERS.values(), ids=WRITERS.keys())
def test_every_format_is_recognised_and_read(
    tmp_path: Path, write: Callable[[], bytes], kind: Format, *, piped: bool
) -> None:
    """The content says what it is, without an ending; the digest is that of the whole content."""
    path = tmp_path / "rows"
    path.write_bytes(write())
    source = Pipe(write()) if piped else path

    with open_rows(source) as rows:
        (batch,) = rows.batches
        digest = rows.digest()

    assert rows.format is kind
    assert batch.table["exited"].to_pylist() == [0, 1, 2]
    assert batch.table["other"].null_count == 3
    assert (batch.first_line, batch.bad) == (1, ())
    assert digest == hashlib.sha256(write()).hexdigest()


@pytest.mark.parametrize(("write", "kind"), WRITERS.values(), ids=WRITERS.keys())
def test_digest_needs_no_reading_first(write: Callable[[], bytes], kind: Format) -> None:
    """It reads by itself what is left."""
    with open_rows(Pipe(write()), chosen=kind) as rows:
        assert rows.digest() == hashlib.sha256(write()).hexdigest()


def test_position_moves_to_the_size(tmp_path: Path) -> None:
    """A progress bar can be drawn from them; a pipe has no size."""
    path = tmp_path / "rows.ndjson"
    path.write_bytes(ndjson())

    with open_rows(path) as rows:
        list(rows.batches)
        assert rows.position() == rows.size_bytes == len(ndjson())
    with open_rows(Pipe(ndjson())) as rows:
        assert rows.size_bytes is None


def test_blank_lines_are_counted_and_skipped() -> None:
    """The line of a row is its line in the file, so that an editor finds it."""
    (batch,) = lines(b'\n{"seq": 1}\r\n   \n\n{"seq": 2}\n')

    assert batch.table[LINE].to_pylist() == [2, 5]
    assert batch.bad == ()


def test_unreadable_lines_are_bad_rows() -> None:
    """Each has its line and the place where reading stopped."""
    (batch,) = lines(b'{"seq": 1}\n{"seq": \n[1]\n\xff\n{"seq": NaN}\n{"seq": 6}')

    assert batch.table["seq"].to_pylist() == [1, 6]
    assert [(bad.line, bad.reason) for bad in batch.bad] == [
        (2, "not JSON: unexpected end of data, at column 10"),
        (3, "[1] is not an object with columns"),
        (4, "not JSON: str is not valid UTF-8: surrogates not allowed, at column 1"),
        (5, "not JSON: unexpected character, expected a JSON value, at column 9"),
    ]


def test_line_without_end_does_not_fill_the_memory() -> None:
    """It is a bad row, and the lines after it are read."""
    long = b'{"seq": "' + b"x" * (3 * LINE_BYTES) + b'"}\n'

    (batch,) = lines(long + b'{"seq": 2}\n' + long)

    assert batch.table[LINE].to_pylist() == [2]
    assert [(bad.line, bad.reason) for bad in batch.bad] == [
        (1, f"longer than {LINE_BYTES} bytes"),
        (3, f"longer than {LINE_BYTES} bytes"),
    ]


def test_byte_order_mark_is_no_text() -> None:
    """Some editors put one in front."""
    (batch,) = lines(b'\xef\xbb\xbf{"seq": 1}\n')

    assert batch.table["seq"].to_pylist() == [1]


@pytest.mark.parametrize("content", [b"", b"\n\n"], ids=["empty", "blank"])
def test_empty_file_has_no_rows(content: bytes) -> None:
    """Nothing to load is no error."""
    assert read(Pipe(content)) == []


FOREIGN = {
    "gzip": (b"\x1f\x8b\x08\x00", "is compressed with gzip; unpack it first, as in: gzip -dc FILE"),
    "zstd": (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it first"),
    "zip": (b"PK\x03\x04rest", "is a zip archive; unpack it first"),
    "array": (b' [{"seq": 1}]', "is one JSON array; write one object a line, as in: jq -c"),
    "utf-16": ('{"seq": 1}'.encode("utf-16"), "is UTF-16 text; write it again as UTF-8"),
    "csv": (b"project_id,started\n1,2\n", "is none of ndjson, parquet, arrow; a format can be"),
    "image": (b"\x89PNG\r\n\x1a\n", "is none of ndjson, parquet, arrow; a format can be chosen"),
    "feather-1": (b"FEA1....", "is Feather version 1; write it again as version 2"),
}


@pytest.mark.parametrize(("content", "reason"), FOREIGN.values(), ids=FOREIGN.keys())
def test_foreign_file_is_told_by_its_first_bytes(content: bytes, reason: str) -> None:
    """The reason says what it is, and what to do."""
    assert f"standard input {reason}" in refusal(Pipe(content))


def test_ending_and_content_must_agree(tmp_path: Path) -> None:
    """A file that is not what it says is not guessed at."""
    wrong = tmp_path / "rows.ndjson"
    wrong.write_bytes(as_parquet())
    binary = tmp_path / "rows.jsonl"
    binary.write_bytes(b"ab\x00cd")
    text = tmp_path / "rows.parquet"
    text.write_bytes(b"project_id")

    assert refusal(wrong) == f"{wrong} is parquet by its content, not ndjson"
    assert refusal(binary) == f"{binary} is not ndjson by its content; it is not text"
    assert refusal(text) == f"{text} is not parquet by its content; it may be truncated"


@pytest.mark.parametrize("piped", [False, True], ids=["path", "pipe"])
@pytest.mark.parametrize("write", [as_parquet, arrow_file, arrow_stream])
def test_truncated_file_is_told(tmp_path: Path, write: Callable[[], bytes], *, piped: bool) -> None:
    """Half a file is an error, not half its rows."""
    content = write()[: len(write()) * 2 // 3]
    path = tmp_path / "rows"
    path.write_bytes(content)

    reason = refusal(Pipe(content) if piped else path)

    name = "standard input" if piped else str(path)
    assert reason.startswith(f"{name} is damaged or truncated: ")
    assert "\n" not in reason


@pytest.mark.parametrize("write", [as_parquet, arrow_file, arrow_stream])
def test_damaged_bytes_never_crash(write: Callable[[], bytes]) -> None:
    """Whatever byte is wrong: rows, or a LoadError."""
    content = write()
    for place in range(8, len(content), 37):
        damaged = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        with suppress(LoadError):
            read(Pipe(damaged))


@pytest.mark.parametrize("kind", [Format.PARQUET, Format.ARROW])
def test_file_without_our_columns_is_told(tmp_path: Path, kind: Format) -> None:
    """Another table is not a million bad rows."""
    path = tmp_path / f"other.{kind}"
    table = pa.table({"a": [1], "b": [2]})
    if kind is Format.PARQUET:
        parquet.write_table(table, path)
    else:
        with ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)

    assert refusal(path) == (
        f"{path} cannot be loaded: none of its columns (a, b) is one of a session update"
    )


def test_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """A missing file, a folder."""
    missing = tmp_path / "missing.parquet"

    assert refusal(missing) == f"{missing} cannot be read: No such file or directory"
    assert refusal(tmp_path) == f"{tmp_path} cannot be read: Is a directory"
