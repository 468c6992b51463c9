"""Writing to a local disk so that a file is there whole, or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hinomi.errors import Conflict, Unavailable


@contextmanager
def on_disk(where: Path) -> Iterator[None]:
    """
    Turn what the disk says into `Unavailable`, naming *where*.

    Raises:
        Unavailable: In place of an OSError: no space, no permission, a broken disk.
    """
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        raise Unavailable(f"{where}: {cause}; mend that, then repeat") from error


def require_file_place(path: Path) -> None:
    """
    Make sure that a file can be put at *path*, before the work that it is to hold.

    Raises:
        Unavailable: If its folder is missing or takes no file, or a folder lies there.
    """
    with on_disk(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _try_folder(path.parent)


def require_folder_place(folder: Path) -> None:
    """
    Make sure that *folder* takes files or can be made, before the work that it is to hold.

    Raises:
        Unavailable: If it is a file, or neither it nor the folder above takes anything.
    """
    with on_disk(folder):
        _try_folder(next(each for each in (folder, *folder.parents) if each.exists()))


@contextmanager
def built_folder(folder: Path) -> Iterator[Path]:
    """
    Build a folder elsewhere, which gets its name when all of it is there, or leaves nothing.

    Args:
        folder: Where it shall lie: it does not exist yet, or is empty.

    Raises:
        Conflict: If *folder* holds something.
        Unavailable: If the disk refuses.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} exists and is not empty; name another folder")
    with on_disk(folder):
        parent = folder.absolute().parent
        parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=parent))  # Mode 0700.
    try:
        yield building
        with on_disk(folder):
            building.rename(folder.absolute())  # Takes the place of an empty folder at most.
            sync_folder(parent)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _try_folder(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder):
        pass


def write_durably(path: Path, content: bytes) -> None:
    """
    Create *path* with *content*, durable when this returns.

    Raises:
        FileExistsError: If *path* exists: it stays as it is.
    """
    draft = draft_of(path)
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    # A link, not a rename: it never replaces what another writer put there.
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
    sync_folder(path.parent)


def replace_durably(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """
    Put *content* in place of whatever *path* held, durable when this returns.

    Args:
        path: Where.
        content: The whole file.
        mode: Who may do what with it, less the process's umask.

    Raises:
        Unavailable: If the disk refuses; what *path* held stays.
    """
    draft = draft_of(path)
    with on_disk(path):
        draft.unlink(missing_ok=True)  # Of another mode.
        with open(draft, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
        publish(path)
        sync_folder(path.parent)


def write_secret(path: Path, content: bytes) -> None:
    """
    Keep a new secret at *path*, readable by its owner alone; its folder is made if need be.

    Raises:
        FileExistsError: If *path* exists: the old one may be needed, and stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def draft_of(path: Path) -> Path:
    """Name the file in which *path* is prepared."""
    return path.with_name(f".{path.name}.tmp")


def publish(path: Path) -> None:
    """Give a finished draft its name; durable once its folder is synced as well."""
    draft = draft_of(path)
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.rename(path)


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
