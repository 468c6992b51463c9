"""
Rulings of a home on what its matrix leaves open, and how long its purposes go on.

=============================== ==============================================
``sanctioned/rulings.toml``     what was decided, by whom, on which document
``rulings/<sha-256>``           the documents, as they were entered
=============================== ==============================================

The file counts as long as the journal says that it was put in force as it stands: written by
hand it stops the home.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
import tomli_w

from hinomi.errors import ConfigError, Conflict, NotFound
from hinomi.govern.matrix import Cell, Matrix, Purpose, Ruling, shipped_matrix
from hinomi.services.sanctioned import (
    RULINGS,
    SANCTIONED,
    changing,
    compared,
    put_sanctioned,
    read_sanctioned,
    require_recorded,
)
from hinomi.store.durable import on_disk, write_durably
from hinomi.store.journal import FileJournal

DOCUMENTS: Final = "rulings"

_SHOWN: Final = f"{SANCTIONED}/{RULINGS}.toml"
_DOCUMENT_BYTES_MOST: Final = 1 << 26


class Decisions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a home decided beside the matrix."""

    rulings: tuple[Ruling, ...] = ()
    ends: dict[Purpose, date] = {}


def read_matrix(home: Path, journal: FileJournal) -> Matrix:
    """
    Give the matrix that is in force in *home*.

    Raises:
        ConfigError: If its rulings are damaged, name what needs none, or lack a document.
    """
    decisions = read_decisions(home, journal)
    for ruling in decisions.rulings:
        if not _is_whole(home, ruling.document):
            raise ConfigError(
                f"{home / _SHOWN}: the document {ruling.document[:12]} of the ruling "
                f"{ruling.title!r} is missing or changed; restore it to {home / DOCUMENTS}"
            )
    try:
        return shipped_matrix().with_rulings(decisions.rulings).with_ends(decisions.ends)
    except ValueError as error:
        raise ConfigError(f"{home / _SHOWN}: {error}; restore the file from backup") from error


def read_decisions(home: Path, journal: FileJournal) -> Decisions:
    """
    Read what *home* decided; nothing, where it never did.

    Raises:
        ConfigError: If the file is damaged, or is not what the journal put in force.
    """
    kept = read_sanctioned(home, RULINGS)
    if kept is None:
        return Decisions()
    require_recorded(journal, RULINGS, kept, _version(kept.content))
    try:
        return msgspec.convert(tomllib.loads(kept.content.decode("utf-8")), Decisions)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{home / _SHOWN}: {error}; restore it from backup") from error


def check_rulings(home: Path, journal: FileJournal) -> list[str]:
    """Compare the rulings that count with the whole journal; give a line for each finding."""
    kept = read_sanctioned(home, RULINGS)
    return compared(journal, RULINGS, None if kept is None else _version(kept.content))


def enter_ruling(home: Path, ruling: Ruling, document: Path, journal: FileJournal) -> None:
    """
    Enter *ruling* with its *document*; the journal has it before it counts.

    Raises:
        NotFound: If there is no such document.
        Conflict: If the combination needs no ruling, or the document is no small file.
        ConfigError: If the rulings of the home are damaged.
    """
    try:
        shipped_matrix().with_rulings([ruling])
    except ValueError as error:
        raise Conflict(f"{error}; `hinomi mandates list` shows which do") from error
    content = read_document(document)
    if hashlib.sha256(content).hexdigest() != ruling.document:
        raise Conflict(f"{document} changed while it was entered; enter it again")
    with on_disk(home):
        (home / DOCUMENTS).mkdir(mode=0o700, exist_ok=True)
        if not _is_whole(home, ruling.document):
            (home / DOCUMENTS / ruling.document).unlink(missing_ok=True)
            write_durably(home / DOCUMENTS / ruling.document, content)
    told = {"cell": str(ruling.cell), "document": ruling.document, "ends": str(ruling.ends)}
    act = {"act": "entered", "who": ruling.entered_by, **told}
    with changing(home):
        decisions = read_decisions(home, journal)
        kept = tuple(each for each in decisions.rulings if each.cell != ruling.cell)
        _put(home, msgspec.structs.replace(decisions, rulings=(*kept, ruling)), act, journal)


def withdraw_ruling(home: Path, cell: Cell, who: str, journal: FileJournal) -> None:
    """
    Take a ruling back: its combination is refused from now on.

    Raises:
        NotFound: If none was entered for *cell*.
    """
    act = {"act": "withdrawn", "who": who, "cell": str(cell)}
    with changing(home):
        decisions = read_decisions(home, journal)
        kept = tuple(each for each in decisions.rulings if each.cell != cell)
        if len(kept) == len(decisions.rulings):
            raise NotFound(f"no ruling was entered for {cell}; `hinomi mandates list` shows them")
        _put(home, msgspec.structs.replace(decisions, rulings=kept), act, journal)


def prolong(home: Path, purpose: Purpose, ends: date, who: str, journal: FileJournal) -> None:
    """Decide until when *purpose* goes on; the journal has it before it counts."""
    act = {"act": "purpose", "who": who, "purpose": str(purpose), "ends": str(ends)}
    with changing(home):
        decisions = read_decisions(home, journal)
        after = msgspec.structs.replace(decisions, ends={**decisions.ends, purpose: ends})
        _put(home, after, act, journal)


def read_document(path: Path) -> bytes:
    """
    Read the document of a ruling.

    Raises:
        NotFound: If it does not exist.
        Conflict: If it is empty or larger than 64 MiB.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(f"document {path}: {error.strerror}; name the file of the ruling") from error
    if not 0 < len(content) <= _DOCUMENT_BYTES_MOST:
        raise Conflict(f"document {path} is empty or larger than 64 MiB; enter the ruling itself")
    return content


def _is_whole(home: Path, document: str) -> bool:
    try:
        content = (home / DOCUMENTS / document).read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content).hexdigest() == document


def _put(home: Path, after: Decisions, act: Mapping[str, object], journal: FileJournal) -> None:
    content = tomli_w.dumps(msgspec.to_builtins(after, builtin_types=(date,))).encode()
    told = {"operation": "ruling", **act, RULINGS: _version(content)}
    put_sanctioned(home, journal, RULINGS, content, told)


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
