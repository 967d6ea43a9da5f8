"""Types the console examples of a page into a shell and listens: what do they really print?

Owns the notation: in a block marked `console`, a line that begins with `$ ` is a command, `<<'EOF'`
goes on to `EOF`, and all else is what is printed, where `...` stands for anything. A service is
started in the background on a port of its own, and stopped before the next command of ours.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from api.settings import PREFIX

ROOT = Path(__file__).resolve().parents[1]
PORT_SHOWN = "8000"
PORT_VARIABLE = f"{PREFIX}PORT"

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "-- end of output --"
_SERVE = "release-health serve"
_ANYTHING = "..."

_STOP = 'if [ -n "$SERVICE" ]; then kill "$SERVICE"; wait "$SERVICE"; SERVICE=; fi'
_START = """{command} --port {port} >service.log 2>/dev/null & SERVICE=$!
for _ in $(seq 100); do curl -s -o /dev/null 127.0.0.1:{port}/health && break; sleep 0.1; done
cat service.log"""


def follow(page: Path, *, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Type all commands of a page in order, in `folder`: (command, shown, printed) of each."""
    examples = [
        example
        for block in _BLOCK.findall(page.read_text(encoding="utf-8"))
        for example in _examples(block)
    ]
    port = str(_free_port())
    lines = [line for command, _ in examples for line in _typed(command, port)]
    run = subprocess.run(
        ["bash", "-c", "\n".join([*lines, _STOP])],  # noqa: S607  (the reader's own shell)
        cwd=folder,
        env={**_environment(folder), PORT_VARIABLE: port},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    printed = run.stdout.replace(port, PORT_SHOWN).split(f"{_END}\n")
    for (command, shown), text in zip(examples, printed, strict=False):
        yield command, shown, text
    assert len(printed) == len(examples) + 1, run.stdout


def looks_like(printed: str, shown: str) -> bool:
    """Tell whether a text is what a page shows, `...` standing for anything, and for nothing."""
    ending = "" if shown.strip().endswith(_ANYTHING) else "\n"
    pattern = ".*".join(re.escape(part) for part in f"{shown.strip()}{ending}".split(_ANYTHING))
    return re.fullmatch(pattern, f"{printed.strip()}\n", re.DOTALL) is not None


def _examples(block: str) -> Iterator[tuple[str, str]]:
    """Cut a block into commands and what is shown below each."""
    for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        first, _, rest = piece.partition("\n")
        if first.endswith("<<'EOF'"):
            body, _, rest = rest.partition("EOF\n")
            first = f"{first}\n{body}EOF"
        yield first, rest


def _typed(command: str, port: str) -> Iterator[str]:
    if "release-health" in command:
        yield _STOP
    if command.startswith(_SERVE):
        yield _START.format(command=command, port=port)
    else:
        yield command.replace(PORT_SHOWN, port)
    yield f"echo '{_END}'"


def _environment(folder: Path) -> dict[str, str]:
    """Give an environment whose `release-health` and `python3` are those that run the tests."""
    commands = folder / "commands"
    commands.mkdir()
    for name, words in (("release-health", " -m api"), ("python3", "")):
        ours = commands / name
        ours.write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n', encoding="utf-8")
        ours.chmod(0o755)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "PATH": f"{commands}{os.pathsep}{kept.get('PATH', '')}",
        "PYTHONPATH": str(ROOT),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
