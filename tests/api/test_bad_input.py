"""Bad input gets a clear error, over HTTP: the status, and a detail that names what is wrong."""

from urllib.parse import quote, urlencode

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from api.params import PARAMETERS
from tests.api.conftest import bearer

SESSIONS = "/api/0/organizations/acme/sessions/"
QUESTION = (("field", "sum(session)"), ("statsPeriod", "2d"), ("interval", "1d"))


def ask(client: TestClient, *more: tuple[str, str]) -> tuple[int, str]:
    """Ask the usual question with more parameters; give the status and the detail."""
    response = client.get(f"{SESSIONS}?{urlencode((*QUESTION, *more))}")
    return response.status_code, str(response.json().get("detail", ""))


def ask_raw(client: TestClient, query_string: bytes) -> Response:
    """Ask with these very bytes, which the client would refuse to send."""

    async def replace(scope: Scope, receive: Receive, send: Send) -> None:
        await client.app({**scope, "query_string": query_string}, receive, send)

    return TestClient(replace).get(SESSIONS, headers=bearer("acme"))


DATES = {
    "unreadable start": (("start", "yesterday"), ("end", "2026-03-02")),
    "unreadable end": (("start", "2026-03-01"), ("end", "2026-13-45T99:99:99")),
    "no end": (("start", "2026-03-01"),),
    "no start": (("end", "2026-03-01"),),
    "end before start": (("start", "2026-03-02"), ("end", "2026-03-01")),
    "empty range": (("start", "2026-03-02"), ("end", "2026-03-02")),
    "before year 1": (("start", "0001-01-01T00:00:00+14:00"), ("end", "0001-01-02")),
    "after year 9999": (("start", "2026-03-01"), ("end", "9999-12-31T23:59:59-14:00")),
    "year 0": (("start", "0000-01-01"), ("end", "2026-03-01")),
    "year 10000": (("start", "2026-03-01"), ("end", "10000-01-01")),
    "infinite": (("start", "-inf"), ("end", "inf")),
    "not a number": (("start", "nan"), ("end", "nan")),
    "huge number": (("start", "1e300"), ("end", "1e308")),
    "huge digits": (("start", "9" * 400), ("end", "9" * 400)),
    "control characters": (("start", "2026-03-01\x00"), ("end", "2026-03-02\n")),
    "other digits": (("start", "\u0662\u0660\u0662\u0666-03-01"), ("end", "2026-03-02")),
    "period without number": (("statsPeriod", "d"),),
    "empty period": (("statsPeriod", ""),),
    "negative period": (("statsPeriod", "-1d"),),
    "fractional period": (("statsPeriod", "1.5d"),),
    "unknown unit": (("statsPeriod", "1y"),),
    "zero period": (("statsPeriod", "0d"),),
    "huge period": (("statsPeriod", "9" * 30 + "w"),),
    "longer than any calendar": (("statsPeriod", "999999d"),),
    "period with a line": (("statsPeriod", "1d\n"),),
    "period in other digits": (("statsPeriod", "\u0661d"),),
    "half a relative range": (("statsPeriodStart", "2d"),),
    "reversed relative range": (("statsPeriodStart", "1d"), ("statsPeriodEnd", "2d")),
    "unreadable relative range": (("statsPeriodStart", "x"), ("statsPeriodEnd", "1d")),
}


@pytest.mark.parametrize("parameters", DATES.values(), ids=DATES)
def test_dates(client: TestClient, parameters: tuple[tuple[str, str], ...]) -> None:
    """Every malformed range is 400, and the detail says that it is about the range."""
    question = (("field", "sum(session)"), ("interval", "1d"), *parameters)
    response = client.get(f"{SESSIONS}?{urlencode(question)}")

    assert response.status_code == 400
    assert response.json()["detail"].startswith(
        ("Invalid date range: ", "Your interval and date range would create too many results.")
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01", "0001-01-02"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:01Z"),
        ("2026-03-01", "9999-12-31"),
        ("9999-12-31T00:00:00", "9999-12-31T23:59:59"),
    ],
)
def test_far_years(client: TestClient, start: str, end: str) -> None:
    """The first and the last year of the calendar are years: an answer or a clear refusal."""
    question = urlencode((*QUESTION[:1], *QUESTION[2:], ("start", start), ("end", end)))
    response = client.get(f"{SESSIONS}?{question}")

    assert response.status_code in {200, 400}


