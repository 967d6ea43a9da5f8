"""Runs clients that are not Python's: what `make test-clients` installs.

Owns where they are and what surrounds them. They are told to keep to this machine, and have no
way out of it that they would know of.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tests.clients.service import PATIENCE_SECONDS

PROGRAMS = Path(__file__).with_name("npm")
COMMANDS = PROGRAMS / "node_modules" / ".bin"
NOBODY = "http://127.0.0.1:9"


def run(*words: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with an empty home."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    quiet = {
        "HOME": str(home),
        "HTTP_PROXY": NOBODY,
        "HTTPS_PROXY": NOBODY,
        "NO_PROXY": "127.0.0.1,localhost",
        "DO_NOT_TRACK": "1",
        "SENTRY_CLI_NO_TELEMETRY": "1",
        "SENTRY_DISABLE_UPDATE_CHECK": "1",
    }
    return subprocess.run(
        words,
        cwd=home,
        env={**kept, **quiet, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def node(program: str, *words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run one of our programs for Node to its end."""
    return run(_found("node"), str(PROGRAMS / program), *words, home=home)


def chromium() -> str:
    """Say where the browser is."""
    return _found("chromium")


def _found(command: str) -> str:
    path = shutil.which(command)
    assert path is not None, f"there is no {command}; make test-clients says what is missing"
    return path
