"""A page for people, written to a file whole or not at all, readable by its owner alone."""

import os
import tempfile
from pathlib import Path

from hinomi.errors import NotFound, UsageError
from hinomi.store.durable import on_disk, require_file_place, sync_folder


def require_page_place(path: Path) -> None:
    """
    Make sure that a page can be put at *path*, before what it is of is done.

    Raises:
        As `write_page`.
    """
    with on_disk(path):
        require_file_place(_target(path))


def write_page(page: str, path: Path) -> None:
    """
    Write a finished page to *path*, in place of what stood there, readable by its owner alone.

    Raises:
        NotFound: If the folder does not exist.
        UsageError: If *path* is a folder, a device or a pipe.
        Unavailable: If the disk does not take the file.
    """
    with on_disk(path):
        target = _target(path)
        descriptor, draft = tempfile.mkstemp(prefix=".report-", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(page)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        sync_folder(target.parent)


def _target(path: Path) -> Path:
    """Give the file that is replaced: a link stays, what it leads to does not."""
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise NotFound(f"{path.parent}: no such folder for the report; make it, then repeat")
    if target.exists() and not target.is_file():
        raise UsageError(f"{path}: not an ordinary file; name one for the report")
    return target
