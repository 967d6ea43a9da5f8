"""Which web pages may use a key.

Owns how a list of allowed origins is matched. Does not know keys.

    *                      any page
    example.com            pages of this host
    *.example.com          pages of this host and all below it
    https://example.com    the same with a scheme, which has to agree
    example.com:8443       the same with a port, which has to agree
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult, urlsplit

_ALLOWED = re.compile(
    r"(?:(?P<scheme>[^:/]+|\*)://)?(?P<host>\[[^\]]*\]|[^:/]*)(?::(?P<port>\d+|\*))?/?"
)
_WEB_PORTS = {"http": 80, "https": 443}


def origin_of(headers: Mapping[bytes, bytes]) -> str | None:
    """Find the page that sends, from headers with names in lower case; None if no page does."""
    for name in (b"origin", b"referer"):
        text = headers.get(name, b"").decode("latin-1")
        if text.lower().startswith(("http://", "https://")):
            return text
    return None


def is_allowed(origin: str | None, allowed: Sequence[str]) -> bool:
    """Tell whether a page may send; whoever is no page may, and so may all if none is named."""
    if origin is None or not allowed:
        return True
    try:
        page = urlsplit(origin)
        port = page.port or _WEB_PORTS.get(page.scheme)
    except ValueError:
        return False
    return any(_matches(page, port, rule) for rule in allowed)


def _matches(page: SplitResult, port: int | None, rule: str) -> bool:
    match = _ALLOWED.fullmatch(rule.strip().lower())
    if match is None:
        return False
    scheme, rule_port = match["scheme"] or "*", match["port"] or "*"
    return (
        scheme in {"*", page.scheme}
        and rule_port in {"*", str(port)}
        and _host_matches(page.hostname or "", match["host"].strip("[]"))
    )


def _host_matches(host: str, rule: str) -> bool:
    if rule.startswith("*."):
        return host == rule[2:] or host.endswith(rule[1:])
    return rule in {"*", host}
