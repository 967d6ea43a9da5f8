"""From the query string, as it stood in the request line, to a request in our words.

Owns the names of the parameters, which of them repeat, and what undecodable text becomes. Does
not judge any value: the engine does, in the published order of checks.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from engine.request import Request

Pairs: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""The names and values of a query string in the order sent, percent-decoded, still bytes."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "timeframe": "statsPeriod",
        "timeframeStart": "statsPeriodStart",
        "timeframeEnd": "statsPeriodEnd",
    }
)
"""Other names of a parameter; they count as the same one."""

PARAMETERS = (
    "field",
    "groupBy",
    "orderBy",
    "interval",
    "statsPeriod",
    "statsPeriodStart",
    "statsPeriodEnd",
    "start",
    "end",
    "project",
    "environment",
    "query",
    "per_page",
    "cursor",
    "includeTotals",
    "includeSeries",
)
"""Every parameter that is read; all others are ignored."""


def split(query_string: bytes) -> Pairs:
    """Cut a raw query string at `&` and `=`; `+` is a blank, and a name alone has an empty value.

    A percent sign that starts no valid escape stands for itself.
    """
    pieces = query_string.replace(b"+", b" ").split(b"&")
    cut = (piece.partition(b"=") for piece in pieces if piece)
    return tuple((unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in cut)


def decode(pairs: Pairs) -> Request:
    """Read the known parameters; of a scalar given twice the last counts."""
    values = _collect(pairs)
    return Request(
        fields=_all(values, "field"),
        groups=_all(values, "groupBy"),
        # The reference fails on an empty order; one that names nothing orders by nothing.
        orders=tuple(order for order in _all(values, "orderBy") if order),
        interval=_last(values, "interval"),
        period=_last(values, "statsPeriod"),
        period_start=_last(values, "statsPeriodStart"),
        period_end=_last(values, "statsPeriodEnd"),
        start=_last(values, "start"),
        end=_last(values, "end"),
        projects=_all(values, "project"),
        environments=_all(values, "environment"),
        query=_last(values, "query") or "",
        per_page=_last(values, "per_page"),
        cursor=_last(values, "cursor"),
        totals=_last(values, "includeTotals"),
        series=_last(values, "includeSeries"),
    )


def _collect(pairs: Pairs) -> Mapping[str, Sequence[str]]:
    values: dict[str, list[str]] = {name: [] for name in PARAMETERS}
    for raw_name, raw_value in pairs:
        name = _text(raw_name)
        known = values.get(ALIASES.get(name, name))
        if known is not None:
            known.append(_text(raw_value))
    return values


def _text(raw: bytes) -> str:
    """Decode UTF-8; each byte that is none becomes U+FFFD, so no lone surrogate gets in."""
    return raw.decode("utf-8", "replace")


def _all(values: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    return tuple(values[name])


def _last(values: Mapping[str, Sequence[str]], name: str) -> str | None:
    given = values[name]
    return given[-1] if given else None
