"""Numbers in, Arrow out: the update columns of the demo, filled without a loop over rows.

Owns the Arrow schema of the demo's tables. Does not know where the numbers come from.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schema.session import COUNT_COLUMNS

SCHEMA = pa.schema(
    [
        ("project_id", pa.int64()),
        ("session_id", pa.string()),
        ("distinct_id", pa.string()),
        ("started", pa.timestamp("us", tz="UTC")),
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("seq", pa.int64()),
        ("init", pa.bool_()),
        ("status", pa.string()),
        ("errors", pa.int64()),
        ("duration", pa.float64()),
        ("release", pa.string()),
        ("environment", pa.string()),
        ("abnormal_mechanism", pa.string()),
        *((name, pa.int64()) for name in COUNT_COLUMNS),
    ]
)
"""The columns an update may have; a column that a table is not given is all null."""

_UUID_CHARACTERS = 36
_DASHES = (8, 13, 18, 23)
_DIGITS = np.setdiff1d(np.arange(_UUID_CHARACTERS), _DASHES)
_HEX = np.frombuffer(bytes(range(256)).hex().encode("ascii"), np.uint8).reshape(256, 2)


def table(rows: int, columns: Mapping[str, pa.Array]) -> pa.Table:
    """Put columns of `rows` rows into the schema."""
    return pa.table(
        [
            columns[field.name] if field.name in columns else pa.nulls(rows, field.type)
            for field in SCHEMA
        ],
        schema=SCHEMA,
    )


def moment_column(seconds: npt.NDArray[np.float64]) -> pa.Array:
    """Spell Unix seconds as instants, with the precision that clients send: milliseconds."""
    milliseconds = np.floor(seconds * 1000.0).astype(np.int64)
    return pa.array(milliseconds * 1000).cast(pa.timestamp("us", tz="UTC"))


def words(values: tuple[str | None, ...], codes: npt.NDArray[np.int64]) -> pa.Array:
    """Replace each code by the word it stands for."""
    return pa.array(values, pa.string()).take(pa.array(codes))


def constant(value: str | int | bool, rows: int) -> pa.Array:  # noqa: FBT001  (a cell, not a switch)
    """Repeat one value."""
    return pa.repeat(pa.scalar(value), rows)


def uuid_texts(count: int, rng: np.random.Generator) -> pa.Array:
    """Draw random (version 4) UUIDs in canonical spelling."""
    raw = rng.integers(0, 256, (count, 16), np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    characters = np.full((count, _UUID_CHARACTERS), ord("-"), np.uint8)
    characters[:, _DIGITS] = _HEX[raw].reshape(count, 32)
    offsets = np.arange(count + 1, dtype=np.int32) * _UUID_CHARACTERS
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(characters))
