"""The service as a process: it greets, answers, owns its file, and stops when it is told."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from api.cli.demo import token_file
from tests.api.cli.conftest import Run

ROOT = Path(__file__).parents[3]
START_SECONDS = 60


def command(*words: object) -> list[str]:
    """Spell the command as a process."""
    return [sys.executable, "-m", "api", *map(str, words)]


def environment() -> dict[str, str]:
    """Find our packages from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def finished(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        command(*words),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )


@pytest.fixture
def demo(run: Run, database: Path) -> Path:
    """Make a small demo; give its database."""
    assert run("demo", "--sessions", "500", "--now", "2026-03-10T14:25:40Z").exit_code == 0
    return database


@pytest.fixture
def service(demo: Path) -> Iterator[subprocess.Popen[str]]:
    """Serve the demo on a free port, with its clock stopped."""
    words = command("serve", "--database", demo, "--port", 0, "--now", "2026-03-10T14:25:40Z")
    with subprocess.Popen(
        words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def greeting(service: subprocess.Popen[str]) -> dict[str, str]:
    """Read the five lines that the service prints when it starts."""
    assert service.stdout is not None
    lines = [service.stdout.readline().rstrip("\n") for _ in range(5)]
    return dict(line.split(maxsplit=1) for line in lines)


def test_service_greets_answers_and_stops(
    service: subprocess.Popen[str], demo: Path, run: Run
) -> None:
    """The printed example works as it stands; the file is closed in order at the end."""
    said = greeting(service)
    example = re.fullmatch(r"curl -g -H '(.+): (.+)' '(.+)'", said["try"])
    assert example is not None
    name, value, url = example.groups()

    with urlopen(Request(url, headers={name: value}), timeout=START_SECONDS) as response:  # noqa: S310  (our own)
        answer = json.load(response)
    busy = run("load", "-", content=b"")
    service.send_signal(signal.SIGTERM)
    status = service.wait(START_SECONDS)

    assert said["database"] == str(demo)
    assert said["clock"] == "stopped at 2026-03-10T14:25:40+00:00"
    assert re.fullmatch(r"http://[0-9a-f]{32}@127\.0\.0\.1:\d+/1", said["dsn"])
    assert url.startswith(f"{said['serving']}/api/0/organizations/")
    assert answer["groups"][0]["totals"]["sum(session)"] > 0
    assert busy.exit_code == 1
    assert "is in use by another process" in busy.stderr
    assert status == 0
    assert not demo.with_name(f"{demo.name}.wal").exists()


def test_port_in_use_is_told(demo: Path) -> None:
    """With what to do instead."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = finished("serve", "--database", demo, "--port", port)

    assert result.returncode == 1
    assert result.stderr == (
        f"release-health: the port {port} of 127.0.0.1 is in use;"
        " choose another with --port, or --port 0 for any free one\n"
    )


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("no-such-host.invalid", "there is no host no-such-host.invalid; choose another with"),
        ("192.0.2.1", "the port 0 of 192.0.2.1 is of no address of this machine; choose another"),
    ],
)
def test_host_that_is_not_ours_is_told(run: Run, host: str, sentence: str) -> None:
    """The database is not even opened."""
    result = run("serve", "--host", host, "--port", "0")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"release-health: {sentence}")


def test_file_that_is_no_database_is_told(run: Run, database: Path) -> None:
    """In one sentence, before anything is served."""
    database.write_text("hello, this is not a database at all" * 200)

    result = run("serve", "--port", "0")

    assert result.exit_code == 1
    assert "is not a database of this service" in result.stderr


def test_settings_file_is_read_and_checked(run: Run, tmp_path: Path) -> None:
    """Its mistakes are named; one that is not there too."""
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("port = 99999\nsped = 1\n")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RELEASE_HEALTH_CONFIG", "")
        result = run("serve", "--config", wrong)
        missing = run("serve", "--config", tmp_path / "none.toml")

    assert (result.exit_code, missing.exit_code) == (1, 1)
    assert "port: 99999 is not right; it has to be a whole number" in result.stderr
    assert "sped: there is no such setting" in result.stderr
    assert f"--config: there is no file {tmp_path / 'none.toml'}" in missing.stderr


@pytest.mark.parametrize("port", ["abc", "70000", "-1", "80.5"])
def test_port_that_cannot_be_is_refused(run: Run, port: str) -> None:
    """With the option, what was given, and what would be right."""
    result = run("serve", "--port", port)

    assert result.exit_code == 1
    words = f"--port: '{port}' is not right; it has to be a whole number from 0 to 65535"
    assert words in result.stderr


def test_token_file_lies_beside_the_database() -> None:
    """Whatever the database is called."""
    assert token_file(Path("data/a.duckdb")) == Path("data/a.duckdb.demo-token")
