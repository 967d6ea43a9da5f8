"""The OpenAPI document: the published contract of the endpoint, in our own words.

Owns names, types and descriptions of parameters and answers. Does not know how it is shown.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from schema.catalog import FIELDS, GROUP_KEYS, SEARCH_KEYS

Json: TypeAlias = Mapping[str, object]

SESSIONS_PATH = "/api/0/organizations/{organization_id_or_slug}/sessions/"
HEALTH_PATH = "/health"

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_MOMENT: Json = {"type": "string", "format": "date-time"}
_WHOLE: Json = {"type": "integer"}
_NUMBER: Json = {"type": "number", "format": "double", "nullable": True}

_EXAMPLE: Json = {
    "groups": [
        {
            "by": {"release": "app@2.1.0"},
            "totals": {"sum(session)": 1240, "crash_free_rate(session)": 0.9975},
            "series": {
                "sum(session)": [510, 730],
                "crash_free_rate(session)": [0.9961, 0.9986],
            },
        }
    ],
    "start": "2026-03-09T00:00:00Z",
    "end": "2026-03-11T00:00:00Z",
    "intervals": ["2026-03-09T00:00:00Z", "2026-03-10T00:00:00Z"],
    "query": "environment:production",
}


def document() -> dict[str, object]:
    """Build the whole document, as plain JSON values."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Release Health Engine",
            "version": "0",
            "description": "Sessions, users and crash rates of releases: exact, over any range.",
        },
        "paths": {SESSIONS_PATH: {"get": _sessions()}, HEALTH_PATH: {"get": _health()}},
        "components": {
            "securitySchemes": {
                "auth_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token, as `Authorization: Bearer <token>`.",
                }
            }
        },
    }


def _sessions() -> Json:
    return {
        "operationId": "getOrganizationSessions",
        "summary": "Retrieve Release Health Session Statistics",
        "description": (
            "Answers totals and a time series for each group of sessions of an organization.\n\n"
            "The range is widened to whole intervals. There are at most 1,000 intervals in an"
            " answer, and at most 10,000 data points (intervals times groups, before groups are"
            " split by `session.status`); groups beyond that are on the next page, which the"
            " `Link` header leads to."
        ),
        "tags": ["Releases"],
        "security": [{"auth_token": []}],
        "parameters": _parameters(),
        "responses": _responses(),
    }


def _parameters() -> Sequence[Json]:
    return (
        _parameter(
            "organization_id_or_slug",
            _TEXT,
            "The number or the slug of the organization.",
            place="path",
            required=True,
        ),
        _parameter(
            "field",
            _TEXTS,
            f"What to compute; give at least one. {_choices([field.name for field in FIELDS])}"
            " Durations are in milliseconds, rates are fractions.",
            required=True,
        ),
        *_range_parameters(),
        *_filter_parameters(),
        *_shape_parameters(),
    )


def _range_parameters() -> Sequence[Json]:
    return (
        _parameter(
            "start",
            _MOMENT,
            "Where the range begins, in ISO-8601; UTC unless it has an offset. Needs `end`.",
        ),
        _parameter("end", _MOMENT, "Where the range ends (exclusive). Needs `start`."),
        _parameter(
            "statsPeriod",
            _TEXT,
            "A range that ends now: a number and `w`, `d`, `h`, `m` or `s`, such as `24h`. Wins"
            " over `start` and `end`. For one that ends earlier give `statsPeriodStart` and"
            " `statsPeriodEnd`, both counted back from now. Absent: `90d`.",
        ),
        _parameter(
            "interval",
            _TEXT,
            "The length of one step of the series, spelled like `statsPeriod`. It has to divide a"
            " day. Absent: `1h`, which also is the smallest unless the service is set otherwise.",
        ),
    )


