"""Tests of precedence and of where operators may stand."""

import pytest

from engine.errors import SearchError
from engine.search.structure import arrange
from engine.search.tree import Aggregate, And, Filter, FreeText, Logic, Value
from tests.engine.search.samples import Json, cases, read

CASES = cases("structure")
PARSE_ERRORS = {name for name, case in CASES.items() if str(case.get("error")).startswith("Parse")}


def admit(term: Filter | FreeText | Aggregate) -> Filter:
    """Take every term; free text is a filter on `message`."""
    if isinstance(term, FreeText):
        return Filter(key="message", operator="=", values=(Value(text=term.text),))
    assert isinstance(term, Filter)
    return term


def shown(logic: Logic) -> Json:
    """Write a tree the way the collected queries do."""
    if isinstance(logic, Filter):
        texts: list[Json] = [value.text for value in logic.values]
        return [logic.operator, texts if len(texts) > 1 else texts[0]]
    return {"and" if isinstance(logic, And) else "or": [shown(part) for part in logic.parts]}


def arranged(text: Json) -> Logic:
    """Read and arrange a query that says something."""
    tree = read(text)
    assert tree is not None
    return arrange(tree, admit)


@pytest.mark.parametrize("name", CASES)
def test_precedence_is_the_references(name: str) -> None:
    """Each collected query is joined as in the reference, or ends in its error."""
    case = CASES[name]

    if "error" in case:
        with pytest.raises(SearchError) as caught:
            arranged(case["query"])
        assert caught.value.message == case["error"]
    else:
        assert shown(arranged(case["query"])) == case["logic"]


@pytest.mark.parametrize(
    ("text", "message", "span"),
    [
        ("OR", "Condition is missing on the left side of 'OR' operator", (0, 2)),
        ("and", "Condition is missing on the left side of 'AND' operator", (0, 3)),
        ("a:b (or)", "Condition is missing on the left side of 'OR' operator", (5, 7)),
        ("a:b AND", "Condition is missing on the right side of 'AND' operator", (4, 7)),
        ('a:b OR ("")', "Condition is missing on the right side of 'OR' operator", (4, 6)),
        ('"" OR a:b', "Condition is missing on the left side of 'OR' operator", (3, 5)),
        (
            "a:b AND or c:d",
            "Missing condition in between two condition operators: 'AND OR'",
            (4, 10),
        ),
        ("OR AND", "Condition is missing on the left side of 'OR' operator", (0, 2)),
    ],
)
def test_operators_need_neighbours(text: str, message: str, span: tuple[int, int]) -> None:
    """An operator without a condition on both sides is an error, also when it is all there is."""
    with pytest.raises(SearchError) as caught:
        arranged(text)

    assert caught.value.message == message
    assert caught.value.span == span


def test_ands_are_flat() -> None:
    """Groups that only join with AND leave no level of their own."""
    assert shown(arranged("a:1 (b:2 AND (c:3 d:4)) e:5")) == {
        "and": [["=", "1"], ["=", "2"], ["=", "3"], ["=", "4"], ["=", "5"]]
    }
