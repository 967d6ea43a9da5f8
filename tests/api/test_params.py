"""The query string, as it stands in the request line, becomes a request."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.params import decode, split
from engine.request import Request


def read(query_string: str | bytes) -> Request:
    """Decode a raw query string."""
    raw = query_string.encode("ascii") if isinstance(query_string, str) else query_string
    return decode(split(raw))


CASES = {
    "nothing": ("", Request()),
    "separators only": ("&&&", Request()),
    "unknown ones are ignored": ("referrer=x&utc=1&totals=1&FIELD=x", Request()),
    "lists keep their order": ("field=b&field=a", Request(fields=("b", "a"))),
    "no comma splitting": ("field=a,b", Request(fields=("a,b",))),
    "an empty list value is a value": (
        "environment=&project=",
        Request(environments=("",), projects=("",)),
    ),
    "the last scalar counts": ("interval=1h&interval=1d", Request(interval="1d")),
    "an empty scalar is not an absent one": ("per_page=&cursor=", Request(per_page="", cursor="")),
    "a name without a value": ("statsPeriod", Request(period="")),
    "a value with equal signs": ("query=a=b==", Request(query="a=b==")),
    "plus is a blank": ("query=a+b%2Bc", Request(query="a b+c")),
    "escapes": ("field=sum%28session%29", Request(fields=("sum(session)",))),
    "escaped names": ("f%69eld=x", Request(fields=("x",))),
    "a semicolon separates nothing": ("query=a;field=b", Request(query="a;field=b")),
    "all orders are kept": ("orderBy=a&orderBy=a", Request(orders=("a", "a"))),
    "an empty order is none": ("orderBy=", Request()),
    "aliases": (
        "timeframe=1d&timeframeStart=2d&timeframeEnd=1h",
        Request(period="1d", period_start="2d", period_end="1h"),
    ),
    "an alias is the same parameter": ("timeframe=1d&statsPeriod=2d", Request(period="2d")),
    "the rest": (
        (
            "groupBy=project&start=a&end=b&statsPeriodStart=c&statsPeriodEnd=d"
            "&includeTotals=0&includeSeries=1"
        ),
        Request(
            groups=("project",),
            start="a",
            end="b",
            period_start="c",
            period_end="d",
            totals="0",
            series="1",
        ),
    ),
    "zero characters pass": ("query=%00", Request(query="\x00")),
    "a broken escape stands for itself": ("query=%zz%4", Request(query="%zz%4")),
    "bytes that are no UTF-8": ("query=a%FFb", Request(query="a\ufffdb")),
    "a lone surrogate": ("query=%ED%A0%80", Request(query="\ufffd\ufffd\ufffd")),
    "raw bytes that are no UTF-8": (b"query=\xff\xc3\xa9", Request(query="\ufffd\u00e9")),
}


@pytest.mark.parametrize(("query_string", "expected"), CASES.values(), ids=CASES)
def test_decode(query_string: str | bytes, expected: Request) -> None:
    """Each query string means this request."""
    assert read(query_string) == expected


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_any_bytes_decode(query_string: bytes) -> None:
    """Whatever bytes come, the request holds text that can be written as UTF-8."""
    request = read(b"query=" + query_string)

    assert request.query.encode("utf-8").decode("utf-8") == request.query


def test_a_megabyte_is_read_in_one_pass() -> None:
    """Length and number of parameters are no obstacle here; the engine limits the search text."""
    assert len(read(b"query=" + b"%20" * 350_000).query) == 350_000
    assert len(read(b"field=a&" * 125_000).fields) == 125_000
