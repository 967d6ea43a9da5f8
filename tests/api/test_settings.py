"""Settings come from the environment and a file; wrong ones are refused by name and reason."""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from api.ingest.bodies import BodyLimits
from api.ingest.reception import ReceptionLimits
from api.settings import Settings, SettingsError, read_settings
from engine.engine import Engine
from engine.limits import INTERVAL_WORDS, Limits


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(given: dict[str, object] | None = None) -> list[str]:
    """Read settings that are refused; give the lines that say why."""
    with pytest.raises(SettingsError) as refused:
        read_settings(given)
    return str(refused.value).splitlines()


def test_defaults_are_the_published_limits() -> None:
    """Without any setting the engine has its own limits."""
    settings = read_settings()

    assert settings.limits() == Limits()
    assert (settings.host, settings.port, settings.now) == ("127.0.0.1", 8000, None)


def test_every_setting_is_described() -> None:
    """Each says what it is for and what a right value looks like."""
    silent = [
        name
        for name, field in Settings.model_fields.items()
        if not field.title or not field.description
    ]

    assert silent == []


def test_smallest_intervals_are_those_of_the_engine() -> None:
    """The words are the same as in the engine's error texts."""
    words = get_args(Settings.model_fields["smallest_interval"].annotation)

    assert set(words) == set(INTERVAL_WORDS.values())
    assert {
        Settings(smallest_interval=word).limits().smallest_interval_seconds for word in words
    } == set(INTERVAL_WORDS)


def test_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is given in code wins over both."""
    (folder / "release-health.toml").write_text('port = 1\nhost = "file"\nthreads = 3\n')
    monkeypatch.setenv("RELEASE_HEALTH_PORT", "2")
    monkeypatch.setenv("RELEASE_HEALTH_THREADS", "")
    monkeypatch.setenv("RELEASE_HEALTH_HOST", "environment")

    settings = read_settings({"host": "code"})

    assert (settings.port, settings.host, settings.threads) == (2, "code", 3)


def test_file_can_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The named file is read instead of the one in the folder."""
    (folder / "release-health.toml").write_text("port = 1\n")
    (folder / "other.toml").write_text('smallest_interval = "ten seconds"\n')
    monkeypatch.setenv("RELEASE_HEALTH_CONFIG", str(folder / "other.toml"))

    settings = read_settings()

    assert (settings.port, settings.limits().smallest_interval_seconds) == (8000, 10)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-01-14T12:27:28.303Z", datetime(2021, 1, 14, 12, 27, 28, 303_000, tzinfo=UTC)),
        ("2021-01-14T12:00:00", datetime(2021, 1, 14, 12, tzinfo=UTC)),
        ("2021-01-14T12:00:00+02:00", datetime(2021, 1, 14, 10, tzinfo=UTC)),
    ],
    ids=["UTC", "naive", "offset"],
)
def test_clock_can_be_stopped(text: str, moment: datetime) -> None:
    """A moment without an offset is UTC."""
    assert read_settings({"now": text}).now == moment


def test_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names the variable and those that are near."""
    monkeypatch.setenv("RELEASE_HEALTH_PROT", "1")

    (line,) = refusal()

    assert line.startswith("RELEASE_HEALTH_PROT: there is no such setting; did you mean ")
    assert "RELEASE_HEALTH_PORT" in line


def test_misspelt_name_in_the_file_is_refused(folder: Path) -> None:
    """The refusal names the key and those that are near, or all."""
    (folder / "release-health.toml").write_text(
        'smallest_intervall = "one hour"\n[server]\na = 1\n'
    )

    near, other = sorted(refusal(), reverse=True)

    assert near == (
        "release-health.toml: smallest_intervall: there is no such setting;"
        " did you mean smallest_interval?"
    )
    assert other.startswith(
        "release-health.toml: server: there is no such setting; known are body_seconds, concurrent_"
    )


WRONG = {
    "port": ("99999", "a whole number from 0 to 65535"),
    "smallest_interval": ("two hours", '"one hour", "one minute" or "ten seconds"'),
    "now": ("yesterday", "a moment such as 2026-03-10T14:25:40Z"),
    "query_timeout_seconds": ("nan", "a number of seconds above 0, at most 3600"),
    "queue_seconds": ("-1", "a number of seconds from 0 to 600"),
    "concurrent_queries": ("0", "a whole number from 1 to 256"),
    "memory_limit": ("lots", 'an amount from 64MB on such as "4GB", or 1% to 100% of the machine'),
    "threads": ("1.5", "a whole number from 1 to 1024"),
    "log_level": ("loud", '"debug", "info", "warning" or "error"'),
    "public_url": ("https://a>\r\nX", "an address that begins with http:// or https://"),
}


@pytest.mark.parametrize(("name", "value", "right"), [(n, *v) for n, v in WRONG.items()], ids=WRONG)
def test_wrong_value_is_refused(
    name: str, value: str, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal says the name, the value and what would be right, in one line."""
    monkeypatch.setenv(f"RELEASE_HEALTH_{name.upper()}", value)

    assert refusal() == [
        f"RELEASE_HEALTH_{name.upper()}: {value!r} is not right; it has to be {right}"
    ]


