"""A column as a file gives it, brought to one of the few forms that the rules can read.

Owns the knowledge of Arrow types. Does not know what a column means. Moments leave as whole numbers
since 1970-01-01 UTC, so that no time zone of a session or machine can touch them.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

import pyarrow as pa
from pyarrow import compute, types


class Form(StrEnum):
    """What the values of a column are, whatever the column is called.

    NAME is text of which whoever knows the column has found that each value is allowed there.
    """

    ABSENT = "absent"
    TEXT = "text"
    NAME = "name"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    UUID = "uuid"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    MICROSECONDS = "microseconds"
    FOREIGN = "foreign"


_UUID_BYTES = 16
_BY_UNIT = {"s": Form.SECONDS, "ms": Form.MILLISECONDS, "us": Form.MICROSECONDS}
_Formed: TypeAlias = tuple[pa.ChunkedArray, Form]


def formed(column: pa.ChunkedArray) -> _Formed:
    """Bring a column of any Arrow type to a form; a type that nothing of ours has is FOREIGN.

    A FOREIGN column keeps only which of its values are null.
    """
    for fits, convert in _CONVERSIONS:
        if fits(column.type):
            return convert(column)
    return _foreign(column)


def encoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write each text of a TEXT column once, and numbers in its place, where Arrow can do that."""
    kind = column.type
    plain = types.is_string(kind) or types.is_large_string(kind)
    return column.dictionary_encode() if plain else column


def texts_of(column: pa.ChunkedArray, *, most: int) -> frozenset[str] | None:
    """Give the different texts of an encoded column; None if it is not, or if they are too many."""
    if not types.is_dictionary(column.type):
        return None
    found: set[str] = set()
    for chunk in column.chunks:
        if len(chunk.dictionary) <= most:
            found.update(chunk.dictionary.drop_null().to_pylist())
        if len(found) > most or len(chunk.dictionary) > most:
            return None
    return frozenset(found)


def _foreign(column: pa.ChunkedArray) -> _Formed:
    nothing = pa.scalar(None, pa.int64())
    return compute.if_else(column.is_valid(), pa.scalar(0, pa.int64()), nothing), Form.FOREIGN


def _absent(column: pa.ChunkedArray) -> _Formed:
    return column, Form.ABSENT


def _boolean(column: pa.ChunkedArray) -> _Formed:
    return column, Form.BOOLEAN


def _text(column: pa.ChunkedArray) -> _Formed:
    return column, Form.TEXT


def _integer(column: pa.ChunkedArray) -> _Formed:
    try:
        return column.cast(pa.int64()), Form.INTEGER
    except pa.ArrowInvalid:
        return column.cast(pa.float64(), safe=False), Form.NUMBER


def _number(column: pa.ChunkedArray) -> _Formed:
    return column.cast(pa.float64(), safe=False), Form.NUMBER


def _moment(column: pa.ChunkedArray) -> _Formed:
    if column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column.cast(pa.int64()), _BY_UNIT[column.type.unit]


def _date(column: pa.ChunkedArray) -> _Formed:
    return _moment(column.cast(pa.timestamp("s")))


def _dictionary(column: pa.ChunkedArray) -> _Formed:
    return formed(column.cast(column.type.value_type))


def _run_end_encoded(column: pa.ChunkedArray) -> _Formed:
    chunks = [compute.run_end_decode(chunk) for chunk in column.chunks]
    return formed(pa.chunked_array(chunks, type=column.type.value_type))


def _uuid(column: pa.ChunkedArray) -> _Formed:
    return column, Form.UUID


def _sixteen_bytes(column: pa.ChunkedArray) -> _Formed:
    return column.cast(pa.uuid()), Form.UUID


def _binary(column: pa.ChunkedArray) -> _Formed:
    """Read bytes as UTF-8 text, as some writers of Parquet mean them, else as raw UUIDs."""
    for convert in (_utf8, _sixteen_bytes_each):
        try:
            return convert(column)
        except pa.ArrowInvalid:
            continue
    return _foreign(column)


def _utf8(column: pa.ChunkedArray) -> _Formed:
    return column.cast(pa.large_string()), Form.TEXT


def _sixteen_bytes_each(column: pa.ChunkedArray) -> _Formed:
    return _sixteen_bytes(column.cast(pa.binary(_UUID_BYTES)))


def _is_encoded_text(kind: pa.DataType) -> bool:
    return bool(types.is_dictionary(kind) and _is_text(kind.value_type))


def _is_text(kind: pa.DataType) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(types.is_floating(kind) or types.is_decimal(kind))


def _is_uuid(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.UuidType)


def _is_sixteen_bytes(kind: pa.DataType) -> bool:
    return bool(types.is_fixed_size_binary(kind) and kind.byte_width == _UUID_BYTES)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


_CONVERSIONS: tuple[
    tuple[Callable[[pa.DataType], bool], Callable[[pa.ChunkedArray], _Formed]], ...
] = (
    (types.is_null, _absent),
    (types.is_boolean, _boolean),
    (_is_text, _text),
    (_is_encoded_text, _text),
    (types.is_dictionary, _dictionary),
    (types.is_run_end_encoded, _run_end_encoded),
    (types.is_integer, _integer),
    (_is_number, _number),
    (types.is_timestamp, _moment),
    (types.is_date, _date),
    (_is_uuid, _uuid),
    (_is_sixteen_bytes, _sixteen_bytes),
    (_is_binary, _binary),
)
