r"""What each column of an incoming row may hold, as SQL over the forms of `engine.columns`.

Owns how a value is read and what makes a row bad. Does not know where rows come from, nor how many.
The SQL is built from names of our own only; what a file holds is read through columns. A moment is
Unix microseconds throughout, so the connection's time zone has no say.

A template is SQL in which `@` stands for the column as it came; a form without a template cannot be
read as that column, and its values make the row bad.
"""

from collections.abc import Mapping
from typing import TypeAlias

from engine.columns import Form
from schema.session import COUNT_COLUMNS, REPORTED_COLUMNS

INCOMING = "incoming_rows"
"""The relation that holds the rows, its columns named as in INPUTS."""

POSITION = "position"
"""A column of ours beside the rows' own: the place of each row, from 0."""

RECEIVED = "received"
"""Another name for the column `timestamp`."""

INPUTS = (*(column.name for column in REPORTED_COLUMNS), RECEIVED)
"""Every column of an incoming row that has a meaning."""

_Templates: TypeAlias = Mapping[Form, str]

_FIRST_SECOND = -62_135_596_800
"""0001-01-01T00:00:00Z."""

_END_SECOND = 253_402_300_800
"""10000-01-01T00:00:00Z, the first second that is too late."""

_TIME = r"\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d+)?)?"
_UTC_TIME = rf"{_TIME}Z?)?"
_OFFSET_TIME = rf"{_TIME}[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"


def _scaled(per_second: int) -> str:
    first, last = _FIRST_SECOND * per_second, _END_SECOND * per_second - 1
    return f"CASE WHEN @ BETWEEN {first} AND {last} THEN @ * {1_000_000 // per_second} END"


_NUMBER_TEXT = "TRY_CAST(@ AS DOUBLE)"
_MOMENT_NUMBER = "TRY_CAST(round({} * 1e6) AS BIGINT)"

_MOMENT: _Templates = {
    Form.TEXT: f"""CASE
        WHEN regexp_full_match(@, '{_UTC_TIME}', 'i')
            THEN epoch_us(TRY_CAST(upper(@) AS TIMESTAMP))
        WHEN regexp_full_match(@, '{_OFFSET_TIME}', 'i')
            THEN epoch_us(TRY_CAST(upper(@) AS TIMESTAMPTZ))
        ELSE {_MOMENT_NUMBER.format(_NUMBER_TEXT)} END""",
    Form.INTEGER: _scaled(1),
    Form.NUMBER: _MOMENT_NUMBER.format("@"),
    Form.SECONDS: _scaled(1),
    Form.MILLISECONDS: _scaled(1_000),
    Form.MICROSECONDS: _scaled(1_000_000),
}

_WHOLE: _Templates = {
    Form.TEXT: f"CASE WHEN {_NUMBER_TEXT} = TRY_CAST(@ AS BIGINT) THEN TRY_CAST(@ AS BIGINT) END",
    Form.INTEGER: "@",
    Form.NUMBER: "CASE WHEN @ = trunc(@) THEN TRY_CAST(@ AS BIGINT) END",
}

_NUMBER: _Templates = {
    Form.TEXT: _NUMBER_TEXT,
    Form.INTEGER: "CAST(@ AS DOUBLE)",
    Form.NUMBER: "@",
}

_FLAG: _Templates = {
    Form.TEXT: "CASE lower(@) WHEN 'true' THEN true WHEN 'false' THEN false END",
    Form.INTEGER: "CASE @ WHEN 0 THEN false WHEN 1 THEN true END",
    Form.BOOLEAN: "@",
}

_WORD: _Templates = {
    Form.TEXT: "@",
    Form.NAME: "@",
    Form.INTEGER: "CAST(@ AS VARCHAR)",
    Form.NUMBER: "CAST(@ AS VARCHAR)",
    Form.BOOLEAN: "CAST(@ AS VARCHAR)",
    Form.UUID: "CAST(@ AS VARCHAR)",
}

_UUID_TEXT = """CASE
    WHEN strlen(@) IN (32, 34, 36, 38) THEN TRY_CAST(@ AS UUID)
    WHEN strlen(@) IN (41, 45) AND lower(@[:9]) = 'urn:uuid:' THEN TRY_CAST(@[10:] AS UUID) END"""

_IDENTIFIER: _Templates = {Form.TEXT: _UUID_TEXT, Form.UUID: "@"}

_MOMENTS = ("started", "timestamp", RECEIVED)

_TEMPLATES: Mapping[str, _Templates] = {
    "project_id": _WHOLE,
    "session_id": _IDENTIFIER,
    "distinct_id": _WORD,
    **dict.fromkeys(_MOMENTS, _MOMENT),
    "seq": _WHOLE,
    "init": _FLAG,
    "status": _WORD,
    "errors": _WHOLE,
    "duration": _NUMBER,
    "release": _WORD,
    "environment": _WORD,
    "abnormal_mechanism": _WORD,
    **dict.fromkeys(COUNT_COLUMNS, _WHOLE),
}

_SQL_TYPES = {column.name: column.sql_type for column in REPORTED_COLUMNS} | dict.fromkeys(
    _MOMENTS, "BIGINT"
)


def in_one_spelling(text: str) -> str:
    """Spell a text, unless it is a UUID: that in canonical spelling."""
    return f"coalesce(CAST({_UUID_TEXT.replace('@', text)} AS VARCHAR), {text})"


def quoted(name: str) -> str:
    """Give the SQL name of an input column, as it came."""
    return f'"{name}"'


def read(name: str) -> str:
    """Give the SQL name of an input column's value after reading; null if it could not be read."""
    return f'"read {name}"'


def readings(forms: Mapping[str, Form]) -> str:
    """Select POSITION, and every input column twice, from INCOMING: as it came, as it reads."""
    parts = (reading(name, forms.get(name, Form.ABSENT)) for name in INPUTS)
    return f"SELECT {POSITION}, {', '.join(parts)} FROM {INCOMING}"  # noqa: S608  (names of our own only)


def reading(name: str, form: Form) -> str:
    """Spell an input column twice: as it came, and as it reads."""
    as_it_came = "NULL" if form is Form.ABSENT else quoted(name)
    template = _TEMPLATES[name].get(form, f"CAST(NULL AS {_SQL_TYPES[name]})")
    return f"{as_it_came} AS {quoted(name)}, {template.replace('@', quoted(name))} AS {read(name)}"
