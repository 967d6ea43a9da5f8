"""The settings of the service: their names, defaults and meaning, and how wrong ones are refused.

Owns where they come from: `RELEASE_HEALTH_*` in the environment, then a TOML file. Does not know
who uses them.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from api.amounts import is_useful
from api.door_settings import DoorSettings
from engine.aging import RETENTION_DAYS
from engine.limits import INTERVAL_WORDS, Limits

PREFIX = "RELEASE_HEALTH_"
FILE_NAME = "release-health.toml"
FILE_VARIABLE = f"{PREFIX}CONFIG"

_SHOWN_CHARACTERS = 60
_ADDRESS = r"^https?://[A-Za-z0-9._~\-\[\]:]+(/[A-Za-z0-9._~/\-]*)?$"


class SettingsError(Exception):
    """Settings that the service cannot start with; the message has one line for each problem."""


class Settings(DoorSettings, BaseSettings):
    """Everything that can be chosen about a running service.

    Each field's `title` says what a right value looks like.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    database: Annotated[
        Path,
        Field(title="the path of a file", description="The file that holds all sessions."),
    ] = Path("data/release-health.duckdb")
    host: Annotated[
        str,
        Field(
            title="a host name or address",
            description="The address the service listens on.",
            min_length=1,
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Field(
            title="a whole number from 0 to 65535",
            description="The port the service listens on; 0 takes any free one.",
            ge=0,
            le=65535,
        ),
    ] = 8000
    public_url: Annotated[
        str | None,
        Field(
            title="an address that begins with http:// or https://",
            description="The address callers use, for `Link` headers, when behind a proxy;"
            " absent: the one of the request.",
            pattern=_ADDRESS,
        ),
    ] = None
    smallest_interval: Annotated[
        Literal["one hour", "one minute", "ten seconds"],
        Field(
            title='"one hour", "one minute" or "ten seconds"',
            description="The smallest `interval` that may be asked for, and what all others are"
            " multiples of.",
        ),
    ] = "one hour"
    now: Annotated[
        datetime | None,
        Field(
            title="a moment such as 2026-03-10T14:25:40Z",
            description="Stops the clock at this moment, for demonstrations and conformance runs;"
            " without an offset it is UTC.",
        ),
    ] = None
    query_timeout_seconds: Annotated[
        float,
        Field(
            title="a number of seconds above 0, at most 3600",
            description="How long one query may run before it is answered with 504.",
            gt=0,
            le=3600,
        ),
    ] = 30.0
    concurrent_queries: Annotated[
        int,
        Field(
            title="a whole number from 1 to 256",
            description="How many queries run at the same time; four times as many may wait.",
            ge=1,
            le=256,
        ),
    ] = 8
    queue_seconds: Annotated[
        float,
        Field(
            title="a number of seconds from 0 to 600",
            description="How long a query waits for its turn before it is answered with 503.",
            ge=0,
            le=600,
        ),
    ] = 10.0
    query_characters: Annotated[
        int,
        Field(
            title="a whole number from 1 to 10000000",
            description="The longest text of `query`, in characters.",
            ge=1,
            le=10_000_000,
        ),
    ] = 65_536
    query_nesting: Annotated[
        int,
        Field(
            title="a whole number from 1 to 200",
            description="How deep the parentheses of `query` may be nested.",
            ge=1,
            le=200,
        ),
    ] = 100
    retention_days: Annotated[
        int,
        Field(
            title="a whole number from 0 to 36500",
            description="How many days sessions are kept, for organizations that say nothing else;"
            " 0 keeps them for ever.",
            ge=0,
            le=36_500,
        ),
    ] = RETENTION_DAYS
    memory_limit: Annotated[
        str | None,
        Field(
            title='an amount from 64MB on such as "4GB", or 1% to 100% of the machine',
            description="The most memory that queries may take together; absent: most of the"
            " machine's.",
        ),
    ] = None
    threads: Annotated[
        int | None,
        Field(
            title="a whole number from 1 to 1024",
            description="How many threads compute answers; absent: one for each processor.",
            ge=1,
            le=1024,
        ),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(
            title='"debug", "info", "warning" or "error"',
            description="The least severe lines that are logged; requests are `info`.",
        ),
    ] = "info"

    @field_validator("now")
    @classmethod
    def _aware(cls, moment: datetime | None) -> datetime | None:
        if moment is None or moment.tzinfo is not None:
            return moment
        return moment.replace(tzinfo=UTC)

    @field_validator("memory_limit")
    @classmethod
    def _useful(cls, text: str | None) -> str | None:
        if text is None or is_useful(text):
            return text
        raise ValueError(text)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (pydantic passes it by name)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (pydantic passes it by name)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Say where values come from: what is given in code, the environment, then the file."""
        return init_settings, env_settings, _file_source(settings_cls)

    def limits(self) -> Limits:
        """Give the settings that the engine works by."""
        seconds = {words: seconds for seconds, words in INTERVAL_WORDS.items()}
        return Limits(
            smallest_interval_seconds=seconds[self.smallest_interval],
            query_characters=self.query_characters,
            query_nesting=self.query_nesting,
            timeout_seconds=self.query_timeout_seconds,
        )


def settings_file() -> Path | None:
    """Find the settings file: the one named in the environment, else the one in this folder.

    Raises:
        SettingsError: the one named in the environment does not exist.

    """
    named = os.environ.get(FILE_VARIABLE)
    if named:
        if not Path(named).is_file():
            message = f"{FILE_VARIABLE}: there is no file {named}"
            raise SettingsError(message)
        return Path(named)
    usual = Path(FILE_NAME)
    return usual if usual.is_file() else None


def _file_source(settings_class: type[BaseSettings]) -> PydanticBaseSettingsSource:
    path = settings_file()
    try:
        return TomlConfigSettingsSource(settings_class, toml_file=path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        message = f"{path}: cannot be read as TOML: {error}"
        raise SettingsError(message) from None


def read_settings(given: Mapping[str, object] | None = None) -> Settings:
    """Read all settings; those `given`, under the names of `Settings`, win over the others.

    Raises:
        SettingsError: a name is unknown, a value is wrong, or the file cannot be read.

    """
    unknown = list(_unknown_variables(os.environ))
    try:
        settings = Settings.model_validate(dict(given or {}))
    except ValidationError as error:
        problems = [_problem(detail, given or {}) for detail in error.errors(include_url=False)]
        raise SettingsError("\n".join([*unknown, *problems])) from None
    if unknown:
        raise SettingsError("\n".join(unknown))
    return settings


def _unknown_variables(names: Iterable[str]) -> Iterable[str]:
    for name in sorted(names):
        setting = name.upper().removeprefix(PREFIX).lower()
        if name.upper().startswith(PREFIX) and not (
            setting in Settings.model_fields or name == FILE_VARIABLE
        ):
            yield _unknown(name, [f"{PREFIX}{known.upper()}" for known in Settings.model_fields])


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.rpartition(": ")[2], known)
    advice = (
        f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(sorted(known))}"
    )
    return f"{name}: there is no such setting; {advice}"


def _problem(detail: ErrorDetails, given: Mapping[str, object]) -> str:
    """Say in one line what is wrong with one value, and what would be right."""
    name = str(detail["loc"][0])
    setting = Settings.model_fields.get(name)
    place = _place(name, given)
    if setting is None:
        return _unknown(place, list(Settings.model_fields))
    shown = repr(detail["input"])
    if len(shown) > _SHOWN_CHARACTERS:
        shown = f"{shown[:_SHOWN_CHARACTERS]}..."
    return f"{place}: {shown} is not right; it has to be {setting.title}"


def _place(name: str, given: Mapping[str, object]) -> str:
    """Say where a value stands: in an option of the command, a variable, or a line of the file."""
    if name in given:
        return f"--{name.replace('_', '-')}"
    variable = f"{PREFIX}{name.upper()}"
    return variable if os.environ.get(variable) else f"{settings_file()}: {name}"
