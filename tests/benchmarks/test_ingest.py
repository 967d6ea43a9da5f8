"""The ingest benchmark end to end, tiny: both sides answer, and what is acknowledged is there."""

import asyncio
import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest

from benchmarks.ingest import main
from benchmarks.ingest_letters import Letters, requests
from benchmarks.ingest_load import Load, Outcome, measure
from engine.envelope import parse_envelope

LETTERS = Letters(key="0" * 32, project_id=7, started="2026-03-10T14:25:40Z", sessions=2)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the command once, quickly."""
    folder = tmp_path_factory.mktemp("ingest")
    status = main(["--quick", "--output", str(folder)])

    assert status == 0, (folder / "ingest.md").read_text(encoding="utf-8")
    return folder


def test_what_is_acknowledged_is_there(results: Path) -> None:
    """Every kind of envelope was sent to both sides, and the service counts what it answered."""
    numbers = orjson.loads((results / "ingest.json").read_bytes())

    assert numbers["acknowledged"] == numbers["counted"] > 0
    assert numbers["failures"] == 0
    assert [one["name"] for one in numbers["comparisons"]] == [
        "one session",
        "one session, gzip",
        "100 sessions",
    ]
    assert all(rate > 0 for one in numbers["comparisons"] for rate in one["bare_rates"])
    assert all(numbers["query_seconds"].values())


def test_table_is_written(results: Path) -> None:
    """The Markdown has a line for each kind of envelope, and one for each aim."""
    text = (results / "ingest.md").read_text(encoding="utf-8")

    assert "| one session, gzip |" in text
    assert text.count("at least") == 2


def test_letters_are_whole_requests() -> None:
    """Each holds an envelope of new sessions, of the length it says; packed or not."""
    plain = requests(LETTERS, 2)
    packed = requests(replace(LETTERS, encoding="gzip"), 2)
    bodies = []
    for request, other in zip(plain, packed, strict=True):
        head, _, body = request.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        assert b"Content-Encoding: gzip" in other
        assert gzip.decompress(other.partition(b"\r\n\r\n")[2]) == body
        bodies.append(body)
    items = [
        orjson.loads(item.payload)
        for body in bodies
        for item in parse_envelope(body, types={"session"}, most=9).items
    ]

    assert len({item["sid"] for item in items}) == 4
    assert requests(replace(LETTERS, seed=1), 1) != plain[:1]


class Clerk(BaseHTTPRequestHandler):
    """Answers every other request with 429, the others with 200."""

    protocol_version = "HTTP/1.1"
    taken = 0

    def do_POST(self) -> None:
        """Answer one."""
        self.rfile.read(int(self.headers["Content-Length"]))
        Clerk.taken += 1
        self.send_response(200 if Clerk.taken % 2 else 429)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Let a clerk work."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Clerk)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("rate", [0.0, 10.0])
def test_load_counts_every_answer(port: int, rate: float) -> None:
    """All that was prepared is sent, at a rate or not; only an answer of 200 is a success."""
    load = Load(port=port, connections=2, seconds=30, most=20, letters=LETTERS, rate=rate)
    Clerk.taken = 0
    began = time.perf_counter()
    if rate:
        load = replace(load, seconds=2)
    outcome: Outcome = asyncio.run(measure(load, requests(LETTERS, 20)))

    assert (len(outcome.latencies), outcome.failures) == (10, 10)
    assert outcome.percentile(0.5) > 0
    assert time.perf_counter() - began < 30
