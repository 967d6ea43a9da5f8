"""From a result to the bytes of the answer.

Owns the order and the names of the keys, the spelling of times, and that only JSON leaves. Does
not know headers.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import orjson

from engine.result import Group, Result

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  (all moments here are UTC, and spelled as such)
_SPELLING: Final = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def encode(result: Result) -> dict[str, object]:
    """Arrange a result as the body, keys in the published order."""
    return {
        "groups": [_group(group) for group in result.groups],
        "start": _moment(result.start),
        "end": _moment(result.end),
        "intervals": list(_moments(result)),
        "query": well_formed(result.query),
    }


def dump(body: Mapping[str, object]) -> bytes:
    """Spell a body as JSON in UTF-8.

    Moments become `YYYY-MM-DDTHH:MM:SSZ`, with four digits of the year even before 1000; numbers
    that JSON cannot say become null.
    """
    return orjson.dumps(body, option=_SPELLING)


def well_formed(text: str) -> str:
    """Put U+FFFD in place of each lone surrogate, which no UTF-8 text can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _group(group: Group) -> dict[str, object]:
    body: dict[str, object] = {"by": dict(group.by)}
    if group.totals is not None:
        body["totals"] = dict(group.totals)
    if group.series is not None:
        body["series"] = dict(group.series)
    return body


def _moments(result: Result) -> Iterator[datetime]:
    """Give the start of each bucket; adding is cheaper than converting each anew."""
    moment, end = _moment(result.start), _moment(result.end)
    step = timedelta(seconds=result.step)
    while moment < end:
        yield moment
        moment += step


def _moment(unix_seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=unix_seconds)
