"""The fields of a session item, each read as its type, or named as the one that is wrong.

Owns what a UUID, a moment, a count look like when an SDK writes them, and how users are spelled.
Does not know which fields there are. Where a field may be null, the name of the function says so.
"""

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias

from schema.session import GREATEST_COUNT, NIL_UUID

Fields: TypeAlias = Mapping[str, object]

GREATEST_BIGINT: Final = 2**63 - 1

_DIGITS = re.compile("[0-9a-f]{32}")
_HEX = "[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UUID = re.compile(rf"(?:urn:uuid:)?(?:{_HEX})|\{{(?:{_HEX})\}}", re.IGNORECASE | re.ASCII)
_UUID_LENGTHS = frozenset(len(a) + b for a in ("", "{}", "urn:uuid:") for b in (32, 36))
_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NOT_DIGITS = str.maketrans("", "", "{}-")
_USUAL_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)", re.IGNORECASE | re.ASCII
)
_SENDERS_ADDRESS = "{{auto}}"


class WrongField(ValueError):
    """A field is missing or not what it has to be; says which and what, never its value."""

    def __init__(self, name: str, needs: str) -> None:
        """Say which field and what is needed."""
        super().__init__(f"{name} must be {needs}")


def section(fields: Fields, name: str) -> Fields:
    """Read an object."""
    value = fields.get(name)
    if not isinstance(value, dict):
        raise WrongField(name, "an object")
    return value


def text(fields: Fields, name: str, default: str | None = None) -> str:
    """Read text; it must be there if there is no default."""
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise WrongField(name, "text")
    return value


def text_or_null(fields: Fields, name: str) -> str | None:
    """Read text that may be missing or null."""
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise WrongField(name, "text or null")
    return value


def flag(fields: Fields, name: str) -> bool:
    """Read true or false; missing is false."""
    value = fields.get(name, False)
    if value is True or value is False:
        return value
    raise WrongField(name, "true or false")


def whole(fields: Fields, name: str, default: int) -> int:
    """Read a number that counts something; what no BIGINT can hold becomes the greatest."""
    value = fields.get(name, default)
    if type(value) is not int or value < 0:
        raise WrongField(name, "a whole number that is not negative")
    return min(value, GREATEST_BIGINT)


def small_count(fields: Fields, name: str) -> int:
    """Read a number of at most 32 bits; missing is 0."""
    value = fields.get(name, 0)
    if type(value) is not int or not 0 <= value <= GREATEST_COUNT:
        raise WrongField(name, "a whole number of at most 32 bits")
    return value


def seconds_or_null(fields: Fields, name: str) -> float | None:
    """Read how long something took; a time that runs backwards is unknown."""
    value = fields.get(name)
    if value is None:
        return None
    if type(value) is not int and type(value) is not float:
        raise WrongField(name, "a number of seconds or null")
    return float(value) + 0.0 if value >= 0 else None  # a duration of -0.0 is one of 0.0


def moment(fields: Fields, name: str) -> datetime:
    """Read a time with an offset; it comes back in UTC, to the microsecond."""
    value = fields.get(name)
    found = parse_moment(value) if isinstance(value, str) else None
    if found is None:
        raise WrongField(name, "a time as in RFC 3339, with an offset")
    return found


def parse_moment(spelled: str) -> datetime | None:
    """Read `2026-03-10T14:25:40.5Z` or `... +02:00`; None if it is no such time."""
    if _USUAL_MOMENT.fullmatch(spelled) is None:
        if _MOMENT.fullmatch(spelled) is None:
            return None
        spelled = spelled.upper()
    try:
        found = datetime.fromisoformat(spelled)
        return found if found.tzinfo is UTC else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_uuid(spelled: str) -> str | None:
    """Spell a UUID, however it is written, in the canonical way; None if it is none."""
    if len(spelled) not in _UUID_LENGTHS:
        return None
    if _DIGITS.fullmatch(spelled):
        digits = spelled
    elif _CANONICAL.fullmatch(spelled):
        return spelled
    elif _UUID.fullmatch(spelled):
        digits = spelled.translate(_NOT_DIGITS)[-32:].lower()
    else:
        return None
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def identifier_or_missing(fields: Fields, name: str) -> str | None:
    """Read a UUID; None if it is missing, or nil, which names nothing."""
    if name not in fields:
        return None
    value = fields[name]
    found = parse_uuid(value) if isinstance(value, str) else None
    if found is None:
        raise WrongField(name, "a UUID")
    return None if found == NIL_UUID else found


def user_or_null(fields: Fields, name: str) -> str | None:
    """Read who it was: a UUID in canonical spelling, or any text; empty or nil is nobody."""
    spelled = text_or_null(fields, name)
    if not spelled:
        return None
    user = parse_uuid(spelled) or spelled
    return None if user == NIL_UUID else user


def check_address(fields: Fields, name: str) -> None:
    """Check that it is an IP address, the sender's own, or null; nobody needs which."""
    value = text_or_null(fields, name)
    if value is None or value == _SENDERS_ADDRESS:
        return
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise WrongField(name, "an IP address or null") from None
