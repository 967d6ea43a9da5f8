"""The endpoints, from request line to answer."""

import re
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

SESSIONS = "/api/0/organizations/acme/sessions/"
QUESTION = "field=sum(session)&statsPeriod=2d&interval=1d"


def test_an_answer(client: TestClient) -> None:
    """A whole body, and the headers around it."""
    response = client.get(
        f"{SESSIONS}?field=sum(session)&field=crash_rate(session)&statsPeriod=1d&interval=1d"
        "&groupBy=project&query=environment%3Aproduction&unknown=1"
    )

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["groups", "start", "end", "intervals", "query"]
    assert response.json() == {
        "groups": [
            {
                "by": {"project": 2},
                "totals": {"sum(session)": 12, "crash_rate(session)": 0.0},
                "series": {
                    "sum(session)": [5, 7],
                    "crash_rate(session)": [0.0, 0.0],
                },
            },
            {
                "by": {"project": 1},
                "totals": {"sum(session)": 6, "crash_rate(session)": 0.0},
                "series": {"sum(session)": [3, 3], "crash_rate(session)": [0.0, 0.0]},
            },
        ],
        "start": "2026-03-09T00:00:00Z",
        "end": "2026-03-11T00:00:00Z",
        "intervals": ["2026-03-09T00:00:00Z", "2026-03-10T00:00:00Z"],
        "query": "environment:production",
    }


def test_final_slash_is_optional(client: TestClient) -> None:
    """Both spellings answer, without a redirect."""
    with_slash = client.get(f"{SESSIONS}?{QUESTION}", follow_redirects=False)
    without = client.get(f"{SESSIONS.rstrip('/')}?{QUESTION}", follow_redirects=False)

    assert with_slash.status_code == without.status_code == 200
    assert with_slash.json() == without.json()


@pytest.mark.parametrize(
    ("more", "keys"),
    [
        ("includeTotals=1&includeSeries=1", ["by", "totals", "series"]),
        ("includeTotals=0", ["by", "series"]),
        ("includeSeries=0", ["by", "totals"]),
        ("includeSeries=0&includeSeries=1", ["by", "totals", "series"]),
    ],
)
def test_totals_and_series_can_be_left_out(client: TestClient, more: str, keys: list[str]) -> None:
    """`0` leaves the key out; the last one given counts."""
    group = client.get(f"{SESSIONS}?{QUESTION}&{more}").json()["groups"][0]

    assert list(group) == keys


def test_following_the_link_header_yields_every_group_once(client: TestClient) -> None:
    """From the first page to the last, and the way back is there."""
    address = f"{SESSIONS}?{QUESTION}&groupBy=release&groupBy=environment&per_page=2"
    seen, pages = [], 0
    while address:
        response = client.get(address)
        seen += [tuple(group["by"].values()) for group in response.json()["groups"]]
        links = re.findall(r'<([^>]+)>; rel="(\w+)"; results="(\w+)"', response.headers["link"])
        assert [(relation, found) for _, relation, found in links] == [
            ("previous", "true" if pages else "false"),
            ("next", "true" if pages < 2 else "false"),
        ]
        address = links[1][0] if links[1][2] == "true" else ""
        assert not address or address.startswith(f"http://testserver{SESSIONS}?")
        pages += 1

    assert (pages, len(seen), len(set(seen))) == (3, 6, 6)


@pytest.mark.parametrize(
    "query",
    ["", "release:app@1.0.0", 'release:"app@1.0.0+\u00e9" OR environment:"\u4e2d "'],
)
def test_query_is_echoed(client: TestClient, query: str) -> None:
    """The body repeats the search as it was given."""
    response = client.get(f"{SESSIONS}?{QUESTION}&query={quote(query)}")

    assert response.json()["query"] == query


def test_time_of_each_stage(client: TestClient) -> None:
    """`Server-Timing` names the stages, in milliseconds, for answers and refusals alike."""
    answered = client.get(f"{SESSIONS}?{QUESTION}").headers["server-timing"]
    refused = client.get(f"{SESSIONS}?field=x").headers["server-timing"]

    stages = re.findall(r"(\w+);dur=\d+\.\d{3}", answered)
    assert stages[:2] == ["admit", "wait"]
    assert stages[-2:] == ["encode", "total"]
    assert len(stages) > 4
    assert "total;dur=" in refused


def test_search_errors_say_where(client: TestClient) -> None:
    """The body is the reference's; the place is in a header."""
    response = client.get(f"{SESSIONS}?{QUESTION}&query=nonsense:1")

    assert response.status_code == 400
    assert response.json() == {"detail": "Invalid search filter: nonsense"}
    assert response.headers["x-release-health-error"].startswith("code=query.invalid; span=")


def test_health_needs_no_token(client: TestClient) -> None:
    """Whoever watches the service needs no rights."""
    response = client.get("/health", headers={"Authorization": ""})

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_for_people(client: TestClient, path: str) -> None:
    """They are HTML that may load nothing."""
    response = client.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/0/organizations/", 404),
        ("GET", "/api/0/organizations/a/b/sessions/", 404),
        ("GET", f"{SESSIONS}/", 404),
        ("POST", SESSIONS, 405),
        ("DELETE", "/health", 405),
    ],
)
def test_other_paths_and_methods(client: TestClient, method: str, path: str, status: int) -> None:
    """They are refused in the same shape."""
    response = client.request(method, path)

    assert response.status_code == status
    assert list(response.json()) == ["detail"]
