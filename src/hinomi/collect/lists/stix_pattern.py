"""
STIX patterns, read as far as a list needs them: which values an alternative tests together.

Source:
    OASIS STIX 2.1, section 9 (patterning); 2.0 part 5 is a subset.
"""

import re
from dataclasses import dataclass
from typing import Final

from hinomi.collect.lists.intake import BadLine

MOST_ALTERNATIVES: Final = 4096
_MOST_DEPTH: Final = 50

_STRING: Final = r"'(?:[^'\\]|\\.)*'"
_NAME: Final = r"[A-Za-z_][\w-]*"
_TOKEN: Final = re.compile(
    rf"""\s*(?:
      (?P<path>{_NAME}:(?:{_NAME}|{_STRING})(?:\.(?:{_NAME}|{_STRING})|\[(?:\*|\d+)\])*)
    | (?P<text>[tbh]?{_STRING})
    | (?P<number>[-+]?\d+(?:\.\d+)?)
    | (?P<mark>!=|<>|<=|>=|==|[=<>\[\](),])
    | (?P<word>[A-Za-z]+)
    )""",
    re.VERBOSE | re.DOTALL,
)

_COMPARISONS: Final = {"=", "==", "!=", "<>", "<", ">", "<=", ">="}
_SET_TESTS: Final = {"LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"}


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a pattern: an object's property against one or several values."""

    path: str  # Such as ipv4-addr:value.
    operator: str  # "=", "IN", "ISSUBSET", ...
    values: tuple[str, ...]
    is_negated: bool

    @property
    def subject(self) -> str:
        """The type of the object whose property is tested."""
        return self.path.partition(":")[0]


Alternative = tuple[Test, ...]
"""Tests that must hold together."""


def parse_pattern(pattern: str) -> list[Alternative]:
    """
    Read *pattern* as alternatives, each a set of tests on one observed thing.

    Observations joined by AND or FOLLOWEDBY are alternatives here too: each names what a
    list is for. Qualifiers (WITHIN, REPEATS, START) are read over.

    Raises:
        BadLine: If it breaks the grammar, nests deeper than 50, or has more than
            `MOST_ALTERNATIVES` alternatives.
    """
    parser = _Parser(_tokenise(pattern))
    alternatives = parser.observations(0)
    parser.end()
    return alternatives


def _tokenise(pattern: str) -> list[tuple[str, str]]:
    tokens, position, end = [], 0, len(pattern.rstrip())
    while position < end:
        found = _TOKEN.match(pattern, position)
        if found is None:
            raise BadLine("the pattern breaks the STIX grammar")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens of one pattern."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._position = 0

    def end(self) -> None:
        if self._position != len(self._tokens):
            raise BadLine("the pattern breaks the STIX grammar")

    def observations(self, depth: int) -> list[Alternative]:
        found = self._observation(depth)
        while self._take("AND") or self._take("OR") or self._take("FOLLOWEDBY"):
            found = _limited(found + self._observation(depth))
        return found

    def _observation(self, depth: int) -> list[Alternative]:
        _limit_depth(depth)
        if self._take("("):
            found = self.observations(depth + 1)
            self._need(")")
        else:
            self._need("[")
            found = self._either(depth + 1)
            self._need("]")
        self._qualifiers()
        return found

    def _qualifiers(self) -> None:
        while True:
            if self._take("WITHIN"):
                self._of("number")
                self._need("SECONDS")
            elif self._take("REPEATS"):
                self._of("number")
                self._need("TIMES")
            elif self._take("START"):
                self._of("text")
                self._need("STOP")
                self._of("text")
            else:
                return

    def _either(self, depth: int) -> list[Alternative]:
        found = self._both(depth)
        while self._take("OR"):
            found = _limited(found + self._both(depth))
        return found

    def _both(self, depth: int) -> list[Alternative]:
        found = self._test(depth)
        while self._take("AND"):
            other = self._test(depth)
            if len(found) * len(other) > MOST_ALTERNATIVES:
                raise BadLine("the pattern has too many alternatives")
            found = [one + two for one in found for two in other]
        return found

    def _test(self, depth: int) -> list[Alternative]:
        _limit_depth(depth)
        if self._take("("):
            found = self._either(depth + 1)
            self._need(")")
            return found
        if self._take("EXISTS"):
            return [(Test(self._of("path"), "EXISTS", (), is_negated=False),)]
        path = self._of("path")
        is_negated = self._take("NOT")
        operator = self._next()
        if operator == "IN":
            values = self._set()
        elif operator in _COMPARISONS or operator in _SET_TESTS:
            values = (self._value(),)
        else:
            raise BadLine("the pattern breaks the STIX grammar")
        if operator in {"!=", "<>"}:
            operator, is_negated = "=", not is_negated
        return [(Test(path, operator.replace("==", "="), values, is_negated),)]

    def _set(self) -> tuple[str, ...]:
        self._need("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._need(")")
        return tuple(values)

    def _value(self) -> str:
        kind, token = self._peek()
        self._position += 1
        if kind == "text":
            inner = token[token.index("'") + 1 : -1]
            return re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL)
        if kind == "number" or token in {"true", "false"}:
            return token
        raise BadLine("the pattern breaks the STIX grammar")

    def _peek(self) -> tuple[str, str]:
        if self._position < len(self._tokens):
            return self._tokens[self._position]
        return "", ""

    def _next(self) -> str:
        _, token = self._peek()
        self._position += 1
        return token

    def _take(self, token: str) -> bool:
        kind, found = self._peek()
        if found == token and kind in {"mark", "word"}:
            self._position += 1
            return True
        return False

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise BadLine("the pattern breaks the STIX grammar")

    def _of(self, kind: str) -> str:
        found, token = self._peek()
        if found != kind:
            raise BadLine("the pattern breaks the STIX grammar")
        self._position += 1
        return token


def _limited(alternatives: list[Alternative]) -> list[Alternative]:
    if len(alternatives) > MOST_ALTERNATIVES:
        raise BadLine("the pattern has too many alternatives")
    return alternatives


def _limit_depth(depth: int) -> None:
    if depth > _MOST_DEPTH:
        raise BadLine("the pattern is nested too deep")
