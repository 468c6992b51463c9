"""
What an intruder's shell command asks to fetch, and from where.

Only the server is read: the rest of a command is nobody's business, and is not kept. A command
is searched if it names a tool that fetches (wget, curl, tftp, ftpget, ...), also in busybox.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST_FETCHES: Final = 64
"""Fetches read from one command; a loader asks for about one for each processor type."""

MOST_LETTERS: Final = 1 << 16
"""Letters of a command that are read."""

_TOOLS: Final = re.compile(r"(?<![\w.-])(?:wget|curl|tftp|ftpget|ftp|lwp-download|axel|aria2c)\b")
_URL: Final = re.compile(
    r"""\b(?P<scheme>https?|ftps?|tftp)://
    (?:[^\s/@'"`|;&<>]{0,200}@)?
    (?P<host>\[[0-9a-f:.]{2,45}\]|[^\s/:?\#'"`|;&<>()\\]{1,253})
    (?::(?P<port>\d{1,6}))?
    (?P<path>/[^\s'"`|;&<>()]*)?""",
    re.VERBOSE | re.IGNORECASE,
)
_PIECES: Final = re.compile(r"[;&|\n`()<>]+")
_HOST: Final = re.compile(
    r"(?:\d{1,3}\.){3}\d{1,3}|\[?[0-9a-f]{0,4}:[0-9a-f:.]{1,40}\]?", re.IGNORECASE
)
_BARE: Final = re.compile(r"(?P<host>(?:\d{1,3}\.){3}\d{1,3})(?::(?P<port>\d{1,6}))?(?P<path>/\S+)")
_SHELL: Final = re.compile(r"\|\s*(?:/bin/|/usr/bin/)?(?:busybox\s+)?(?:ba|da|a|z|k)?sh\b")

PORTS: Final = {"http": 80, "https": 443}
"""The port where a URL states none. FTP and TFTP move to others for the file itself: any."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One file asked for: from which host, how, and whether the command says which file."""

    scheme: str  # http, https, ftp or tftp.
    host: str  # An address or a name, as the command has it.
    port: str  # Blank: not stated.
    names_file: bool  # Else it asks for the root of a site: a test of the connection as likely.


def find_fetches(command: str) -> Iterator[Fetch]:
    """Yield what *command* asks to fetch, in no particular order, `MOST_FETCHES` at most."""
    command = command[:MOST_LETTERS]
    if not _TOOLS.search(command):
        return
    count = 0
    runs_it = _SHELL.search(command) is not None
    for found in _URL.finditer(command):
        yield _of_url(found, runs_it=runs_it)
        count += 1
        if count == MOST_FETCHES:
            return
    for piece in _PIECES.split(_URL.sub(" ", command)):
        fetch = _of_words([word.strip("'\"") for word in piece.split()])
        if fetch is not None:
            yield fetch
            count += 1
            if count == MOST_FETCHES:
                return


def find_url(url: str) -> Fetch | None:
    """Read one URL; None where it is none of a scheme that fetches."""
    found = _URL.match(url.strip()[:MOST_LETTERS])
    return None if found is None else _of_url(found, runs_it=False)


def _of_url(found: re.Match[str], *, runs_it: bool) -> Fetch:
    scheme = found["scheme"].lower().replace("ftps", "ftp")
    path = found["path"] or ""
    return Fetch(scheme, found["host"], found["port"] or "", runs_it or len(path) > 1)


def _of_words(words: list[str]) -> Fetch | None:
    """Read one simple command, which may begin with busybox and with paths."""
    names = [word.rpartition("/")[2] for word in words[:4]]
    for place, name in enumerate(names):
        if name in {"tftp", "ftpget", "ftp"}:
            return _of_tool(name, words[place + 1 :])
        if name in {"wget", "curl"}:
            bare = (_BARE.fullmatch(word) for word in words[place + 1 :])
            found = next((each for each in bare if each is not None), None)
            if found is None:
                return None
            return Fetch("http", found["host"], found["port"] or "", names_file=True)
    return None


def _of_tool(tool: str, words: list[str]) -> Fetch | None:
    """Read ``tftp -g -r FILE HOST [PORT]``, ``tftp HOST -c get FILE``, ``ftpget HOST FILE``."""
    scheme = "tftp" if tool == "tftp" else "ftp"
    for place, word in enumerate(words):
        if _HOST.fullmatch(word):
            port = _after(words, "-P") or (words[place + 1] if place + 1 < len(words) else "")
            is_port = port.isascii() and port.isdigit() and len(port) <= 5  # noqa: PLR2004
            return Fetch(scheme, word, port if is_port else "", names_file=True)
    return None


def _after(words: list[str], flag: str) -> str:
    places = [place for place, word in enumerate(words[:-1]) if word == flag]
    return words[places[0] + 1] if places else ""