def _filter_parameters() -> Sequence[Json]:
    return (
        _parameter("environment", _TEXTS, "Only sessions of these environments; names are exact."),
        _parameter(
            "project",
            {"type": "array", "items": {"anyOf": [_WHOLE, _TEXT]}},
            "Only sessions of these projects, by number or slug. Absent, or `-1`: all that the"
            " token may read.",
        ),
        _parameter(
            "query",
            _TEXT,
            "A search, such as `release:app@2.1.0 AND !environment:staging`."
            f" {_choices([key.name for key in SEARCH_KEYS])}",
        ),
    )


def _shape_parameters() -> Sequence[Json]:
    return (
        _parameter("groupBy", _TEXTS, f"What to split by. {_choices(GROUP_KEYS)}"),
        _parameter(
            "orderBy",
            _TEXT,
            "One of the given fields, ascending; with `-` before it descending.",
        ),
        _parameter(
            "per_page",
            _WHOLE,
            "How many groups a page has, from 1 to 5000. The addresses of the other pages are in"
            " the `Link` header; they differ in `cursor`.",
        ),
        _parameter("includeTotals", _WHOLE, "`0` leaves the totals out. Absent: `1`."),
        _parameter("includeSeries", _WHOLE, "`0` leaves the series out. Absent: `1`."),
    )


def _parameter(
    name: str, schema: Json, description: str, *, place: str = "query", required: bool = False
) -> Json:
    parameter = {"in": place, "name": name, "schema": schema, "description": description}
    return {**parameter, "required": True} if required else parameter


def _choices(names: Sequence[str]) -> str:
    return f"Known are {', '.join(f'`{name}`' for name in names)}."


def _responses() -> Json:
    return {
        "200": {
            "description": "The groups, each with its totals and its series.",
            "headers": {
                "Link": {"schema": _TEXT, "description": "The previous and the next page."},
                "Server-Timing": {"schema": _TEXT, "description": "The time of each stage."},
            },
            "content": {
                "application/json": {
                    "schema": _answer_schema(),
                    "examples": {"byRelease": {"value": _EXAMPLE}},
                }
            },
        },
        "400": _failure("A parameter cannot be understood, or asks for too much."),
        "401": _failure("There is no token, or it is unknown or revoked."),
        "403": _failure("The organization or the project is not the token's."),
        "404": _failure("There is no such organization or environment."),
        "503": _failure("The service is busy or cannot read its data; see `Retry-After`."),
        "504": _failure("The query took longer than the limit."),
    }


def _failure(description: str) -> Json:
    schema = {"type": "object", "properties": {"detail": _TEXT}, "required": ["detail"]}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _answer_schema() -> Json:
    return {
        "type": "object",
        "properties": {
            "start": _MOMENT,
            "end": _MOMENT,
            "intervals": {**_TEXTS, "description": "Where each step of the series begins."},
            "groups": {"type": "array", "items": _group_schema()},
            "query": {**_TEXT, "description": "The search as it was given."},
        },
        "required": ["end", "groups", "intervals", "query", "start"],
    }


def _group_schema() -> Json:
    return {
        "type": "object",
        "description": "`totals` or `series` is left out where the request says so.",
        "properties": {
            "by": {
                "type": "object",
                "properties": {name: _WHOLE if name == "project" else _TEXT for name in GROUP_KEYS},
            },
            "series": {
                "type": "object",
                "description": "By field: one number for each interval.",
                "additionalProperties": {"type": "array", "items": _NUMBER},
            },
            "totals": {
                "type": "object",
                "description": "By field: one number for the whole range; not the series' sum.",
                "additionalProperties": _NUMBER,
            },
        },
        "required": ["by"],
    }


def _health() -> Json:
    schema = {"type": "object", "properties": {"status": _TEXT}, "required": ["status"]}
    return {
        "operationId": "getHealth",
        "summary": "Is the service up?",
        "description": "Needs no token.",
        "tags": ["Service"],
        "responses": {
            "200": {
                "description": "It is.",
                "content": {"application/json": {"schema": schema}},
            }
        },
    }
