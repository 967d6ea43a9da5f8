"""A service in a process of its own, with two organizations behind narrow limits."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from engine.engine import Engine
from engine.tokens import Grant
from tests.api.ingest.conftest import KEY, NOW, OTHER_KEY, OTHER_PROJECT, PROJECT

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
SHOWN_SECONDS = 2
LIMITS = {
    "ENVELOPE_BYTES": 2**20,
    "BODY_SECONDS": 1,
    "QUEUED_ROWS": 600,
    "LARGE_BODIES": 2,
    "LARGE_BODY_SECONDS": 30,
    "NOW": NOW.isoformat(),
    "LOG_LEVEL": "error",
}
SECRETS = {"acme": "secret-of-acme", "initech": "secret-of-initech"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a status, headers in lower case, a body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service that runs."""

    address: str
    port: int
    process_id: int

    async def post(
        self, body: bytes, *, key: str = KEY, project: int = PROJECT, encoding: str = ""
    ) -> Answer:
        """Send one envelope over a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(head(len(body), key=key, project=project, encoding=encoding) + body)
            return await answer(reader)
        finally:
            writer.close()

    def total(self, organization: str, secret: str) -> int:
        """Count the sessions of an organization; a status below 0 says why not."""
        question = "field=sum(session)&statsPeriod=14d&interval=1d"
        request = Request(  # noqa: S310  (our own service)
            f"{self.address}/api/0/organizations/{organization}/sessions/?{question}",
            headers={"Authorization": f"Bearer {secret}"},
        )
        try:
            with urlopen(request, timeout=PATIENCE_SECONDS) as response:  # noqa: S310  (our own service)
                (group,) = json.load(response)["groups"]
        except HTTPError as error:
            with error:
                return -error.code
        return int(group["totals"]["sum(session)"])

    def peak_bytes(self) -> int:
        """Say how much memory the process has ever had."""
        status = Path(f"/proc/{self.process_id}/status")
        if not status.is_file():
            pytest.skip("this system does not say how much memory a process has")
        (line,) = (one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


def head(length: int, *, key: str = KEY, project: int = PROJECT, encoding: str = "") -> bytes:
    """Spell what stands before a body."""
    return (
        f"POST /api/{project}/envelope/?sentry_key={key} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Encoding: {encoding}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


async def answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers["content-length"]))
    return Answer(status=int(first.split()[1]), headers=headers, body=body)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Serve `acme` and `initech`, with a project, a key and a token each."""
    database = tmp_path / "sessions.duckdb"
    with Engine.open(database) as engine:
        for number, (slug, project, key) in enumerate(
            (("acme", PROJECT, KEY), ("initech", OTHER_PROJECT, OTHER_KEY)), start=1
        ):
            engine.directory.create_organization(slug, id=number)
            engine.directory.create_project(number, "web", id=project)
            engine.keys.create(project, "usual", now=NOW, public_key=key)
            grants = [Grant(organization_id=number)]
            engine.tokens.create("reader", grants, now=NOW, secret=SECRETS[slug])
    words = [sys.executable, "-m", "api", "serve", "--port", "0", "--database", str(database)]
    limits = {f"RELEASE_HEALTH_{name}": str(value) for name, value in LIMITS.items()}
    with subprocess.Popen(
        words,
        env={**os.environ, **limits, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[1]
        port = int(address.rpartition(":")[2])
        yield Service(address=address, port=port, process_id=process.pid)
        process.terminate()


def soon(check: Callable[[], bool]) -> bool:
    """Tell whether something comes true: what was acknowledged shows within two seconds."""
    end = time.monotonic() + SHOWN_SECONDS
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
