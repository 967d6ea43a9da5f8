"""Random requests made from our own OpenAPI document, against the whole application."""

from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.openapi import HEALTH_PATH, SESSIONS_PATH
from tests.api.conftest import bearer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@pytest.mark.parametrize("organization", ["acme", None], ids=["known", "any"])
@pytest.mark.parametrize("token", ["acme", None], ids=["with token", "without"])
def test_sessions(client: TestClient, organization: str | None, token: str | None) -> None:
    """No 5xx, documented statuses only, and every answer is as the document says."""
    operation = from_asgi("/openapi.json", client.app)[SESSIONS_PATH]["GET"]

    @FEW
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case[Any]) -> None:
        if organization is not None:
            case.path_parameters["organization_id_or_slug"] = organization
        headers = bearer(token) if token else {"Authorization": ""}
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


def test_health(client: TestClient) -> None:
    """The other documented path keeps its word, too."""
    operation = from_asgi("/openapi.json", client.app)[HEALTH_PATH]["GET"]

    operation.Case().call_and_validate()
