"""The programs of the tutorial, as a reader saves them, do what the tutorial says."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.clients.installed import COMMANDS, PROGRAMS, chromium, node, run
from tests.clients.service import ROOT, Service

pytestmark = pytest.mark.installed

PAGE = ROOT / "docs" / "tutorial" / "point-an-sdk-at-it.md"


class Silent(SimpleHTTPRequestHandler):
    """Serves files and does not say so."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Save the programs of the tutorial under their names, where the SDKs are installed."""
    text = PAGE.read_text(encoding="utf-8")
    worker, page = re.findall(r"^```js\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (html,) = re.findall(r"^```html\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for name, content in (("app.mjs", worker), ("page.js", page), ("index.html", html)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(PROGRAMS / "node_modules")
    return tmp_path


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder; give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder))) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_program_for_node(service: Service, folder: Path) -> None:
    """Its error was caught, so its session is errored."""
    result = run("node", "app.mjs", home=folder, DSN=service.dsn)
    expected = {("shop-worker@1.0.0", "tutorial", "errored"): (1, 1)}

    assert result.returncode == 0, result.stderr
    assert service.sees(expected) == expected


def test_page(service: Service, folder: Path) -> None:
    """The button makes its session unhandled, and there is no second one."""
    bundled = run(
        str(COMMANDS / "esbuild"),
        *("page.js", "--bundle", "--outfile=bundle.js", f"--define:DSN='{service.dsn}'"),
        home=folder,
    )
    with served(folder) as address:
        pressed = node("press.mjs", chromium(), str(folder / "profile"), address, home=folder)
    expected = {("shop-page@1.0.0", "tutorial", "unhandled"): (1, 1)}

    assert bundled.returncode == 0, bundled.stderr
    assert pressed.returncode == 0, pressed.stderr
    assert service.sees(expected) == expected
