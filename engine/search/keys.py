"""Which keys of the search language have a type, and what a value of the wrong type is told.

Owns the types and their error texts. Does not know which keys sessions can be filtered on: a typed
key complains about its value even where the key itself would be refused later.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

ORDERED_KEYS = frozenset({"release.version", "release.build"})
"""Text keys on which `>`, `>=`, `<`, `<=` compare; on other text keys they belong to the value."""

_DATE_KEYS = frozenset(
    {
        "start",
        "end",
        "time",
        "timestamp",
        "timestamp.to_hour",
        "timestamp.to_day",
        "event.timestamp",
        "error.received",
    }
)
_BOOLEAN_KEYS = frozenset(
    {
        "error.handled",
        "error.unhandled",
        "error.main_thread",
        "stack.in_app",
        "is_application",
        "team_key_transaction",
    }
)
_NUMBER_KEYS = frozenset(
    {
        "project_id",
        "project.id",
        "issue.id",
        "stack.colno",
        "stack.lineno",
        "stack.stack_level",
    }
)
_DURATION_MEASUREMENTS = frozenset(
    f"measurements.{name}"
    for name in (
        "fp",
        "fcp",
        "lcp",
        "fid",
        "inp",
        "ttfb",
        "ttfb.requesttime",
        "app_start_cold",
        "app_start_warm",
        "time_to_full_display",
        "time_to_initial_display",
        "messaging.message.receive.latency",
        "stall_longest_time",
        "stall_total_time",
    )
)
_TIMES = {"k": 3, "m": 6, "b": 9}
"""Suffixes of numbers and the powers of ten they stand for."""


class KeyType(StrEnum):
    """What the values of a key are."""

    TEXT = "text"
    DATE = "date"
    BOOLEAN = "boolean"
    NUMBER = "number"
    DURATION = "duration"


class Form(StrEnum):
    """The shape a value was recognised by, whatever the type of its key."""

    DATE = "date"
    DAY = "day"
    RELATIVE = "relative"
    DURATION = "duration"
    SIZE = "size"
    BOOLEAN = "boolean"
    NUMBER = "number"
    NUMBERS = "numbers"
    TEXT = "text"
    TEXTS = "texts"


_FITTING = {
    KeyType.DATE: frozenset({Form.DATE, Form.DAY, Form.RELATIVE}),
    KeyType.BOOLEAN: frozenset({Form.BOOLEAN}),
    KeyType.NUMBER: frozenset({Form.DURATION, Form.BOOLEAN, Form.NUMBER, Form.NUMBERS}),
    KeyType.DURATION: frozenset({Form.DURATION, Form.BOOLEAN, Form.NUMBER, Form.NUMBERS}),
}


def key_type(key: str) -> KeyType:
    """Give the type of a key; a key nobody knows is text."""
    if key in _DATE_KEYS:
        return KeyType.DATE
    if key in _BOOLEAN_KEYS:
        return KeyType.BOOLEAN
    if key == "transaction.duration" or key in _DURATION_MEASUREMENTS or _below("spans.", key):
        return KeyType.DURATION
    if key in _NUMBER_KEYS or _below("measurements.", key):
        return KeyType.NUMBER
    return KeyType.TEXT


def _below(prefix: str, key: str) -> bool:
    return key.startswith(prefix) and len(key) > len(prefix) and ":" not in key


def complaint(key: str, form: Form, *, shown: str, now: datetime) -> str | None:
    """Say what is wrong with a value of a typed key, in the reference's words; None if nothing is.

    `shown` is the value as the text repeats it, with a comparison in front if there was one.
    """
    kind = key_type(key)
    if kind is KeyType.TEXT:
        return None
    if form not in _FITTING[kind]:
        return _misfit(key, kind, shown=shown, now=now)
    if kind is KeyType.DATE and form is not Form.RELATIVE:
        return _bad_date(form, shown)
    if kind is not KeyType.BOOLEAN and form is Form.BOOLEAN and shown not in {"0", "1"}:
        return "Invalid number"
    if kind is KeyType.NUMBER and form is Form.DURATION:
        return _bad_suffix(shown)
    return None


def _misfit(key: str, kind: KeyType, *, shown: str, now: datetime) -> str:
    if kind is KeyType.DATE:
        moment = now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-4]
        return (
            f"{key}: Invalid date: {shown}."
            f" Expected +/-duration (e.g. +1h) or ISO 8601-like (e.g. {moment})."
        )
    if kind is KeyType.BOOLEAN:
        return f"{key}: Invalid boolean: {shown}. Expected true, 1, false, or 0."
    return (
        f"{key}: Invalid number: {shown}."
        " Expected number then optional k, m, or b suffix (e.g. 500k)."
    )


def _bad_date(form: Form, shown: str) -> str | None:
    """Check that the date exists; as in the reference, offsets west of UTC are not understood."""
    text = shown.lstrip("<>=!").removesuffix("Z")
    if text[-6:-5] == "+":
        text = text[:-6]
    is_west = text[-6:-5] + text[-3:-2] == "-:"
    if is_west or not _exists(text):
        sort = "ISO8601 date" if form is Form.DATE else "datetime"
        return f"{text} is not a valid {sort} query"
    return None


def _exists(date: str) -> bool:
    try:
        datetime.fromisoformat(date)
    except ValueError:
        return False
    return True


def _bad_suffix(shown: str) -> str | None:
    suffix = shown.lstrip("<>=!0123456789.")
    if suffix in _TIMES:
        return None
    return f"{suffix} is not a valid number suffix, must be k, m or b"


def number_of(text: str) -> Decimal:
    """Read a number with an optional suffix, exactly: `1k` is 1000.

    `text` has been recognised as one.
    """
    power = _TIMES.get(text[-1:].lower())
    return Decimal(text) if power is None else Decimal(f"{text[:-1]}e{power}")
