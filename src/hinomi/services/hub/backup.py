"""
A hub in one file, and a home out of it: database, journal, register, people, keys.

The database is copied first, as of one moment, the journal after it: so the journal of a backup
tells of everything that the database holds. Nobody has to stop for it. A restored home publishes
nothing until somebody made sure that no snapshot is missing (`services.hub.restored`).
"""

import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

import msgspec

from hinomi.clock import render_time
from hinomi.errors import Conflict, MalformedDocument, NotFound
from hinomi.govern.retention import class_of_file
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.home import CONFIG, Home
from hinomi.services.hub.restored import Restored, mark_restored
from hinomi.services.journals import JOURNAL
from hinomi.services.mandates import Operation, record
from hinomi.store.casebook import open_casebook
from hinomi.store.durable import built_folder, on_disk, sync_folder

FORMAT: Final = "hinomi-hub-backup-1"
LABEL: Final = "backup.json"
KEYS: Final = "keys"

_PARTS: Final = (
    CONFIG, "register.toml", "rulings.toml", "people.toml", "rulings", "sanctioned", "requests",
    "evidence", "models",
)  # fmt: skip
"""Besides the database, the journal and keys."""

_LABEL_MOST: Final = 2**24
_AT_ONCE: Final = 2**20


class Label(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup says of itself."""

    format: str
    made: str  # ISO 8601.
    number: int  # Of the newest snapshot in it; 0: there is none.
    has_keys: bool
    files: dict[str, str]  # SHA-256 of each by its path, 64 hex digits.


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a backup came to."""

    path: Path
    number: int
    files: int
    size_bytes: int
    has_keys: bool


def back_up(home: Home, path: Path, *, keys: bool = True) -> Saved:
    """
    Write all of a hub into the new file *path*, for its owner alone to read; journalled.

    Args:
        home: The hub's; it may be serving meanwhile.
        path: Of the file.
        keys: Whether the keys are in it. Whoever has them can sign lists in the hub's name.

    Raises:
        Conflict: If *path* exists.
        Unavailable: If disk or database refuse; then there is no file.
    """
    mandate = home.mandate(Operation.MAINTAIN)
    if path.exists():
        raise Conflict(f"{path} exists; name another file")
    facts = {"act": "backup", "keys": keys}
    record(home.journal(), Operation.MAINTAIN, mandate, facts)
    with on_disk(path), _beside(path) as folder:
        content = folder / "content"
        content.mkdir(mode=0o700)
        with home.casebook() as casebook:
            casebook.save(content / CASEBOOK)
        home.journal().copy(content / JOURNAL)
        for name in (*_PARTS, *([KEYS] if keys else [])):
            _copy(home.folder / name, content / name)
        label = _label(home, content, keys=keys)
        draft = folder / "backup.tar"
        _write(draft, content, label)
        os.link(draft, path)  # Never over what somebody put there meanwhile.
        sync_folder(path.absolute().parent)
    size = path.stat().st_size
    return Saved(
        path=path, number=label.number, files=len(label.files), size_bytes=size, has_keys=keys
    )


def restore(path: Path, folder: Path) -> Label:
    """
    Make a home at *folder* out of a backup, whole or not at all; it waits for `hub resume`.

    Args:
        path: What `back_up` wrote.
        folder: Where it shall lie; it does not exist yet, or is an empty folder.

    Raises:
        Conflict: If *folder* holds something.
        NotFound: If *path* does not exist.
        MalformedDocument: If it is no backup, or damaged.
        Unavailable: If the disk refuses.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}; name a backup of a hub") from error
    with file, built_folder(folder) as building, on_disk(folder):
        try:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                label = _unpack(archive, building, str(path))
        except (tarfile.TarError, EOFError) as error:
            raise MalformedDocument("is no backup of a hub, or damaged", str(path)) from error
        mark_restored(building, Restored(number=label.number, made=label.made))
    return label


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a folder on the same disk, for its owner alone, that is gone in the end."""
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.absolute().parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, or the files below a folder that a class of data speaks of, as far as it is."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", "lock"))
    elif source.exists():
        shutil.copyfile(source, target)


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _label(home: Home, content: Path, *, keys: bool) -> Label:
    with open_casebook(content / CASEBOOK) as casebook:
        number = casebook.hub.snapshots.newest_number()
    return Label(
        format=FORMAT,
        made=render_time(home.clock()),
        number=number,
        has_keys=keys,
        files={name: _digest(content / name) for name in _files(content)},
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(draft: Path, content: Path, label: Label) -> None:
    """Write label and files into one archive, durable when this returns."""
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:", format=tarfile.PAX_FORMAT) as archive:
            told = msgspec.json.encode(label)
            _add(archive, LABEL, io.BytesIO(told), len(told))
            for name in label.files:
                path = content / name
                with path.open("rb") as source:
                    _add(archive, name, source, path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())


def _add(archive: tarfile.TarFile, name: str, source: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    archive.addfile(info, source)


def _unpack(archive: tarfile.TarFile, building: Path, path: str) -> Label:
    """Take out the files that the label names, each as it was, and no others."""
    label = _read_label(archive, path)
    found: set[str] = set()
    while (member := archive.next()) is not None:
        if member.name not in label.files or member.name in found or not member.isreg():
            raise MalformedDocument(f"holds {member.name!r}, which its label does not name", path)
        source = archive.extractfile(member)
        if source is None or _take_out(source, building / member.name) != label.files[member.name]:
            raise MalformedDocument(f"{member.name} is not as it was saved", path)
        found.add(member.name)
    if missing := sorted(label.files.keys() - found):
        raise MalformedDocument(f"{missing[0]} is missing", path)
    return label


def _read_label(archive: tarfile.TarFile, path: str) -> Label:
    first = archive.next()
    source = None if first is None or first.name != LABEL else archive.extractfile(first)
    if source is None:
        raise MalformedDocument("is no backup of a hub", path)
    try:
        label = msgspec.json.decode(source.read(_LABEL_MOST), type=Label)
    except msgspec.DecodeError as error:
        raise MalformedDocument("is no backup of a hub, or of a later hinomi", path) from error
    if label.format != FORMAT:
        raise MalformedDocument(f"its format is not {FORMAT}", path)
    for name in label.files:
        plain = PurePosixPath(name)
        is_inside = not plain.is_absolute() and ".." not in plain.parts and str(plain) == name
        if not is_inside or class_of_file(name) is None:
            raise MalformedDocument(f"{name!r} is no file of a home", path)
    return label


def _take_out(source: IO[bytes], target: Path) -> str:
    """Write one file, durable when this returns, and give its digest."""
    for folder in reversed(target.parents):
        if not folder.exists():
            folder.mkdir(mode=0o700)
    seen = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while part := source.read(_AT_ONCE):
            seen.update(part)
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    return seen.hexdigest()
