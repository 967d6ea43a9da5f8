"""Errors become statuses and bodies."""

import json

import pytest
from starlette.exceptions import HTTPException

import engine.errors
from api.errors import Overloaded, Unauthenticated, problem_header, render, render_http, status_of
from engine.errors import (
    EngineError,
    Forbidden,
    InvalidDates,
    LoadError,
    NoProjects,
    NotFound,
    QueryTimeout,
    RequestError,
    SearchError,
    StorageError,
    StorageUnavailable,
)

STATUSES: tuple[tuple[EngineError, int, str], ...] = (
    (RequestError("no"), 400, "no"),
    (InvalidDates("Invalid date range: no"), 400, "Invalid date range: no"),
    (SearchError("Invalid search filter: x"), 400, "Invalid search filter: x"),
    (NoProjects(), 400, "No projects available"),
    (Unauthenticated("Invalid token"), 401, "Invalid token"),
    (Forbidden(), 403, "You do not have permission to perform this action."),
    (NotFound(), 404, "The requested resource does not exist"),
    (Overloaded(), 503, "Too many queries are running. Please try again."),
    (
        StorageUnavailable("/secret/place is gone"),
        503,
        "The service cannot read its data at the moment. Please try again.",
    ),
    (
        QueryTimeout(),
        504,
        (
            "Query timeout. Please try again. If the problem persists try a smaller date range or"
            " fewer projects."
        ),
    ),
    (StorageError("/secret/place"), 500, "Internal Error"),
    (LoadError("not over HTTP"), 500, "Internal Error"),
)


@pytest.mark.parametrize(
    ("error", "status", "detail"), STATUSES, ids=[type(case[0]).__name__ for case in STATUSES]
)
def test_status_and_detail(error: EngineError, status: int, detail: str) -> None:
    """Each class has its status; the body is the detail and nothing else."""
    response = render(error)

    assert response.status_code == status
    assert json.loads(bytes(response.body)) == {"detail": detail}
    assert response.headers["content-type"] == "application/json"


def test_no_request_error_is_our_fault() -> None:
    """Every class of the engine's tree has a status, and that of bad requests is 4xx."""
    classes = [kind for kind in vars(engine.errors).values() if isinstance(kind, type)]
    bad_requests = [kind for kind in classes if issubclass(kind, RequestError)]

    assert {status_of(kind("x")) for kind in bad_requests} == {400}


@pytest.mark.parametrize("error", [ValueError("x"), RecursionError(), MemoryError()], ids=repr)
def test_what_nobody_foresaw_is_500(error: Exception) -> None:
    """Any other exception is an internal error."""
    assert status_of(error) == 500


def test_401_says_how_to_authenticate() -> None:
    """The challenge is the reference's."""
    header = render(Unauthenticated("Invalid token")).headers["www-authenticate"]

    assert header == 'Bearer realm="api"'


@pytest.mark.parametrize("error", [Overloaded(), StorageUnavailable("x")], ids=repr)
def test_503_says_when_to_come_back(error: EngineError) -> None:
    """A caller that was turned away learns for how many seconds."""
    assert int(render(error).headers["retry-after"]) > 0


def test_search_errors_carry_their_place_in_a_header() -> None:
    """The body stays the reference's; our own tools read the header."""
    error = SearchError("Parse error", span=(3, 7), hint="close the \u201cquote\u201d\r\n")

    assert problem_header(error) == (
        "code=query.invalid; span=3-7; hint*=UTF-8''close%20the%20%E2%80%9Cquote%E2%80%9D%0D%0A"
    )
    assert problem_header(SearchError("x", span=(3, 7))) == "code=query.invalid; span=3-7"
    assert problem_header(InvalidDates("x")) == "code=dates.invalid"


def test_lone_surrogates_do_not_break_the_body() -> None:
    """A detail repeats what the caller wrote, whatever that is."""
    body = bytes(render(RequestError('Invalid field: "\ud800\x00"')).body)

    assert json.loads(body) == {"detail": 'Invalid field: "\ufffd\x00"'}


def test_paths_and_methods_that_do_not_exist() -> None:
    """They are answered in the same shape."""
    unknown = render_http(HTTPException(404), "GET")
    wrong = render_http(HTTPException(405, headers={"Allow": "GET"}), "POST")

    assert "detail" in json.loads(bytes(unknown.body))
    assert json.loads(bytes(wrong.body)) == {"detail": 'Method "POST" not allowed.'}
    assert wrong.headers["allow"] == "GET"
