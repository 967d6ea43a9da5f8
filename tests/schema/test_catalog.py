"""The public vocabulary: complete, without doubles, and in the order of answers."""

from schema.catalog import (
    FIELD_BY_NAME,
    FIELDS,
    GROUP_KEYS,
    SEARCH_KEYS,
    STATUS_KEY,
    Key,
    Kind,
    Measure,
    Subject,
)

NAMES = (
    "sum(session)",
    "count_unique(user)",
    "avg(session.duration)",
    "p50(session.duration)",
    "p75(session.duration)",
    "p90(session.duration)",
    "p95(session.duration)",
    "p99(session.duration)",
    "max(session.duration)",
    "crash_rate(session)",
    "crash_rate(user)",
    "crash_free_rate(session)",
    "crash_free_rate(user)",
    "abnormal_rate(session)",
    "abnormal_rate(user)",
    "unhandled_rate(session)",
    "unhandled_rate(user)",
    "errored_rate(session)",
    "errored_rate(user)",
    "unhealthy_rate(session)",
    "anr_rate()",
    "foreground_anr_rate()",
)


def test_there_are_22_fields() -> None:
    """The fields are the published ones, each once."""
    assert tuple(field.name for field in FIELDS) == NAMES
    assert len(set(NAMES)) == 22


def test_fields_are_found_by_name() -> None:
    """Every field is found, and nothing else."""
    assert tuple(FIELD_BY_NAME) == NAMES
    assert all(FIELD_BY_NAME[field.name] is field for field in FIELDS)


def test_kinds_and_units_go_together() -> None:
    """Counts, durations and rates each have their unit."""
    units = {(field.kind, field.unit) for field in FIELDS}

    assert units == {
        (Kind.COUNT, "sessions"),
        (Kind.COUNT, "users"),
        (Kind.DURATION, "milliseconds"),
        (Kind.RATE, "fraction 0 to 1"),
    }


def test_subjects_follow_from_names() -> None:
    """A field is about what its name says; the two without an argument are about users."""
    for field in FIELDS:
        argument = field.name.partition("(")[2].rstrip(")")
        expected = {"session": Subject.SESSION, "session.duration": Subject.DURATION}
        assert field.subject is expected.get(argument, Subject.USER)


def test_every_field_is_described_in_a_sentence() -> None:
    """The reference has a sentence about each field and each search key."""
    for text in [it.description for it in FIELDS] + [it.description for it in SEARCH_KEYS]:
        assert text[0].isupper() or text[0] == "`"
        assert text.endswith(".")


def test_group_keys_are_in_answer_order() -> None:
    """Groups show project, release, environment and status, in this order."""
    assert GROUP_KEYS == ("project", "release", "environment", "session.status")
    assert tuple(Key) == (Key.PROJECT, Key.RELEASE, Key.ENVIRONMENT)
    assert STATUS_KEY not in tuple(Key)


def test_search_keys_are_the_published_ones() -> None:
    """A query may filter on these nine keys."""
    assert [key.name for key in SEARCH_KEYS] == [
        "project",
        "project_id",
        "environment",
        "release",
        "release.version",
        "release.package",
        "release.build",
        "release.stage",
        "session.status",
    ]


def test_measures_name_columns() -> None:
    """A measure's word can be a column: it is its own name in small letters."""
    assert all(measure.value == measure.name.lower() for measure in Measure)
