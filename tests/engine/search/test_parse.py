"""Tests of reading: the collected queries, the grammar, limits and any text at all."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from engine.errors import SearchError
from engine.search.keys import KeyType, key_type, number_of
from engine.search.parse import parse
from engine.search.tree import Aggregate, Filter, FreeText, Group, Operator, Term
from tests.engine.search.samples import QUERIES, Json, cases, message_of, read

CASES = cases("parse")
REFUSED_BY_NAME = "decision 12: an aggregate is refused by its name, whatever its value"

MENDED: dict[str, tuple[str, Json]] = {
    "own-parse-002": (
        "decision 12, quirk 1: `!=` negates",
        [{"key": "release", "op": "!=", "value": "5d"}],
    ),
    "own-parse-004": (
        "decision 12, quirk 2: `!=` negates",
        [{"key": "release", "op": "!=", "value": "2020-01-01"}],
    ),
    "own-parse-047": ("newer rule: a group of empty quotes says nothing", []),
    "own-parse-082": (REFUSED_BY_NAME, [{"aggregate": "p95(session.duration)"}]),
    "ut-invalid_numeric_aggregate_1": (REFUSED_BY_NAME, [{"aggregate": "min(measurements.size)"}]),
    "fx-invalid_aggregate_column_with_duration_filter-0": (
        REFUSED_BY_NAME,
        [{"aggregate": "avg(stack.colno)"}],
    ),
}
"""What the reference answers otherwise: case, reason, our terms."""


def shown(group: Group | None, expected: Json) -> Json:
    """Write terms the way the collected queries do, in as much detail as they give."""
    terms = () if group is None else group.terms
    wanted = expected if isinstance(expected, list) and len(expected) == len(terms) else []
    padded = [*wanted, *([None] * (len(terms) - len(wanted)))]
    return [shown_term(term, want) for term, want in zip(terms, padded, strict=True)]


def shown_term(term: Term, want: Json) -> Json:
    """Write one term."""
    want = want if isinstance(want, dict) else {}
    match term:
        case Operator():
            return term.word
        case Group():
            return {"group": shown(term, want.get("group"))}
        case Aggregate():
            return {"aggregate": term.key}
        case FreeText():
            term = as_message(term)
    return shown_filter(term, want)


def as_message(term: FreeText) -> Filter:
    """Read free text as the reference does, as a filter on `message`."""
    tree = read('message:"x"')
    assert tree is not None
    template = tree.terms[0]
    assert isinstance(template, Filter)
    value = type(template.values[0])(text=term.text)
    return Filter(key="message", operator="=", values=(value,))


def shown_filter(term: Filter, want: dict[str, Json]) -> Json:
    """Write one filter."""
    written: dict[str, Json] = {"key": term.key, "op": term.operator}
    texts: list[Json] = [value.text for value in term.values]
    if "typed" in want:
        kind = key_type(term.key)
        assert kind is not KeyType.TEXT
        return (
            {**written, "typed": want["typed"]}
            if "op" in want
            else {"key": term.key, "typed": want["typed"]}
        )
    if "number" in want:
        return {**written, "number": float(number_of(term.values[0].text))}
    if "numbers" in want:
        return {**written, "numbers": [float(number_of(value.text)) for value in term.values]}
    written["value"] = texts if term.operator in {"IN", "NOT IN"} else texts[0]
    if "pattern" in want:
        written["pattern"] = term.values[0].expression if term.values[0].is_pattern else None
    if "literal" in want:
        written["literal"] = None if term.values[0].is_pattern else term.values[0].literal
    return written


@pytest.mark.parametrize("name", [name for name in CASES if name not in MENDED])
def test_reads_like_the_reference(name: str) -> None:
    """Each collected query gives the reference's terms or its error, to the letter."""
    case = CASES[name]

    if "error" in case:
        assert message_of(case["query"]) == case["error"]
    else:
        assert shown(read(case["query"]), case["terms"]) == case["terms"]


