"""From a result to the bytes of the answer.

Owns the order and the names of the keys, the spelling of times, and that only JSON leaves. Does
not know headers.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from engine.result import Group, Number, Result


def encode(result: Result) -> dict[str, object]:
    """Arrange a result as the body, keys in the published order."""
    return {
        "groups": [_group(group) for group in result.groups],
        "start": _moment(result.start),
        "end": _moment(result.end),
        "intervals": [_moment(second) for second in range(result.start, result.end, result.step)],
        "query": well_formed(result.query),
    }


def dump(body: Mapping[str, object]) -> bytes:
    """Spell a body as JSON in UTF-8."""
    return orjson.dumps(body)


def well_formed(text: str) -> str:
    """Put U+FFFD in place of each lone surrogate, which no UTF-8 text can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _group(group: Group) -> dict[str, object]:
    body: dict[str, object] = {"by": dict(group.by)}
    if group.totals is not None:
        body["totals"] = {field: _number(number) for field, number in group.totals.items()}
    if group.series is not None:
        body["series"] = {
            field: [_number(number) for number in numbers]
            for field, numbers in group.series.items()
        }
    return body


def _number(number: Number) -> Number:
    """Keep numbers that JSON can say; the others are null."""
    return number if number is None or math.isfinite(number) else None


def _moment(unix_seconds: int) -> str:
    """Spell a moment as `YYYY-MM-DDTHH:MM:SSZ`; four digits of the year even before 1000."""
    moment = datetime.fromtimestamp(unix_seconds, tz=UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='seconds')}Z"
