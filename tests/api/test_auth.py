"""Who may ask: tokens, organizations, projects."""

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import SECRETS, bearer

QUESTION = "field=sum(session)&statsPeriod=2d&interval=1d"

NOT_PROVIDED = "Authentication credentials were not provided."
INVALID = "Invalid token"


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, NOT_PROVIDED),
        ("", NOT_PROVIDED),
        ("Bearer", NOT_PROVIDED),
        ("Bearer   ", NOT_PROVIDED),
        ("Basic YTpi", NOT_PROVIDED),
        (SECRETS["acme"], NOT_PROVIDED),
        ("Bearer nobody", INVALID),
        (f"Bearer {SECRETS['acme']} x", INVALID),
        (f"Bearer {SECRETS['acme'].upper()}", INVALID),
        (f"Bearer {SECRETS['revoked']}", INVALID),
        ("Bearer \u00e9", INVALID),
        (f"Bearer {'x' * 10_000}", INVALID),
    ],
    ids=[
        "absent",
        "empty",
        "no secret",
        "blank secret",
        "another scheme",
        "no scheme",
        "unknown",
        "two words",
        "another case",
        "revoked",
        "not ASCII",
        "long",
    ],
)
@pytest.mark.parametrize("organization", ["acme", "globex", "nowhere"])
def test_without_a_valid_token(
    client: TestClient, header: str | None, detail: str, organization: str
) -> None:
    """Nothing is said about any organization before the token is valid."""
    del client.headers["Authorization"]
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    try:
        response = client.get(
            f"/api/0/organizations/{organization}/sessions/?per_page=x", headers=headers
        )
    finally:
        client.headers.update(bearer("acme"))

    assert response.status_code == 401
    assert response.json() == {"detail": detail}
    assert response.headers["www-authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
def test_scheme_is_in_any_case(client: TestClient, word: str) -> None:
    """The word before the secret is not case-sensitive."""
    response = client.get(
        f"/api/0/organizations/acme/sessions/?{QUESTION}",
        headers={"Authorization": f"{word} {SECRETS['acme']}"},
    )

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("token", "organization", "status", "detail"),
    [
        ("acme", "nowhere", 404, "The requested resource does not exist"),
        ("acme", "99", 404, "The requested resource does not exist"),
        ("acme", "9" * 40, 404, "The requested resource does not exist"),
        ("acme", "ACME", 404, "The requested resource does not exist"),
        ("acme", "%00", 404, "The requested resource does not exist"),
        ("acme", "%ED%A0%80", 404, "The requested resource does not exist"),
        ("acme", "\u00b2", 404, "The requested resource does not exist"),
        ("acme", "globex", 403, "You do not have permission to perform this action."),
        ("acme", "2", 403, "You do not have permission to perform this action."),
        ("none", "acme", 403, "You do not have permission to perform this action."),
        ("empty", "empty", 400, "No projects available"),
    ],
)
def test_organizations(
    client: TestClient, token: str, organization: str, status: int, detail: str
) -> None:
    """Unknown is 404, foreign is 403, without projects is 400; a bad parameter changes nothing."""
    response = client.get(
        f"/api/0/organizations/{organization}/sessions/?{QUESTION}&field=x", headers=bearer(token)
    )

    assert (response.status_code, response.json()) == (status, {"detail": detail})


@pytest.mark.parametrize("organization", ["acme", "1"])
def test_organization_by_slug_or_number(client: TestClient, organization: str) -> None:
    """All digits are a number, anything else is a slug."""
    response = client.get(f"/api/0/organizations/{organization}/sessions/?{QUESTION}")

    assert response.json()["groups"][0]["totals"] == {"sum(session)": 24}


@pytest.mark.parametrize("project", ["", "&project=-1", "&project=1", "&project=web"])
def test_a_token_of_one_project_sees_that_project(client: TestClient, project: str) -> None:
    """All projects means those of the token."""
    response = client.get(
        f"/api/0/organizations/acme/sessions/?{QUESTION}{project}", headers=bearer("web")
    )

    assert response.json()["groups"][0]["totals"] == {"sum(session)": 12}


@pytest.mark.parametrize("project", ["2", "ios", "3", "theirs", "4711", "nothing"])
def test_foreign_projects(client: TestClient, project: str) -> None:
    """A project that exists, one of another organization and one that does not: all the same."""
    response = client.get(
        f"/api/0/organizations/acme/sessions/?{QUESTION}&project={project}", headers=bearer("web")
    )

    assert response.status_code == 403
    assert response.json() == {"detail": "You do not have permission to perform this action."}
