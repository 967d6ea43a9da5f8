"""Reports about rows: few words, and only such as can be shown."""

from engine.intake import BadRow, LoadRejected, shown


def test_rejection_says_how_many_and_shows_the_first() -> None:
    """One sentence is enough to know what to look for."""
    error = LoadRejected((BadRow(line=3, reason="seq is -1; it must be right"),), 2)

    assert error.message == (
        "2 rows are bad, and nothing was loaded. Line 3: seq is -1; it must be right."
    )


def test_value_in_a_reason_is_short_and_printable() -> None:
    """A reason can be shown anywhere, whatever stands in the file."""
    assert shown("\ud800\x7f") == '"\\ud800\\x7f"'
    assert shown("x" * 100) == f'"{"x" * 39}…'
    assert shown(10**5000) == "a value that cannot be written down"
