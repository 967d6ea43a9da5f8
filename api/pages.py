"""The `Link` header: where the neighbouring pages of an answer are.

Owns the spelling of cursors and of the addresses around them. Does not know which groups a page
holds: the result says so.
"""

import re
from urllib.parse import quote, quote_plus

from starlette.requests import Request

from api.params import Pairs
from engine.result import Page

_HOST = re.compile(r"[A-Za-z0-9._\-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
_CURSOR = b"cursor"


def link_header(page: Page, *, address: str, pairs: Pairs) -> str:
    """Spell both neighbours of a page: `results` says whether there is anything to get there.

    `address` is absolute and without a query string; `pairs` are all parameters of the request.
    """
    base = f"{address}?{_query_string(pairs)}"
    previous = _link(
        base, cursor=f"0:{page.previous_offset}:1", relation="previous", results=page.offset > 0
    )
    following = _link(base, cursor=f"0:{page.next_offset}:0", relation="next", results=page.more)
    return f"{previous}, {following}"


def address_of(request: Request, public_url: str | None) -> str:
    """Give the absolute address that the request was sent to, without its query string.

    `public_url` replaces scheme and host, for a service that stands behind a proxy.
    """
    origin = (public_url or _origin(request)).rstrip("/")
    return f"{origin}{quote(request.scope['path'], safe='/~')}"


def _origin(request: Request) -> str:
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        name, port = request.scope.get("server") or ("localhost", None)
        host = name if port is None else f"{name}:{port}"
    return f"{request.scope['scheme']}://{host}"


def _query_string(pairs: Pairs) -> str:
    """Encode the parameters anew: nothing in them can end the address, the header or the line."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs if name != _CURSOR
    )


def _link(base: str, *, cursor: str, relation: str, results: bool) -> str:
    found = "true" if results else "false"
    return f'<{base}&cursor={cursor}>; rel="{relation}"; results="{found}"; cursor="{cursor}"'
