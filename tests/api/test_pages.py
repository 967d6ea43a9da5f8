"""The `Link` header."""

import pytest
from starlette.requests import Request

from api.pages import address_of, link_header
from api.params import split
from engine.result import Page

FIRST = Page(offset=0, previous_offset=0, next_offset=10, more=True)
LAST = Page(offset=20, previous_offset=10, next_offset=30, more=False)


def incoming(host: bytes | None = b"example.com", path: str = "/a/") -> Request:
    """Make a request as a server hands it over."""
    headers = [] if host is None else [(b"host", host)]
    return Request(
        {
            "type": "http",
            "scheme": "https",
            "path": path,
            "query_string": b"",
            "headers": headers,
            "server": ("127.0.0.1", 8000),
        }
    )


def test_a_first_page() -> None:
    """The whole header, to the letter."""
    link = link_header(FIRST, address="http://h/a/", pairs=split(b"field=sum(session)&query=a+b"))

    assert link == (
        "<http://h/a/?field=sum%28session%29&query=a+b&cursor=0:0:1>;"
        ' rel="previous"; results="false"; cursor="0:0:1",'
        " <http://h/a/?field=sum%28session%29&query=a+b&cursor=0:10:0>;"
        ' rel="next"; results="true"; cursor="0:10:0"'
    )


def test_a_last_page() -> None:
    """There is something before it and nothing after it; the old cursor is gone."""
    link = link_header(LAST, address="http://h/a/", pairs=split(b"cursor=0:20:0&a=1&c%75rsor=x"))

    assert link == (
        '<http://h/a/?a=1&cursor=0:10:1>; rel="previous"; results="true"; cursor="0:10:1",'
        ' <http://h/a/?a=1&cursor=0:30:0>; rel="next"; results="false"; cursor="0:30:0"'
    )


@pytest.mark.parametrize(
    "query_string",
    [
        b"a=%0D%0AX: 1",
        b"a=\r\nX:1",
        b"a=<>\";,'",
        b"a=\xff%FF",
        "a=\u4e2d".encode(),
        b"a=%00&%25=%26",
    ],
    ids=["escaped lines", "lines", "punctuation", "no UTF-8", "wide letters", "odd escapes"],
)
def test_parameters_cannot_leave_the_address(query_string: bytes) -> None:
    """Whatever was sent stays inside the angle brackets, in ASCII, and means the same again."""
    pairs = split(query_string)
    link = link_header(FIRST, address="http://h/", pairs=pairs)
    address = link[1 : link.index(">")]

    assert link.isascii()
    assert link.isprintable()
    assert link.count("<") == link.count(">") == 2
    assert not set(",;\"' ") & set(address)
    assert split(address.partition("?")[2].encode()) == (*pairs, (b"cursor", b"0:0:1"))


@pytest.mark.parametrize(
    ("host", "public_url", "expected"),
    [
        (b"example.com", None, "https://example.com/a/"),
        (b"[::1]:8000", None, "https://[::1]:8000/a/"),
        (None, None, "https://127.0.0.1:8000/a/"),
        (b"evil>; rel=next", None, "https://127.0.0.1:8000/a/"),
        (b"example.com", "http://public/prefix/", "http://public/prefix/a/"),
    ],
    ids=["host", "IPv6", "no host", "not a host", "behind a proxy"],
)
def test_address(host: bytes | None, public_url: str | None, expected: str) -> None:
    """The address is the caller's own, unless a setting says otherwise."""
    assert address_of(incoming(host), public_url) == expected


def test_path_is_encoded() -> None:
    """A path may hold anything; the address holds what is allowed there."""
    assert address_of(incoming(path="/a b>\u00e9/"), None) == "https://example.com/a%20b%3E%C3%A9/"