@pytest.mark.parametrize("name", MENDED)
def test_reads_better_than_the_reference(name: str) -> None:
    """Where the reference is mended, the mended terms come out."""
    _, terms = MENDED[name]

    assert shown(read(CASES[name]["query"]), terms) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("release:!=5", [{"key": "release", "op": "!=", "value": "5"}]),
        ("!release:!=5", [{"key": "release", "op": "=", "value": "5"}]),
        ("!release:!=2020-01-01", [{"key": "release", "op": "=", "value": "2020-01-01"}]),
        (
            "release:5,a",
            [
                {"key": "release", "op": "=", "value": "5"},
                {"key": "message", "op": "=", "value": ",a"},
            ],
        ),
        (
            "release:[1]\tx]",
            [
                {"key": "release", "op": "IN", "value": ["1"]},
                {"key": "message", "op": "=", "value": "\tx]"},
            ],
        ),
        ("release:[a]\tx]", [{"key": "release", "op": "IN", "value": ["a]\tx"]}]),
        ("!(a)", [{"key": "message", "op": "=", "value": "!(a)"}]),
        (
            'x ("a" b)',
            [
                {"key": "message", "op": "=", "value": "x"},
                {
                    "group": [
                        {"key": "message", "op": "=", "value": "a"},
                        {"key": "message", "op": "=", "value": "b"},
                    ]
                },
            ],
        ),
        ("x (a (b) ()) y", [{"key": "message", "op": "=", "value": "x (a (b) ()) y"}]),
        (
            "x (a (b:c))",
            [
                {"key": "message", "op": "=", "value": "x"},
                {
                    "group": [
                        {"key": "message", "op": "=", "value": "a"},
                        {"group": [{"key": "b", "op": "=", "value": "c"}]},
                    ]
                },
            ],
        ),
        ("OR(a)", [{"key": "message", "op": "=", "value": "OR(a)"}]),
        ("()()", [{"key": "message", "op": "=", "value": "()()"}]),
        ("count():>5%x", [{"aggregate": "count()"}, {"key": "message", "op": "=", "value": "x"}]),
        ('a:""b:""', [{"key": "a", "op": "=", "value": ""}, {"key": "b", "op": "=", "value": ""}]),
        ('"" ("" ("")) ""', []),
        ('tags["a:b"]:x', [{"key": "tags[a:b]", "op": "=", "value": "x"}]),
        ("!release.version:<=1.2", [{"key": "release.version", "op": ">", "value": "1.2"}]),
        ("release.version:>5d", [{"key": "release.version", "op": "=", "value": ">5d"}]),
        ("has:project_id", [{"key": "project_id", "op": "!=", "value": ""}]),
    ],
)
def test_reads_by_the_grammar(text: str, terms: Json) -> None:
    """Where the order of the grammar's alternatives decides, the right one is taken."""
    assert shown(read(text), terms) == terms


@pytest.mark.parametrize(
    ("word", "typed", "pattern"),
    [
        ("Contains", "a*b", r"*a\*b*"),
        ("StartsWith", "a", "a*"),
        ("EndsWith", r"a\b", r"*a\\b"),
        ("Contains", r"a\*b", r"*a\*b*"),
        ("Contains", r"a\\b", r"*a\\b*"),
        ("StartsWith", '""', ""),
        ("StartsWith", '"a b"', "a b*"),
        ("Contains", ">5", "*>5*"),
    ],
)
def test_wildcard_operators_become_patterns(word: str, typed: str, pattern: str) -> None:
    """The search bar's Contains, StartsWith and EndsWith are patterns, also in lists."""
    one = read(f"k:\uf00d{word}\uf00d{typed}")
    several = read(f"k:\uf00d{word}\uf00d[{typed},{typed}]")

    assert shown(one, None) == [{"key": "k", "op": "=", "value": pattern}]
    assert shown(several, None) == [{"key": "k", "op": "IN", "value": [pattern, pattern]}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('release: a:b" (c', "Parse error at '"),
        ("a:b release: is:x", "Empty string after 'release:'"),
        ("(is:x a:) release:", '"is:" queries'),
    ],
)
def test_first_error_wins(text: str, message: str) -> None:
    """What cannot be read comes before wrong values, and of these the first is told."""
    assert message_of(text).startswith(message)


def test_an_empty_query_says_nothing() -> None:
    """No terms give no tree."""
    assert read("") is None
    assert read("   ") is None


def test_a_long_query_is_refused() -> None:
    """The limit on length says what it is and what came."""
    with pytest.raises(SearchError, match="The query has 1000000 characters; the limit is 65536"):
        parse("release:a " * 100_000)
    assert parse("a" * 10, characters=10) is not None


def test_deep_nesting_is_refused() -> None:
    """The limit on nesting says what it is and what came; free text does not count."""
    deep = "(" * 5000 + "release:a" + ")" * 5000

    with pytest.raises(
        SearchError, match="The query nests 5000 groups in one another; the limit is 100"
    ):
        parse(deep)
    assert parse("((a:b) (c:d))", nesting=2) is not None
    assert parse("x " + "(" * 5000 + "y" + ")" * 5000, nesting=2) is not None
    with pytest.raises(SearchError, match="the limit is 1"):
        parse("((a:b))", nesting=1)


@pytest.mark.parametrize("text", ["(" * 5000, ")" * 5000, "(" * 5000 + "a:b", "a:b " + "(" * 5000])
def test_unclosed_parentheses_are_a_parse_error(text: str) -> None:
    """Thousands of unmatched parentheses are told as such."""
    assert message_of(text).startswith("Parse error at ")


def test_many_alternatives_are_fine() -> None:
    """A query may have thousands of ORs."""
    tree = read(" OR ".join(f"release:{number}" for number in range(2000)))

    assert tree is not None
    assert len(tree.terms) == 3999


NOT_A_PLACE = (-1, -1)


def spans(terms: tuple[Term, ...]) -> Iterator[tuple[int, int]]:
    """List the places of all terms and values."""
    for term in terms:
        yield term.span
        if isinstance(term, Group):
            yield from spans(term.terms)
        if isinstance(term, Filter):
            yield from (value.span for value in term.values)


@settings(max_examples=300, deadline=None)
@given(QUERIES)
def test_any_text_is_a_tree_or_a_search_error(text: str) -> None:
    """Whatever is typed, reading ends in terms or in a search error with a place in the text."""
    try:
        tree = parse(text)
    except SearchError as error:
        places = [error.span or NOT_A_PLACE]
    else:
        places = [] if tree is None else list(spans(tree.terms))

    assert all(0 <= start <= end <= len(text) for start, end in places)
