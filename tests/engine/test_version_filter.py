"""What a value of `release.version` asks for."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SearchError
from engine.version_filter import INVALID_VERSION, VersionFilter, parse_version_filter

CASES = json.loads(
    (Path(__file__).parent / "cases" / "version_filter.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[f"{c['operator']}{c['value']}" for c in CASES])
def test_a_value_is_read_as_the_reference_reads_it(case: dict[str, object]) -> None:
    """Whole versions keep their operator; prefixes are compared for equality."""
    value, operator = str(case["value"]), str(case["operator"])
    if "error" in case:
        with pytest.raises(SearchError) as caught:
            parse_version_filter(value, operator)
        assert caught.value.message == case["error"]
        return

    found = parse_version_filter(value, operator)

    assert (found.operator, list(found.parts), found.package) == (
        case["read_as"],
        case["parts"],
        case["package"],
    )


@pytest.mark.parametrize(
    ("value", "package", "parts"),
    [
        ("*", None, ()),
        ("X", None, ()),
        ("1.X", None, (1,)),
        ("1.*.3", None, (1,)),
        ("1.2.3.*", None, (1, 2, 3)),
        ("foo@", "foo", ()),
        ("foo@*", "foo", ()),
        ("@foo@1.*", "@foo", (1,)),
        ("@1.2", None, (1, 2)),
        ("@", None, ()),
        ("-5", None, (-5,)),
        ("123456789012", None, (123456789012,)),
        ("1.2rc1", None, (1, 2, 0, 0, 0, "rc1")),
        ("1.2.3+45", None, (1, 2, 3, 0, 1, "")),
        ("@foo@1.2", "@foo", (1, 2, 0, 0, 1, "")),
        ("any@1.2", "any", (1, 2, 0, 0, 1, "")),
        (" 1.2 ", None, (1, 2, 0, 0, 1, "")),
    ],
)
def test_forms_of_a_value(
    value: str, package: str | None, parts: tuple[int, ...] | tuple[int | str, ...]
) -> None:
    """Wildcards, a package alone, and whole versions."""
    found = parse_version_filter(value, "=")

    assert (found.package, found.operator, found.parts) == (package, "=", parts)


@pytest.mark.parametrize("operator", [">", ">=", "<", "<="])
def test_a_prefix_ignores_an_ordering(operator: str) -> None:
    """`>1.*` means `1.*`."""
    assert parse_version_filter("1.*", operator) == VersionFilter(
        package=None, operator="=", parts=(1,)
    )


@pytest.mark.parametrize(
    "value",
    [
        "1.x",
        "1.hello",
        "1.2.hi",
        "v1.2.3",
        "latest",
        "foo@latest",
        "foo@>1.2",
        "foo@@1",
        "@@1.0",
        "1.2.3.4.5",
        "1.2.3.4.*",
        "1.2-*",
        "1*",
        "1_0",
        "1a1",
        "\u0661.2",
        ".",
        "a/b",
        "a/b@1.2",
        "a\\b@1.2",
        "1.\\*",
        "foo@1.2\n.3",
        "1" * 201,
        "1" * 5000,
        "\ud800",
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_what_is_no_version_is_refused(value: str) -> None:
    """Also where the reference service fails inside: slashes, backslashes, endless names."""
    with pytest.raises(SearchError) as caught:
        parse_version_filter(value, "=")

    assert caught.value.message == INVALID_VERSION
    assert "1.2.3-rc1" in caught.value.hint


@given(st.text(alphabet="fo@01.-+a*Xrc /\\", max_size=16) | st.text())
def test_any_text_is_a_filter_or_a_search_error(value: str) -> None:
    """Nothing but a SearchError leaves the reader."""
    with suppress(SearchError):
        assert len(parse_version_filter(value, ">=").parts) in {0, 1, 2, 3, 4, 6}
