"""Every check of a request, in the reference's order: of two faults the earlier one is told."""

from dataclasses import replace
from itertools import combinations

import pytest

from engine.condition import Every, Membership
from engine.errors import EngineError, Forbidden, NoProjects, NotFound
from engine.limits import Limits
from engine.order import BY_STATUS, NOT_A_FIELD, SEVERAL, TWO_STORES
from engine.request import Request
from engine.resolve import resolve
from engine.window import TOO_MANY_BUCKETS
from schema.catalog import Key
from schema.session import Outcome
from tests.building import PlainRegistry, pairs_of, plain_scope, request_of
from tests.engine.asking import DAY, NOW, meant

GOOD = {"field": "sum(session)", "statsPeriod": "1d", "interval": "1h"}
FORBIDDEN = "You do not have permission to perform this action."
NOT_FOUND = "The requested resource does not exist"
RATE = "Cannot group field crash_rate(session) by session.status"
GRANULAR = (
    "Requested intervals (25) of timedelta of 1:00:00 with statsPeriod timedelta of"
    " 1 day, 1:00:00 is too granular for a per_page of 5001 elements. Increase your interval,"
    " decrease your statsPeriod, or decrease your per_page parameter."
)
FAULTS: dict[str, tuple[dict[str, str], str]] = {
    "per_page": ({"per_page": "x"}, "Invalid per_page parameter."),
    "cursor": ({"cursor": "x"}, "Invalid cursor parameter."),
    "dates": ({"statsPeriod": "x"}, "Invalid date range: Invalid statsPeriod: 'x'"),
    "project-unreadable": (
        {"project": "\u00fc"},
        "Invalid project parameter. Values must be numbers.",
    ),
    "project-foreign": ({"project": "9"}, FORBIDDEN),
    "environment": ({"environment": "nowhere"}, NOT_FOUND),
    "field-missing": ({"field": ""}, 'Request is missing a "field"'),
    "field-unknown": ({"field": "x"}, 'Invalid field: "x"'),
    "group-unknown": ({"groupBy": "x"}, 'Invalid groupBy: "x"'),
    "interval": (
        {"interval": "5h"},
        "The interval should divide one day without a remainder.",
    ),
    "buckets": ({"statsPeriod": "90d"}, TOO_MANY_BUCKETS),
    "inclusion": (
        {"includeTotals": "0", "includeSeries": "0"},
        "Cannot omit both series and totals",
    ),
    "query-syntax": ({"query": "(release:a"}, ""),
    "query-key": ({"query": "x:1"}, "Invalid search filter: x"),
    "query-wildcard": (
        {"query": "release:a*"},
        "Invalid condition: wildcard search is not supported",
    ),
    "query-status": (
        {"query": "session.status:healthy OR release:a"},
        "Unable to parse condition with session.status",
    ),
    "rate-by-status": ({"field": "crash_rate(session)", "groupBy": "session.status"}, RATE),
    "order-several": ({"orderBy": "x", "orderBy ": "y"}, SEVERAL),
    "order-by-status": ({"orderBy": "x", "groupBy": "session.status"}, BY_STATUS),
    "order-unknown": ({"orderBy": "x"}, NOT_A_FIELD),
    "points": ({"per_page": "5000"}, GRANULAR),
    "order-two-stores": (
        {"field": "errored_rate(session)", "orderBy": "errored_rate(session)"},
        TWO_STORES,
    ),
    "query-project": (
        {"query": "project:mobile"},
        "Invalid project slugs: 'mobile' in query. Project slugs must be one of 'web, backend'"
        " defined in the top-level filters",
    ),
}
"""Each fault alone, in the order of the checks: what it changes in a good request, and its text."""

SCOPE = plain_scope(frozenset({1, 3}))


def request_with(*faults: dict[str, str]) -> Request:
    """Make a good request with faults; a blank after a name repeats the parameter."""
    values = GOOD.copy()
    for fault in faults:
        values |= fault
    return request_of(
        (name.strip(), value) for name, value in values.items() if (name, value) != ("field", "")
    )


