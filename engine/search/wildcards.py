"""What the reference's search bar means by Contains, StartsWith and EndsWith: patterns.

Owns that translation. Does not know where such an operator may stand.
"""

import re

from engine.search.tree import Value

_BACKSLASH = re.compile(r"(\\[*\\])|\\")
_LONE_STAR = re.compile(r"(?<!\\)\*")


def with_wildcards(value: Value, word: str) -> Value:
    """Turn a value into the pattern that the operator `word` asks for; "" asks for none.

    The value's own asterisks stay literal. An empty value stays empty.
    """
    if not word or not value.text:
        return value
    doubled = _BACKSLASH.sub(lambda found: found.group(1) or r"\\", value.text)
    escaped = _LONE_STAR.sub(r"\\*", doubled)
    before = "" if word == "StartsWith" else "*"
    after = "" if word == "EndsWith" else "*"
    return Value(text=f"{before}{escaped}{after}", span=value.span)
