"""What runs the service elsewhere names things that exist: the Dockerfile, the unit, nginx."""

import configparser
import re
from pathlib import Path

import pytest

from api.ingest.bodies import BodyLimits
from api.openapi import HEALTH_PATH
from api.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
HOW_TO = ROOT / "docs" / "how-to"
DOCKERFILE = ROOT / "Dockerfile"
PAGES = sorted(HOW_TO.glob("run-*.md"))
VARIABLES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
TIMES_OVER = 2


def instructions(word: str) -> list[str]:
    """Give what stands behind an instruction of the Dockerfile, lines that go on put together."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", "")
    return re.findall(rf"^{word} (.*)$", text, re.MULTILINE)


def unit() -> configparser.ConfigParser:
    """Read the systemd unit of its page."""
    page = (HOW_TO / "run-with-systemd.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```ini\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way
    parser.read_string(text)
    return parser


@pytest.mark.parametrize("path", [DOCKERFILE, *PAGES], ids=lambda path: path.name)
def test_settings_exist(path: Path) -> None:
    """Every variable with our prefix is a setting: a misspelt one stops the service."""
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", path.read_text(encoding="utf-8")))

    assert named <= VARIABLES


def test_image_has_what_it_copies() -> None:
    """Everything that is copied from here is here, and is not held back from the build."""
    copied = [
        name
        for line in instructions("COPY")
        if not line.startswith("--from")
        for name in line.split()[:-1]
    ]
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

    assert {"schema", "engine", "api", "constraints.txt"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {name.rstrip("/") for name in kept if name.startswith("!")} == {f"!{n}" for n in copied}


def test_image_runs_without_rights_and_watches_itself() -> None:
    """Its user is not root, and its health is what the service says of it."""
    (health,) = instructions("HEALTHCHECK")

    assert instructions("USER") == ["release-health"]
    assert f"{HEALTH_PATH}'" in health


def test_unit_waits_longer_than_a_question_takes() -> None:
    """Stopping lets a question wait, run and be answered, and what was sent be written."""
    service = unit()["Service"]
    settings = Settings()
    longest = settings.queue_seconds + settings.query_timeout_seconds

    assert int(service["TimeoutStopSec"]) >= TIMES_OVER * longest
    assert service["Restart"] == "on-failure"
    assert service["ExecStart"].endswith("/release-health serve")


def test_proxy_takes_as_much_as_the_service() -> None:
    """A body that the service would take is not refused before it."""
    page = (HOW_TO / "run-behind-nginx.md").read_text(encoding="utf-8")
    (mebibytes,) = re.findall(r"client_max_body_size (\d+)m;", page)

    assert int(mebibytes) * 1024 * 1024 == BodyLimits().envelope_bytes
