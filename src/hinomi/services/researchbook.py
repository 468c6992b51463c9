"""
What was asked of research, and what came of it, as files of the home.

=========================== ==================================================
``research/N/request.toml``  what was asked, by whom, for which window
``research/N/program.py``    the program, as it was signed
``research/N/program.note``  the signature
``research/N/result.json``   what its one run came to, after rows were dropped
=========================== ==================================================
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import tomli_w

from hinomi.errors import ConfigError, HinomiError, NotFound
from hinomi.govern.note import Verifier
from hinomi.govern.program import Program, parse_program
from hinomi.model.address import Address, parse_address
from hinomi.model.window import Window
from hinomi.store.durable import built_folder, on_disk, replace_durably

RESEARCH: Final = "research"

_REQUEST: Final = "request.toml"
_PROGRAM: Final = "program.py"
_NOTE: Final = "program.note"
_RESULT: Final = "result.json"
_MODE: Final = 0o600


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a researcher asked for."""

    by: str
    reason: str
    program: str  # SHA-256, hex.
    key: str  # Who signed it.
    since_ms: int
    until_ms: int
    asked_ms: int
    exact: tuple[str, ...] = ()  # Remote addresses that are to be seen whole.

    @property
    def window(self) -> Window:
        """The records that it is about."""
        return Window(self.since_ms, self.until_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it lies in the home."""

    number: int
    request: Request
    program: Program
    signature: str
    result: bytes | None  # None: it did not run, or its run failed.

    @property
    def key(self) -> Verifier:
        """Who signed the program."""
        return Verifier.parse(self.request.key)

    @property
    def exact(self) -> tuple[Address, ...]:
        """Remote addresses that are to be seen whole."""
        return tuple(parse_address(each) for each in self.request.exact)

    @property
    def digest(self) -> str | None:
        """The SHA-256 of the result, hex: what the release is approved by."""
        return None if self.result is None else hashlib.sha256(self.result).hexdigest()


def keep(home: Path, asked: Asked) -> None:
    """
    Keep a request, whole or not at all.

    Raises:
        Conflict: If there is one of this number.
        Unavailable: If the disk refuses.
    """
    with on_disk(home):
        (home / RESEARCH).mkdir(mode=0o700, exist_ok=True)
    with built_folder(_folder(home, asked.number)) as building:
        content = tomli_w.dumps(msgspec.to_builtins(asked.request))
        replace_durably(building / _REQUEST, content.encode(), mode=_MODE)
        replace_durably(building / _PROGRAM, asked.program.source.encode(), mode=_MODE)
        replace_durably(building / _NOTE, asked.signature.encode(), mode=_MODE)


def keep_result(home: Path, number: int, result: bytes) -> None:
    """
    Keep what a run came to.

    Raises:
        Unavailable: If the disk refuses.
    """
    replace_durably(_folder(home, number) / _RESULT, result, mode=_MODE)


def next_number(home: Path) -> int:
    """Give the number of the next request."""
    return max(_numbers(home), default=0) + 1


def all_asked(home: Path) -> list[Asked]:
    """Give every request, oldest first."""
    return [read_asked(home, number) for number in sorted(_numbers(home))]


def read_asked(home: Path, number: int) -> Asked:
    """
    Read one request with its program, and its result if there is one.

    Raises:
        NotFound: If there is none of this number.
        ConfigError: If its files are damaged, or the program is not what was asked for.
    """
    folder = _folder(home, number)
    if not folder.is_dir():
        raise NotFound(f"no research request {number}; `hinomi research list` shows them")
    try:
        request = msgspec.toml.decode((folder / _REQUEST).read_bytes(), type=Request)
        program = parse_program((folder / _PROGRAM).read_bytes(), f"request {number}")
        signature = (folder / _NOTE).read_text("utf-8")
        Verifier.parse(request.key)
    except (OSError, ValueError, HinomiError) as error:
        raise ConfigError(f"{folder} is damaged; restore it from backup") from error
    if program.digest != request.program:
        raise ConfigError(f"{folder / _PROGRAM} is not what was asked for; restore it from backup")
    result = None
    with on_disk(folder), suppress(FileNotFoundError):
        result = (folder / _RESULT).read_bytes()
    return Asked(
        number=number, request=request, program=program, signature=signature, result=result
    )


def read_program(path: Path) -> Program:
    """
    Read a program's file; nothing of it is run.

    Raises:
        NotFound: If it cannot be read.
        MalformedDocument: If it declares no table.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(f"program {path}: {error.strerror}; name a Python file") from error
    return parse_program(content, str(path))


def _numbers(home: Path) -> list[int]:
    return [int(each.name) for each in (home / RESEARCH).glob("[0-9]*") if each.name.isdigit()]


def _folder(home: Path, number: int) -> Path:
    return home / RESEARCH / f"{number:04d}"
