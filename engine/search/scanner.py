r"""The characters of a query and the shapes they can take, as compiled regular expressions.

Owns the lexical half of the grammar and counts the work done on it. Does not know in which order
the shapes are tried. Every pattern gives up at its first unfit character (possessive loops, no
backtracking), which is what keeps reading linear.

    STOP   := TAB / LF / ' ' / ')' / end of input            (looked at, never consumed)
    key    := [A-Za-z0-9_.-]+
    qkey   := '"' [A-Za-z0-9_.:-]+ '"'
    op     := '>=' / '<=' / '>' / '<' / '=' / '!='
    quoted := '"' ( '\"' / [^"] )* '"'
    raw    := [^() TAB LF SPACE]*
    word   := [^() LF SPACE]+
"""

import re

_STOP = r"(?=[\t\n )]|\Z)"
_KEY = r"[A-Za-z0-9_.\-]++"
_QUOTED_KEY = r'"[A-Za-z0-9_.:\-]++"'
_OPERATOR = r"(?P<operator>>=|<=|>|<|=|!=)"
_DIGITS = r"[0-9]++(?:\.[0-9]*+)?+"
_NUMBER = rf"-?+{_DIGITS}[kmbKMB]?+(?=[\t\n ),\]]|\Z)"
_DURATION = rf"{_DIGITS}(?:ms|s|min|m|hr|h|day|d|wk|w){_STOP}"
_SIZE = rf"{_DIGITS}(?i:bit|bytes|[kmgtpezy]i?b|nb){_STOP}"
_MOMENT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)?"
    rf"(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?{_STOP}"
)
_RELATIVE = rf"[+-][0-9]++[wdhm]{_STOP}"
_ARGUMENT = r'(?:"(?:\\"|[^\t\n"])*+"|[^()\t\n, "]++)'

SPACES = re.compile(r" *+")
WORD = re.compile(r"[^()\n ]++")
RAW = re.compile(r"[^()\t\n ]*+")
QUOTED = re.compile(r'"(?P<inner>(?:\\"|[^"])*+)"')
BOOLEAN_OPERATOR = re.compile(rf"(?:OR|AND){_STOP}", re.IGNORECASE | re.ASCII)
FILTER_HEAD = re.compile(
    rf"(?P<negation>!)?+(?:(?P<tag>tags\[(?:{_KEY}|{_QUOTED_KEY})\])"
    rf"|(?P<key>{_KEY})|(?P<quoted_key>{_QUOTED_KEY})):"
)
BARE_KEY = re.compile(rf"{_KEY}|{_QUOTED_KEY}")
AGGREGATE = re.compile(
    rf"!?+(?P<name>{_KEY})\( *+"
    rf"(?P<arguments>{_ARGUMENT}(?: *+, *+(?!,)(?:{_ARGUMENT})?+)*+)?+ *+\):"
    rf"{_OPERATOR}?+(?:{_DURATION}|{_DIGITS}%|{_NUMBER}|{_SIZE}|{_MOMENT}|{_RELATIVE})",
    re.ASCII,
)
ARGUMENT = re.compile(_ARGUMENT)
COMPARISON = re.compile(_OPERATOR)
WILDCARD_OPERATOR = re.compile("\uf00d(?P<word>Contains|StartsWith|EndsWith)\uf00d")

DATE = re.compile(rf"{_OPERATOR}(?P<value>{_MOMENT})")
DAY = re.compile(rf"(?P<operator>)(?P<value>{_MOMENT})")
RELATIVE = re.compile(rf"(?P<operator>)(?P<value>{_RELATIVE})")
DURATION = re.compile(rf"{_OPERATOR}?+(?P<value>{_DURATION})")
SIZE = re.compile(rf"{_OPERATOR}?+(?P<value>{_SIZE})", re.ASCII)
BOOLEAN = re.compile(rf"(?P<operator>)(?P<value>(?i:true|1|false|0)){_STOP}", re.ASCII)
NUMBER = re.compile(rf"{_OPERATOR}?+(?P<value>{_NUMBER})")

NUMBER_LIST = re.compile(rf"\[{_NUMBER}(?: *+, *+(?!,)(?:{_NUMBER})?+)*+\]{_STOP}")
NUMBER_ITEM = re.compile(_NUMBER)
LIST_RUN = re.compile(r"[^(), ]++")
LIST_COMMA = re.compile(r" *+, *+(?!,)")
LIST_END = re.compile(rf"\]{_STOP}")
COMMA_AHEAD = re.compile(r" *+,")


class Scanner:
    """A query and a count of the work spent on reading it.

    `steps` grows by one for each attempt and by one for each character an attempt took.
    """

    __slots__ = ("steps", "text")

    def __init__(self, text: str) -> None:
        """Start at no work."""
        self.text = text
        self.steps = 0

    def match(self, pattern: re.Pattern[str], at: int) -> re.Match[str] | None:
        """Try a pattern at one place."""
        found = pattern.match(self.text, at)
        self.steps += 1 if found is None else 1 + found.end() - at
        return found

    def end(self, pattern: re.Pattern[str], at: int) -> int | None:
        """Try a pattern at one place; give where it ends, or None."""
        found = self.match(pattern, at)
        return None if found is None else found.end()

    def after_spaces(self, at: int) -> int:
        """Go past spaces (U+0020 only)."""
        found = self.match(SPACES, at)
        return at if found is None else found.end()

    def starts(self, text: str, at: int) -> bool:
        """Say whether exactly these characters stand here."""
        self.steps += 1
        return self.text.startswith(text, at)