def complaint(request: Request) -> str:
    """Give the first thing wrong with a request, "" if nothing is."""
    try:
        resolve(request, SCOPE, NOW, registry=PlainRegistry(names={"prod"}), limits=Limits())
    except EngineError as error:
        return error.message
    return ""


SYNTAX = complaint(request_with(FAULTS["query-syntax"][0]))
TEXTS = {name: text or SYNTAX for name, (_, text) in FAULTS.items()}


def test_good_request_is_good() -> None:
    """Without a fault there is no complaint, and broken syntax is one."""
    assert complaint(request_with()) == ""
    assert SYNTAX.startswith("Parse error at ")


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_told(name: str) -> None:
    """Each fault alone has its text."""
    assert complaint(request_with(FAULTS[name][0])) == TEXTS[name]


PAIRS = {
    f"{one}-before-{two}": (one, two)
    for one, two in combinations(FAULTS, 2)
    if not {it.strip() for it in FAULTS[one][0]} & {it.strip() for it in FAULTS[two][0]}
}


@pytest.mark.parametrize(("one", "two"), PAIRS.values(), ids=PAIRS.keys())
def test_earlier_fault_is_told(one: str, two: str) -> None:
    """Of two faults of one request, the one that is checked first is told."""
    assert complaint(request_with(FAULTS[one][0], FAULTS[two][0])) == TEXTS[one]


SAME_PARAMETER = {
    "size-before-points": ("per_page=5001", "Invalid per_page value. Cannot exceed 5000."),
    "unreadable-before-foreign": (
        "project=9&project=%C3%BC",
        "Invalid project parameter. Values must be numbers.",
    ),
    "fields-in-order": ("field=x&field=y", 'Invalid field: "x"'),
    "groups-in-order": ("groupBy=x&groupBy=y", 'Invalid groupBy: "x"'),
    "key-before-wildcard": ("query=release:a* x:1", "Invalid search filter: x"),
    "rates-in-order": (
        "field=sum(session)&field=abnormal_rate(user)&field=crash_rate(user)&query=!session.status:x",
        "Cannot filter field abnormal_rate(user) by session.status",
    ),
    "users-of-two-statuses": (
        "field=count_unique(user)&query=!session.status:crashed",
        "Cannot filter count_unique by multiple session.status unless it is in groupBy",
    ),
}


@pytest.mark.parametrize(
    ("line", "text"),
    SAME_PARAMETER.values(),
    ids=SAME_PARAMETER.keys(),
)
def test_faults_of_one_parameter(line: str, text: str) -> None:
    """Within one parameter the checks have an order, too."""
    assert (
        complaint(request_of((*pairs_of(DAY), *pairs_of(line), ("field", "sum(session)")))) == text
    )


def test_syntax_is_judged_before_keys() -> None:
    """A query that cannot be read to its end is not judged by its keys."""
    text = complaint(request_of(pairs_of(f"{DAY}&field=sum(session)&query=x:1 (release:a")))

    assert text.startswith("Parse error at ")


IMPOSSIBLE = "query=session.status:bogus"
UNANSWERABLE = {
    "impossible-status": f"{IMPOSSIBLE}&field=sum(session)",
    "before-rates": f"{IMPOSSIBLE}&field=crash_rate(session)&groupBy=session.status",
    "before-orders": f"{IMPOSSIBLE}&field=sum(session)&orderBy=x&orderBy=y",
    "before-points": f"{IMPOSSIBLE}&field=sum(session)&per_page=5000",
    "contradiction": "query=session.status:crashed session.status:healthy&field=sum(session)",
    "durations-of-crashes": "query=session.status:crashed&field=p50(session.duration)&orderBy=x",
}


@pytest.mark.parametrize("line", UNANSWERABLE.values(), ids=UNANSWERABLE.keys())
def test_nothing_is_judged_where_nothing_can_be_answered(line: str) -> None:
    """An impossible status filter is no error: it ends the checks and answers no groups."""
    query = meant(f"{DAY}&{line}")

    assert query.empty


def test_no_projects_are_told_after_dates_and_before_fields() -> None:
    """A caller without projects learns so whatever else is asked."""
    nobody = plain_scope(frozenset())

    with pytest.raises(NoProjects):
        meant("field=x", scope=nobody)
    with pytest.raises(NoProjects):
        meant("project=-1&environment=nowhere", scope=nobody)
    with pytest.raises(Forbidden):
        meant("project=1", scope=nobody)


