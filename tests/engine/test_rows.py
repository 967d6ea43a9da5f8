"""Rows of any kind become batches of tables in which values keep their meaning."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest

from engine.intake import LINE, BadRow, Batch
from engine.rows import MAPPINGS_A_BATCH, ROWS_A_BATCH, Collector, batches

KOLKATA = timezone(timedelta(hours=5, minutes=30))


def column(*values: object) -> tuple[pa.DataType, list[object]]:
    """Convert one column of mappings; give its type and its values."""
    (batch,) = batches([{"status": value} for value in values])
    assert batch.bad == ()
    return batch.table["status"].type, batch.table["status"].to_pylist()


SAME_TYPE = {
    "text": (("a", None), pa.string()),
    "whole": ((1, None, 2), pa.int64()),
    "numbers": ((1, 2.5), pa.float64()),
    "flags": ((True, None), pa.bool_()),
    "nothing": ((None, None), pa.string()),
}


@pytest.mark.parametrize(("values", "kind"), SAME_TYPE.values(), ids=SAME_TYPE.keys())
def test_column_of_one_type_keeps_it(values: tuple[object, ...], kind: pa.DataType) -> None:
    """Numbers stay numbers as long as no value is changed by it."""
    assert column(*values) == (kind, list(values))


MIXED = {
    "text-and-number": (
        ("2021-01-14T12:00:00Z", 1_610_625_600),
        ["2021-01-14T12:00:00Z", "1610625600"],
    ),
    "flag-and-number": ((True, 1.5, False), ["true", "1.5", "false"]),
    "too-large": ((2**64, 1), ["18446744073709551616", "1"]),
    "not-exact": ((2**60 + 1, 0.5), ["1152921504606846977", "0.5"]),
    "moments": (
        (datetime(2021, 1, 1), datetime(2021, 1, 1, tzinfo=KOLKATA), date(2021, 1, 1)),  # noqa: DTZ001  (the point)
        ["2021-01-01T00:00:00+00:00", "2020-12-31T18:30:00+00:00", "2021-01-01"],
    ),
    "uuid-and-decimal": ((UUID(int=1), Decimal("1.50")), [str(UUID(int=1)), "1.50"]),
}


@pytest.mark.parametrize(("values", "texts"), MIXED.values(), ids=MIXED.keys())
def test_column_of_mixed_types_becomes_text(values: tuple[object, ...], texts: list[str]) -> None:
    """Each value is spelled so that it reads as the same value."""
    assert column(*values) == (pa.string(), texts)


def test_rows_without_a_value_for_a_column_are_bad() -> None:
    """Structures, bytes and broken text are named; the rows beside them are kept."""
    rows: list[Mapping[str, object]] = [
        {"seq": 1, "status": "ok"},
        {"seq": 2, "status": ["ok"]},
        {"seq": 3, "status": "\ud800"},
        {"seq": 4, "status": b"ok"},
    ]

    (batch,) = batches(rows)

    assert batch.table["seq"].to_pylist() == [1]
    assert [(bad.line, bad.reason.partition(";")[0]) for bad in batch.bad] == [
        (2, 'status is ["ok"]'),
        (3, 'status is "\\ud800"'),
        (4, "status is \"b'ok'\""),
    ]


def test_what_is_no_mapping_is_a_bad_row() -> None:
    """A list of values has no columns."""
    collector = Collector()
    collector.add(5, [1])
    collector.refuse(6, "broken")

    batch = collector.take()

    assert batch.bad == (
        BadRow(line=5, reason="[1] is not an object with columns"),
        BadRow(line=6, reason="broken"),
    )
    assert collector.lines == 0


def test_unknown_columns_stay_as_names() -> None:
    """They are reported as ignored, and cost nothing."""
    (batch,) = batches([{"seq": 1, "b": {"c": 1}, "a\n": 1}])

    assert batch.table.column_names == [LINE, "seq", "a\\n", "b"]
    assert batch.table["b"].null_count == 1


def test_mappings_come_in_batches_with_their_lines() -> None:
    """No more than a batch is held, and the numbers go on."""
    made = iter({"seq": number} for number in range(MAPPINGS_A_BATCH + 5))

    first, second = batches(made)

    assert len(first.table) == MAPPINGS_A_BATCH
    assert second.table[LINE].to_pylist() == list(range(MAPPINGS_A_BATCH + 1, MAPPINGS_A_BATCH + 6))


def test_batches_pass_in_order_with_mappings() -> None:
    """What came first is loaded first."""
    ready = Batch(table=pa.table({"seq": [2]}), first_line=2)

    found = [batch.table["seq"].to_pylist() for batch in batches([{"seq": 1}, ready, {"seq": 3}])]

    assert found == [[1], [2], [3]]


def test_small_parts_are_joined() -> None:
    """A stream of thousands of small record batches costs no more than one of large ones."""

    def parts() -> Iterator[pa.RecordBatch]:
        size = ROWS_A_BATCH // 2
        for start in (0, size, 2 * size):
            yield pa.record_batch({"seq": range(start, start + size)})

    reader = pa.RecordBatchReader.from_batches(pa.schema([("seq", pa.int64())]), parts())

    first, second = batches(reader)

    assert (len(first.table), first.first_line) == (ROWS_A_BATCH, 1)
    assert (len(second.table), second.first_line) == (ROWS_A_BATCH // 2, ROWS_A_BATCH + 1)


def test_table_is_cut() -> None:
    """Each batch knows its first row."""
    found = list(batches(pa.table({"seq": range(ROWS_A_BATCH + 1)})))

    assert [(len(batch.table), batch.first_line) for batch in found] == [
        (ROWS_A_BATCH, 1),
        (1, ROWS_A_BATCH + 1),
    ]
