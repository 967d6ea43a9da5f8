"""Each kind of field of a session item: what is read, and what is named as wrong."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.item_fields import (
    GREATEST_BIGINT,
    Fields,
    WrongField,
    check_address,
    flag,
    identifier_or_missing,
    moment,
    parse_moment,
    parse_uuid,
    seconds_or_null,
    section,
    small_count,
    text,
    text_or_null,
    user_or_null,
    whole,
)
from tests.property.profile import PURE

UUID = "7c7b6585-f901-4351-bf8d-02711b721929"
HEX = UUID.replace("-", "")


@pytest.mark.parametrize(
    "spelled",
    [UUID, HEX, UUID.upper(), f"{{{UUID}}}", f"urn:uuid:{UUID}", f"URN:UUID:{HEX.upper()}"],
)
def test_uuid_in_any_spelling(spelled: str) -> None:
    """They all are one."""
    assert parse_uuid(spelled) == UUID


@pytest.mark.parametrize(
    "spelled",
    ["", "x", HEX[:-1], f"{HEX}0", f"{{{UUID}", f"{UUID}}}", f"{HEX[:16]}-{HEX[16:]}", f" {UUID}"],
)
def test_what_is_no_uuid(spelled: str) -> None:
    """Dashes stand in their places or nowhere."""
    assert parse_uuid(spelled) is None


@PURE
@given(st.uuids(), st.sampled_from(["{}", "{{{}}}", "urn:uuid:{}"]), st.booleans())
def test_every_uuid_is_read(value: object, form: str, upper: bool) -> None:  # noqa: FBT001  (drawn)
    """The canonical spelling is the library's."""
    spelled = form.format(value)

    assert parse_uuid(spelled.upper() if upper else spelled) == str(value)


MOMENT = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spelled", "after"),
    [
        ("2026-03-10T14:25:40Z", 0),
        ("2026-03-10t14:25:40z", 0),
        ("2026-03-10 14:25:40Z", 0),
        ("2026-03-10T16:25:40+02:00", 0),
        ("2026-03-10T12:55:40-0130", 0),
        ("2026-03-10T14:25:40.5Z", 500_000),
        ("2026-03-10T14:25:40.123456Z", 123_456),
        ("2026-03-10T14:25:40.1234567Z", 123_456),
        ("2026-03-10T14:25:40.123456789012345Z", 123_456),
    ],
)
def test_moment_in_any_spelling(spelled: str, after: int) -> None:
    """An offset may be written in three ways, a fraction with any number of digits."""
    assert parse_moment(spelled) == MOMENT + timedelta(microseconds=after)


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        "2026-03-10",
        "2026-03-10T14:25:40",
        "2026-03-10T14:25Z",
        "2026-02-30T14:25:40Z",
        "2026-03-10T24:25:40Z",
        "2026-03-10T14:25:40.Z",
        "2026-W10-2T14:25:40Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "٢٠٢٦-03-10T14:25:40Z",
        "1773152740",
    ],
)
def test_what_is_no_moment(spelled: str) -> None:
    """Without an offset, or outside the calendar, nobody knows when it is."""
    assert parse_moment(spelled) is None


@PURE
@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_is_read(value: datetime) -> None:
    """What the library writes comes back."""
    assert parse_moment(value.isoformat()) == value


@pytest.mark.parametrize(
    ("read", "good", "expected"),
    [
        (lambda fields: text(fields, "a"), "x", "x"),
        (lambda fields: text_or_null(fields, "a"), None, None),
        (lambda fields: flag(fields, "a"), True, True),
        (lambda fields: whole(fields, "a", 0), 2**64 - 1, GREATEST_BIGINT),
        (lambda fields: small_count(fields, "a"), 2**32 - 1, 2**32 - 1),
        (lambda fields: seconds_or_null(fields, "a"), 3, 3.0),
        (lambda fields: seconds_or_null(fields, "a"), 0.25, 0.25),
        (lambda fields: seconds_or_null(fields, "a"), None, None),
        (lambda fields: seconds_or_null(fields, "a"), -1, None),
        (lambda fields: moment(fields, "a"), "2026-03-10T14:25:40Z", MOMENT),
        (lambda fields: section(fields, "a"), {}, {}),
        (lambda fields: identifier_or_missing(fields, "a"), HEX, UUID),
        (lambda fields: identifier_or_missing(fields, "a"), "0" * 32, None),
        (lambda fields: user_or_null(fields, "a"), "ann", "ann"),
        (lambda fields: user_or_null(fields, "a"), HEX.upper(), UUID),
        (lambda fields: user_or_null(fields, "a"), "0" * 32, None),
        (lambda fields: user_or_null(fields, "a"), "", None),
        (lambda fields: check_address(fields, "a"), "10.0.0.1", None),
        (lambda fields: check_address(fields, "a"), "::1", None),
        (lambda fields: check_address(fields, "a"), "{{auto}}", None),
        (lambda fields: check_address(fields, "a"), None, None),
    ],
)
def test_good_field(read: Callable[[Fields], object], good: object, expected: object) -> None:
    """It is read as its type."""
    assert read({"a": good}) == expected


@pytest.mark.parametrize(
    ("read", "bad"),
    [
        (lambda fields: text(fields, "a", "x"), None),
        (lambda fields: text(fields, "a"), 1),
        (lambda fields: text_or_null(fields, "a"), 1),
        (lambda fields: flag(fields, "a"), None),
        (lambda fields: flag(fields, "a"), 1),
        (lambda fields: whole(fields, "a", 0), None),
        (lambda fields: whole(fields, "a", 0), True),
        (lambda fields: whole(fields, "a", 0), 1.0),
        (lambda fields: whole(fields, "a", 0), -1),
        (lambda fields: small_count(fields, "a"), None),
        (lambda fields: small_count(fields, "a"), 2**32),
        (lambda fields: seconds_or_null(fields, "a"), True),
        (lambda fields: seconds_or_null(fields, "a"), "1"),
        (lambda fields: moment(fields, "a"), None),
        (lambda fields: moment(fields, "a"), 1773152740),
        (lambda fields: section(fields, "a"), None),
        (lambda fields: section(fields, "a"), []),
        (lambda fields: identifier_or_missing(fields, "a"), None),
        (lambda fields: identifier_or_missing(fields, "a"), "x"),
        (lambda fields: identifier_or_missing(fields, "a"), 1),
        (lambda fields: user_or_null(fields, "a"), 1),
        (lambda fields: check_address(fields, "a"), "10.0.0"),
        (lambda fields: check_address(fields, "a"), 1),
    ],
)
def test_wrong_field(read: Callable[[Fields], object], bad: object) -> None:
    """The field is named, so that whoever writes an SDK finds it."""
    with pytest.raises(WrongField, match=r"^a must be "):
        read({"a": bad})


@pytest.mark.parametrize(
    "read", [text, section, moment], ids=lambda read: getattr(read, "__name__", "")
)
def test_required_field(read: Callable[[Fields, str], object]) -> None:
    """A field without a default has to be there."""
    with pytest.raises(WrongField):
        read({}, "a")