@pytest.mark.parametrize(
    ("interval", "detail"),
    [
        ("0", "multiple of the minimum interval of one hour."),
        ("0d", "multiple of the minimum interval of one hour."),
        ("7s", "multiple of the minimum interval of one hour."),
        ("90m", "multiple of the minimum interval of one hour."),
        ("2d", "The interval has to be less than one day."),
        ("5h", "The interval should divide one day without a remainder."),
        ("9" * 40, f"Invalid interval: '{'9' * 40}'"),
        ("999999h", "The interval has to be less than one day."),
        ("-1h", "Invalid interval: '-1h'"),
        ("1.5h", "Invalid interval: '1.5h'"),
        ("abc", "Invalid interval: 'abc'"),
        ("1h\x00", "Invalid interval: '1h\\x00'"),
        ("1h\n", "Invalid interval: '1h\\n'"),
        ("\u0661h", "Invalid interval: '\u0661h'"),
    ],
)
def test_intervals(client: TestClient, interval: str, detail: str) -> None:
    """Each wrong interval is refused for what is wrong with it."""
    status, found = ask(client, ("interval", interval))

    assert status == 400
    assert detail in found


@pytest.mark.parametrize(
    ("per_page", "detail"),
    [
        ("", "Invalid per_page parameter."),
        ("x", "Invalid per_page parameter."),
        ("1.5", "Invalid per_page parameter."),
        ("0", "Invalid per_page parameter."),
        ("-1", "Invalid per_page parameter."),
        ("1\x00", "Invalid per_page parameter."),
        ("5001", "Invalid per_page value. Cannot exceed 5000."),
        ("9" * 15, "Invalid per_page value. Cannot exceed 5000."),
        ("9" * 9000, None),
    ],
    ids=["empty", "word", "fraction", "zero", "negative", "control", "5001", "huge", "endless"],
)
def test_per_page(client: TestClient, per_page: str, detail: str | None) -> None:
    """The number of groups is from 1 to 5000."""
    status, found = ask(client, ("per_page", per_page), ("field", "x"))

    assert status == 400
    assert found == detail or (detail is None and "per_page" in found)


@pytest.mark.parametrize(
    "cursor",
    ["x", "0", "0:0", "0:0:0:0", "a:b:c", "0:x:0", "::", "0:0:0\x00", "eyJvZmZzZXQiOjEwMH0="],
)
def test_cursors_from_elsewhere(client: TestClient, cursor: str) -> None:
    """A cursor that is not ours is refused."""
    assert ask(client, ("cursor", cursor)) == (400, "Invalid cursor parameter.")


@pytest.mark.parametrize("cursor", ["0:-1:0", "0:-5:1", f"0:{'9' * 30}:0", f"0:{'9' * 5000}:0"])
def test_cursors_out_of_range(client: TestClient, cursor: str) -> None:
    """One that leads nowhere is refused or finds nothing."""
    status, _ = ask(client, ("cursor", cursor), ("groupBy", "release"))

    assert status in {200, 400}


@pytest.mark.parametrize(
    ("parameter", "detail"),
    [
        (("field", ""), 'Invalid field: ""'),
        (("field", "sum(sessions)"), 'Invalid field: "sum(sessions)"'),
        (("field", "SUM(session)"), 'Invalid field: "SUM(session)"'),
        (("field", "p50(session.duration)\x00"), 'Invalid field: "p50(session.duration)\x00"'),
        (("groupBy", ""), 'Invalid groupBy: ""'),
        (("groupBy", "user"), 'Invalid groupBy: "user"'),
        (("groupBy", "project,release"), 'Invalid groupBy: "project,release"'),
        (("orderBy", "release"), "'orderBy' must be one of the provided 'fields'"),
        (("orderBy", "--sum(session)"), "'orderBy' must be one of the provided 'fields'"),
        (("query", "\x00"), "Invalid search filter: message"),
        (("query", "a:b"), "Invalid search filter: a"),
    ],
)
def test_unknown_names(client: TestClient, parameter: tuple[str, str], detail: str) -> None:
    """A name that does not exist is refused by name."""
    assert ask(client, parameter) == (400, detail)


def test_missing_field(client: TestClient) -> None:
    """Without a field there is nothing to answer."""
    response = client.get(f"{SESSIONS}?statsPeriod=1d")

    assert (response.status_code, response.json()) == (
        400,
        {"detail": 'Request is missing a "field"'},
    )


def test_nothing_to_include(client: TestClient) -> None:
    """An answer has totals or series."""
    status, detail = ask(client, ("includeTotals", "0"), ("includeSeries", "0"))

    assert (status, detail) == (400, "Cannot omit both series and totals")


@pytest.mark.parametrize("order", ["", "sum(session)"])
def test_an_empty_order_is_none(client: TestClient, order: str) -> None:
    """It neither fails nor counts as a second order."""
    assert ask(client, ("orderBy", ""), ("orderBy", order)) == (200, "")


@pytest.mark.parametrize("environment", ["nowhere", "theirs", "Production", "production\x00"])
def test_unknown_environments(client: TestClient, environment: str) -> None:
    """An environment that the organization never had is 404, also another organization's."""
    assert ask(client, ("environment", environment)) == (
        404,
        "The requested resource does not exist",
    )


