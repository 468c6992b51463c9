"""
What was last put in force through the journal: the register, the people and the rulings.

``sanctioned/register.toml``, ``people.toml`` and ``rulings.toml`` hold what the journal last
recorded, under a first line that names its entry. A file of the home that says something else
was edited past the journal; no command has to read the journal through to notice. The copies
themselves are compared with it by `hinomi parameters history`, `people list` and `journal verify`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.errors import ConfigError, Conflict
from hinomi.store.durable import on_disk, replace_durably
from hinomi.store.journal import FileJournal
from hinomi.store.locking import taken

SANCTIONED: Final = "sanctioned"
IN_FORCE: Final = "in_force"
"""The field of a journal entry that names what it put in force; its version stands beside."""

REGISTER: Final = "register"
PEOPLE: Final = "people"
RULINGS: Final = "rulings"

_MARK: Final = f'"{IN_FORCE}":'.encode()
_HEAD: Final = b"# Written by hinomi, with entry "
_LOCK_WAIT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Sanctioned:
    """What the journal last recorded of one file."""

    entry: int  # Of the journal.
    content: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry that put something in force."""

    entry: int
    version: str


def read_sanctioned(folder: Path, name: str) -> Sanctioned | None:
    """
    Read what was last put in force; None in a home of an earlier version.

    Args:
        folder: Of the home.
        name: `REGISTER`, `PEOPLE` or `RULINGS`.

    Raises:
        ConfigError: If it is damaged.
        Unavailable: If it cannot be read.
    """
    path = _path(folder, name)
    with on_disk(path):
        try:
            head, _, content = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
    entry = head.removeprefix(_HEAD).split(b" ")[0]
    if not head.startswith(_HEAD) or not entry.isdigit():
        raise ConfigError(f"{path} is damaged; restore it from backup")
    return Sanctioned(int(entry), content)


def write_sanctioned(folder: Path, name: str, content: bytes, entry: int) -> None:
    """
    Keep what entry *entry* of the journal put in force.

    Raises:
        Unavailable: If the disk refuses; what was kept stays.
    """
    path = _path(folder, name)
    with on_disk(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
    told = _HEAD + f"{entry} of the journal: to compare with, not to edit.\n".encode()
    replace_durably(path, told + content, mode=0o600)


def put_sanctioned(
    folder: Path,
    journal: FileJournal,
    name: str,
    content: bytes,
    told: Mapping[str, object],
) -> int:
    """
    Put *content* in force: the journal has it first, then the copy; `changing` is held.

    Args:
        folder: Of the home.
        journal: Of the home.
        name: `REGISTER`, `PEOPLE` or `RULINGS`.
        content: What shall count.
        told: What the journal keeps of it, its version under *name*.

    Returns:
        The entry of the journal.

    Raises:
        Unavailable: If the journal or the disk refuses; what counted before still does.
    """
    index = journal.append({**told, IN_FORCE: [name]})
    write_sanctioned(folder, name, content, index)
    return index


def compared(journal: FileJournal, name: str, version: str | None) -> list[str]:
    """
    Compare what counts with the whole journal; give a line for each finding.

    Args:
        journal: Of the home.
        name: `REGISTER`, `PEOPLE` or `RULINGS`.
        version: Of what counts; None where nothing does.
    """
    last = last_recorded(journal, name)
    if last is None or last.version == version:
        return []
    said = f"is not what the journal last put in force (entry {last.entry})"
    return [f"{SANCTIONED}/{name}.toml {said}; restore it from backup"]


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """
    Let nobody else put anything in force meanwhile.

    Raises:
        Conflict: If another process does for too long.
        Unavailable: If the disk refuses.
    """
    held = folder / SANCTIONED
    with on_disk(held):
        held.mkdir(mode=0o700, exist_ok=True)
        lock = (held / "lock").open("wb")
    with lock:
        if not taken(lock.fileno(), _LOCK_WAIT_S):
            raise Conflict(f"{folder} is being changed by another process; try again")
        yield


def last_recorded(journal: FileJournal, name: str) -> Recorded | None:
    """Find the last entry that put *name* in force; reads the whole journal."""
    found = None
    for body in journal.bodies():
        if _MARK in body.text and puts_in_force(entry := body.parse(), name):
            found = Recorded(body.index, str(entry.get(name)))
    return found


def puts_in_force(entry: Mapping[str, object], name: str) -> bool:
    """Tell whether *entry* put *name* in force."""
    named = entry.get(IN_FORCE)
    return isinstance(named, list) and name in named


def require_recorded(journal: FileJournal, name: str, kept: Sanctioned, version: str) -> None:
    """
    Return if the entry that *kept* names did put this version in force, as far as it is kept.

    Reads one file of the journal. That no later entry put another version in force is for
    `last_recorded` to find.

    Raises:
        ConfigError: If the entry says something else.
    """
    body = journal.body(kept.entry)
    if body is None and kept.entry < journal.head().size:
        return  # Deleted when its time had come; the checks over the whole journal say so.
    entry = {} if body is None else body.parse()
    if not puts_in_force(entry, name) or entry.get(name) != version:
        raise ConfigError(
            f"{SANCTIONED}/{name}.toml is not what entry {kept.entry} of the journal put in "
            "force: somebody wrote it past the journal; restore it from backup"
        )


def _path(folder: Path, name: str) -> Path:
    return folder / SANCTIONED / f"{name}.toml"