def test_place_of_a_wrong_value_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option that was given wins over the variable, and that over the line of the file."""
    (folder / "release-health.toml").write_text("port = 99999\n")
    (in_file,) = refusal()
    monkeypatch.setenv("RELEASE_HEALTH_PORT", "88888")
    (in_variable,) = refusal()
    (in_option,) = refusal({"port": 77777})

    right = "is not right; it has to be a whole number from 0 to 65535"
    assert in_file == f"release-health.toml: port: 99999 {right}"
    assert in_variable == f"RELEASE_HEALTH_PORT: '88888' {right}"
    assert in_option == f"--port: 77777 {right}"


@pytest.mark.parametrize("value", ["0GB", "0%", "101%", "10MB", "0.5MiB", "99TB%"])
def test_memory_that_is_no_use_is_refused(value: str) -> None:
    """Too little to open a database, or more than there is."""
    (line,) = refusal({"memory_limit": value})

    assert "it has to be an amount from 64MB on" in line


@pytest.mark.parametrize("value", ["80%", "100 %", "64MB", "1.5GiB", "4 GB"])
def test_memory_is_read_by_the_store(value: str) -> None:
    """What the settings let pass, a database opens with."""
    Engine.open(memory_limit=read_settings({"memory_limit": value}).memory_limit).close()


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to start the service once per mistake."""
    monkeypatch.setenv("RELEASE_HEALTH_NOPE", "1")

    assert len(refusal({"port": "x", "threads": "y", "color": "red"})) == 4


def test_long_values_are_cut() -> None:
    """A line stays a line."""
    (line,) = refusal({"port": "9" * 5000})

    assert len(line) < 200


@pytest.mark.parametrize("content", [b"port = ", b"\xff", b"port = 1\nport = 2"], ids=repr)
def test_unreadable_file_is_refused(content: bytes, folder: Path) -> None:
    """The refusal names the file."""
    (folder / "release-health.toml").write_bytes(content)

    (line,) = refusal()

    assert line.startswith("release-health.toml: cannot be read as TOML: ")


def test_missing_named_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is asked for has to be there."""
    monkeypatch.setenv("RELEASE_HEALTH_CONFIG", "nowhere.toml")

    assert refusal() == ["RELEASE_HEALTH_CONFIG: there is no file nowhere.toml"]


def test_limits_of_the_door() -> None:
    """Each setting of the door reaches the limit that it is named after."""
    limits = Settings(
        queued_rows=1,
        retry_seconds=2,
        envelope_bytes=3000,
        envelope_items=4,
        item_bytes=5000,
        body_seconds=6,
        large_bodies=7,
        large_body_seconds=8,
    ).reception_limits()

    assert limits == ReceptionLimits(
        bodies=BodyLimits(
            envelope_bytes=3000, read_seconds=6, large=7, turn_seconds=8, retry_seconds=2
        ),
        items=4,
        item_bytes=5000,
        queued_rows=1,
        retry_seconds=2,
    )
    assert Settings().reception_limits() == ReceptionLimits()