@pytest.mark.parametrize("project", ["3", "theirs", "4711", "9" * 40, "-2", "1.5", "1 "])
def test_foreign_projects(client: TestClient, project: str) -> None:
    """What is no project of the caller is forbidden, before the field is looked at."""
    assert ask(client, ("project", project), ("field", "x")) == (
        403,
        "You do not have permission to perform this action.",
    )


@pytest.mark.parametrize("project", ["", "\x00", "\u00b2", "web\n"])
def test_malformed_projects(client: TestClient, project: str) -> None:
    """What can be neither a number nor a slug is refused as such."""
    assert ask(client, ("project", project)) == (
        400,
        "Invalid project parameter. Values must be numbers.",
    )


QUERIES = {
    "a megabyte of text": "x" * 1_000_000,
    "a megabyte of terms": "release:a " * 100_000,
    "5000 parentheses": "(" * 5000 + "release:a" + ")" * 5000,
    "5000 open parentheses": "(" * 5000,
    "5000 closed parentheses": ")" * 5000,
    "5000 negations": "!" * 5000 + "release:a",
    "quotes": '"' * 5001,
    "lone operator": "OR",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_overlong_and_deep_queries(client: TestClient, query: str) -> None:
    """Length and nesting are limited; no text of the search breaks anything."""
    response = ask_raw(client, urlencode((*QUESTION, ("query", query))).encode())

    assert response.status_code == 400
    assert list(response.json()) == ["detail"]


@pytest.mark.parametrize(
    "query",
    [
        f"release:[{','.join('a' * 9000)}]",
        f"release:[{','.join('a' * 9000)}",
        "release:" + "\\" * 5001,
        "release:a " * 200,
    ],
    ids=["a long list", "a list without an end", "backslashes", "many terms"],
)
def test_long_queries(client: TestClient, query: str) -> None:
    """What is long but understood is answered."""
    assert ask_raw(client, urlencode((*QUESTION, ("query", query))).encode()).status_code == 200


@pytest.mark.parametrize(
    "query_string",
    [b"\xff\xfe", b"field=\xed\xa0\x80", b"query=\x00\r\n&field=sum(session)", b"&" * 1_000_000],
    ids=["no UTF-8", "lone surrogate", "control characters", "a megabyte of nothing"],
)
def test_raw_bytes(client: TestClient, query_string: bytes) -> None:
    """Not even a request line that no client would send breaks anything."""
    assert ask_raw(client, query_string).status_code == 400


@pytest.mark.parametrize(
    "raw",
    ["%ED%A0%80", "%ED%BF%BF", "%FF", "%C3", "%00", "%0D%0AX-Evil:%201", "%7F", "%zz", "%"],
)
@pytest.mark.parametrize(
    "name",
    [*PARAMETERS, "anything"],
)
def test_undecodable_and_control_characters(client: TestClient, name: str, raw: str) -> None:
    """In any parameter they are text like any other."""
    response = client.get(f"{SESSIONS}?field=sum(session)&interval=1d&statsPeriod=1d&{name}={raw}")

    assert response.status_code in {200, 400, 403, 404}
    assert "x-evil" not in response.headers


def test_lone_surrogates_are_echoed_as_replacements(client: TestClient) -> None:
    """What is no text is shown as U+FFFD."""
    response = client.get(
        f"{SESSIONS}?{urlencode(QUESTION)}&query=release:%ED%A0%80%20environment:production"
    )

    assert response.status_code == 200
    assert response.json()["query"] == "release:\ufffd\ufffd\ufffd environment:production"


def test_a_host_that_is_none(client: TestClient) -> None:
    """The `Host` header cannot write into the `Link` header."""
    response = client.get(
        f"{SESSIONS}?{urlencode(QUESTION)}", headers={"Host": 'evil>; rel="next"'}
    )

    assert response.status_code == 200
    assert "evil" not in response.headers["link"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PARAMETERS),
            st.sampled_from(["sum(session)", "1d", "release", "-1", "0", "release:a", "0:1:0"])
            | st.text(max_size=12),
        ),
        max_size=6,
    )
)
def test_any_parameters(client: TestClient, parameters: list[tuple[str, str]]) -> None:
    """Whatever is asked, the answer is one of the documented ones."""
    raw = "&".join(
        f"{name}={quote(value.encode('utf-8', 'surrogatepass'), safe='')}"
        for name, value in (*QUESTION, *parameters)
    )
    response = client.get(f"{SESSIONS}?{raw}")

    assert response.status_code in {200, 400, 403, 404}
    assert ("detail" in response.json()) == (response.status_code != 200)
