"""Our OpenAPI document keeps the published contract."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.openapi import SESSIONS_PATH, document
from schema.catalog import FIELDS, GROUP_KEYS, SEARCH_KEYS

CONTRACT = json.loads((Path(__file__).parent / "cases" / "contract.json").read_text("utf-8"))


@pytest.fixture
def published() -> Any:  # noqa: ANN401  (a JSON document)
    """Give the document as a caller reads it."""
    return json.loads(json.dumps(document()))


def bare(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Leave the descriptions out of a schema."""
    return {
        key: bare(value) if isinstance(value, dict) else value
        for key, value in schema.items()
        if not (key == "description" and isinstance(value, str))
    }


def test_operation(published: Any) -> None:  # noqa: ANN401  (a JSON document)
    """The path, the method and the name that clients are generated from."""
    operation = published["paths"][CONTRACT["path"]][CONTRACT["method"]]

    assert CONTRACT["path"] == SESSIONS_PATH
    assert operation["operationId"] == CONTRACT["operation"]


def test_parameters(published: Any) -> None:  # noqa: ANN401  (a JSON document)
    """The same parameters: names, places, types, and which are required."""
    ours = published["paths"][SESSIONS_PATH]["get"]["parameters"]
    compared = [
        {
            "name": each["name"],
            "in": each["in"],
            "required": each.get("required", False),
            "schema": each["schema"],
        }
        for each in ours
    ]

    assert {each["name"]: each for each in compared} == {
        each["name"]: each for each in CONTRACT["parameters"]
    }
    assert all(each["description"] for each in ours)


def test_answer(published: Any) -> None:  # noqa: ANN401  (a JSON document)
    """The same body, but that totals and series may be left out."""
    responses = published["paths"][SESSIONS_PATH]["get"]["responses"]
    ours = bare(responses["200"]["content"]["application/json"]["schema"])
    theirs = json.loads(json.dumps(CONTRACT["answer"]))
    theirs["properties"]["groups"]["items"]["required"] = ["by"]

    assert ours == theirs


def test_statuses(published: Any) -> None:  # noqa: ANN401  (a JSON document)
    """The published statuses, and those of permissions and of a busy service."""
    responses = published["paths"][SESSIONS_PATH]["get"]["responses"]

    assert set(responses) == {*CONTRACT["statuses"], "403", "404", "503", "504"}


def test_every_public_name_is_listed(published: Any) -> None:  # noqa: ANN401  (a JSON document)
    """Fields, groupBy keys and search keys are those of the catalog."""
    parameters = published["paths"][SESSIONS_PATH]["get"]["parameters"]
    text = {each["name"]: each["description"] for each in parameters}

    assert [field.name for field in FIELDS if f"`{field.name}`" not in text["field"]] == []
    assert [key for key in GROUP_KEYS if f"`{key}`" not in text["groupBy"]] == []
    assert [key.name for key in SEARCH_KEYS if f"`{key.name}`" not in text["query"]] == []


def test_document_is_served(client: TestClient, published: Any) -> None:  # noqa: ANN401  (a JSON document)
    """Programs find it where they look for it."""
    assert client.get("/openapi.json").json() == published
