"""The sentences that code can tell a caller, read from the code itself.

Owns the reading of syntax trees. A sentence is the literal parts of one text; what is filled in
between is left out. Does not know which page has to list them.
"""

import ast
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import TypeAlias

Sentence: TypeAlias = tuple[str, ...]

_SENTENCES = ("message", "detail")
"""What a sentence is called where it is put together."""

_FEWEST_CHARACTERS = 4


def told(path: Path, errors: Iterable[str]) -> Iterator[Sentence]:
    """Give what a module says: to the `errors` it makes, to their parents, and under our names.

    What is said to an AssertionError is for us, not for a caller.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = set(errors)
    constants = {
        target.id: value for target, value in _assigned(tree.body) if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        for said in (*_made(node, known), *_named(node)):
            text = constants.get(said.id, said) if isinstance(said, ast.Name) else said
            sentence = literal(text)
            if sentence:
                yield sentence


def returned(path: Path) -> Iterator[Sentence]:
    """Give what the functions of a module return that is a text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Return) and node.value is not None:
            sentence = literal(node.value)
            if sentence:
                yield sentence


def constants(path: Path) -> Iterator[str]:
    """Give every literal text of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def literal(node: ast.AST) -> Sentence:
    """Give the literal parts of a text, without quotes and blanks at their ends."""
    pieces = node.values if isinstance(node, ast.JoinedStr) else [node]
    return trimmed(
        piece.value
        for piece in pieces
        if isinstance(piece, ast.Constant) and isinstance(piece.value, str)
    )


def trimmed(pieces: Iterable[str]) -> Sentence:
    """Leave out quotes and blanks at the ends, and pieces that are too short to tell."""
    bare = (piece.strip(" \"'()") for piece in pieces)
    return tuple(piece for piece in bare if len(piece) >= _FEWEST_CHARACTERS)


def _assigned(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr]]:
    for statement in body:
        if isinstance(statement, ast.Assign):
            yield from ((target, statement.value) for target in statement.targets)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            yield statement.target, statement.value


def _made(node: ast.AST, errors: set[str]) -> Iterator[ast.expr]:
    """Give the first argument of each error that is made, by its class or as its parent."""
    if not isinstance(node, ast.Call) or not node.args:
        return
    function = node.func
    is_error = isinstance(function, ast.Name) and function.id in errors
    is_parent = isinstance(function, ast.Attribute) and function.attr == "__init__"
    if is_error or is_parent:
        yield node.args[0]


def _named(node: ast.AST) -> Iterator[ast.expr]:
    """Give what is called a message in a block, unless it goes into an AssertionError."""
    for field in ("body", "orelse", "handlers", "finalbody"):
        block = getattr(node, field, None)
        if not isinstance(block, list):
            continue
        for statement, following in zip_longest(block, block[1:]):
            is_ours = isinstance(following, ast.Raise) and "AssertionError" in ast.dump(following)
            for target, value in _assigned([statement]):
                if isinstance(target, ast.Name) and target.id in _SENTENCES and not is_ours:
                    yield value