PROJECTS = {
    "none-is-all": ("", (1, 3)),
    "minus-one-is-all": ("project=-1&project=1", (1, 3)),
    "id": ("project=3", (3,)),
    "slug": ("project=web", (1,)),
    "number-in-any-spelling": ("project=%2B003", (3,)),
    "both-once": ("project=3&project=web&project=1&project=backend", (1, 3)),
}


@pytest.mark.parametrize(("line", "ids"), PROJECTS.values(), ids=PROJECTS.keys())
def test_projects_are_ids_and_slugs(line: str, ids: tuple[int, ...]) -> None:
    """Projects are named by id or slug, or are all that the caller may read."""
    assert meant(f"{DAY}&field=sum(session)&{line}", scope=SCOPE).project_ids == ids


@pytest.mark.parametrize("name", ["2", "mobile", "9", "hidden", "77", "nothing", "02", "-2", "1 "])
def test_foreign_and_unknown_projects_are_told_apart_by_nobody(name: str) -> None:
    """What is not the caller's is forbidden, whether it exists or not."""
    with pytest.raises(Forbidden):
        meant(f"{DAY}&field=sum(session)&project={name}", scope=SCOPE)


@pytest.mark.parametrize("name", ["", "\u0661", "a\x00b", "\ud800", "w\u00e9b"])
def test_project_that_is_no_name_at_all(name: str) -> None:
    """What can be neither id nor slug is told as such."""
    request = replace(request_with(), projects=("1", name))

    assert complaint(request) == "Invalid project parameter. Values must be numbers."


def test_environments_must_be_known() -> None:
    """A named environment that nobody has had is not found; the empty one always is."""
    found = meant(f"{DAY}&field=sum(session)&environment=prod&environment=&environment=prod")

    assert found.condition == Every(
        conditions=(Membership(key=Key.ENVIRONMENT, values=("prod", "")), Every())
    )
    with pytest.raises(NotFound):
        meant(f"{DAY}&field=sum(session)&environment=prod&environment=Prod")


def test_fields_keep_their_order_and_come_once() -> None:
    """Duplicates collapse; the order is that of the request."""
    query = meant(f"{DAY}&field=max(session.duration)&field=sum(session)&field=sum(session)")

    assert query.fields == ("max(session.duration)", "sum(session)")


def outcomes(line: str) -> tuple[Outcome, ...] | None:
    """Give the statuses that count."""
    return meant(f"{DAY}&field=sum(session)&{line}").outcomes


def test_statuses_come_in_answer_order() -> None:
    """Statuses count only where they are asked for, in the order of the answer."""
    assert outcomes("") is None
    assert outcomes("groupBy=session.status") == (
        Outcome.ABNORMAL,
        Outcome.CRASHED,
        Outcome.ERRORED,
        Outcome.HEALTHY,
        Outcome.UNHANDLED,
    )
    assert outcomes("query=session.status:[healthy,crashed]") == (
        Outcome.CRASHED,
        Outcome.HEALTHY,
    )


INCLUDED = {
    "absent": ("", (True, True)),
    "ones": ("includeTotals=1&includeSeries=1", (True, True)),
    "odd-values": ("includeTotals=false&includeSeries=", (True, True)),
    "no-totals": ("includeTotals=0", (False, True)),
    "no-series": ("includeSeries=0", (True, False)),
    "last-counts": ("includeSeries=0&includeSeries=1", (True, True)),
}


@pytest.mark.parametrize(("line", "expected"), INCLUDED.values(), ids=INCLUDED.keys())
def test_only_a_zero_leaves_out(line: str, expected: tuple[bool, bool]) -> None:
    """Totals and series are there unless the value is exactly `0`."""
    query = meant(f"{DAY}&field=sum(session)&{line}")

    assert (query.totals, query.series) == expected


def test_query_is_kept_as_it_was_typed() -> None:
    """The answer echoes the text, blanks and all."""
    assert meant(f"{DAY}&field=sum(session)&query=  release:a  ").text == "  release:a  "
