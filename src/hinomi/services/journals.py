"""Making and opening the journal of a home, and taking up what an earlier version wrote."""

import fcntl
import os
import shutil
from pathlib import Path
from typing import Final

from hinomi.clock import Clock
from hinomi.errors import ConfigError, Unavailable
from hinomi.govern.note import SEED_BYTES, BadNote, Signer, Verifier
from hinomi.store.chainfile import read_chain
from hinomi.store.durable import sync_folder, write_secret
from hinomi.store.journal import FileJournal

JOURNAL: Final = "journal"
KEY: Final = "keys/journal.key"

CHAIN: Final = "journal.jsonl"
"""The journal of earlier versions."""

_NAME_LETTERS: Final = 12


def create_journal(home: Path, clock: Clock) -> FileJournal:
    """
    Begin the journal of a new home, with a key of its own.

    Raises:
        OSError: If the disk refuses.
    """
    signer = new_signer()
    write_signer(home / KEY, signer)
    return FileJournal.create(home / JOURNAL, signer, clock)


def open_journal(home: Path, clock: Clock) -> FileJournal:
    """
    Open the journal of a home; what an earlier version wrote becomes its first entries.

    Raises:
        ConfigError: If its key is missing or damaged.
        Unavailable: If what an earlier version wrote cannot be taken up.
    """
    if (home / CHAIN).exists():
        try:
            _take_up(home, clock)
        except OSError as error:
            raise Unavailable(
                f"{home / CHAIN}: {error.strerror}; it is to be taken up into {home / JOURNAL}"
            ) from error
    return FileJournal(home / JOURNAL, read_signer(home / KEY), clock)


def new_signer() -> Signer:
    """Make a key that is named for itself, so that no two homes share a name."""
    seed = os.urandom(SEED_BYTES)
    public = Signer("unnamed", seed).verifier.public
    return Signer(f"hinomi/{public.hex()[:_NAME_LETTERS]}", seed)


def write_signer(path: Path, signer: Signer) -> None:
    """Keep a new key at *path*, as `read_signer` reads it."""
    write_secret(path, f"{signer.render()}\n".encode())


def read_signer(path: Path) -> Signer:
    """
    Read the key at *path*.

    Raises:
        ConfigError: If it is missing or damaged.
    """
    try:
        return Signer.parse(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"key {path}: {error.strerror}; restore it from backup") from error
    except (BadNote, UnicodeDecodeError) as error:
        raise ConfigError(f"key {path} is damaged; restore it from backup") from error


def read_verifier(said: str) -> Verifier:
    """
    Read a public key, or the file that holds one.

    Raises:
        BadNote: If it is none.
    """
    path = Path(said)
    if "+" not in said and path.is_file():
        return Verifier.parse(path.read_text("utf-8", "replace"))
    return Verifier.parse(said)


def _take_up(home: Path, clock: Clock) -> None:
    """Make the journal out of the old one: whole, or not at all."""
    with (home / CHAIN).open("rb") as old:
        fcntl.flock(old, fcntl.LOCK_EX)
        if not (home / CHAIN).exists():
            return  # Another process was faster.
        if not (home / JOURNAL).exists():
            if not (home / KEY).exists():
                write_signer(home / KEY, new_signer())
            building = home / f".{JOURNAL}.building"
            shutil.rmtree(building, ignore_errors=True)
            chain = read_chain(home / CHAIN)
            journal = FileJournal.create(building, read_signer(home / KEY), clock)
            journal.adopt(chain.lines)
            told = {"lines": len(chain.lines), "head": chain.head, "broken_at": chain.fault}
            journal.append({"operation": "journal", "act": "taken up", **told})
            building.rename(home / JOURNAL)
            sync_folder(home)
        (home / CHAIN).unlink()
        sync_folder(home)
