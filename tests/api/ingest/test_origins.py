"""Which pages may send."""

import pytest

from api.ingest.origins import is_allowed, origin_of


@pytest.mark.parametrize(
    ("origin", "rule"),
    [
        ("https://example.com", "example.com"),
        ("https://example.com", "EXAMPLE.com"),
        ("http://example.com:8080/page?x=1", "example.com"),
        ("https://example.com", "*"),
        ("https://a.b.example.com", "*.example.com"),
        ("https://example.com", "*.example.com"),
        ("https://example.com", "https://example.com"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com", "example.com:443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://localhost:3000", "*:3000"),
        ("http://localhost:3000", "*://localhost"),
        ("http://[::1]:3000", "[::1]:3000"),
    ],
)
def test_allowed(origin: str, rule: str) -> None:
    """A rule that names no scheme or port allows all."""
    assert is_allowed(origin, ["never.example", rule])


@pytest.mark.parametrize(
    ("origin", "rule"),
    [
        ("https://badexample.com", "*.example.com"),
        ("https://example.com.evil.org", "example.com"),
        ("https://a.example.com", "example.com"),
        ("http://example.com", "https://example.com"),
        ("https://example.com", "example.com:80"),
        ("https://user@evil.org", "user"),
        ("https://example.com:x", "example.com"),
        ("https://example.com", ""),
        ("https://example.com", "not a rule::"),
    ],
)
def test_not_allowed(origin: str, rule: str) -> None:
    """What only looks alike is another page."""
    assert not is_allowed(origin, [rule])


def test_without_rules_or_without_page() -> None:
    """A key without a list may be used from any page; a list says nothing about servers."""
    assert is_allowed("https://example.com", [])
    assert is_allowed(None, ["example.com"])


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({b"origin": b"https://a.com", b"referer": b"https://b.com/x"}, "https://a.com"),
        ({b"referer": b"https://b.com/x"}, "https://b.com/x"),
        ({b"origin": b"null", b"referer": b"https://b.com/x"}, "https://b.com/x"),
        ({b"origin": b"capacitor://localhost"}, None),
        ({}, None),
    ],
)
def test_origin(headers: dict[bytes, bytes], origin: str | None) -> None:
    """Only web addresses count; the page's own word comes first."""
    assert origin_of(headers) == origin
