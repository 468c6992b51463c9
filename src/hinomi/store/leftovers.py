"""Files and folders that nobody writes any more: how old they are, and how they go."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from hinomi.store.durable import on_disk, sync_folder
from hinomi.store.keeper import destroy_secret


def changed_ms(path: Path) -> int:
    """Tell when a file, or the latest in a folder, was written, ms; 0 where it is gone."""
    paths = [path, *path.rglob("*")] if path.is_dir() else [path]
    return max(map(_changed_ms, paths))


def drafts_in(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the drafts of files (`store.durable.draft_of`) in *folders* and below."""
    for folder in folders:
        for path in sorted(folder.rglob(".*.tmp")):
            if path.is_file():
                yield path


def delete(path: Path, *, is_secret: bool = False) -> None:
    """
    Delete a file or a folder, durable; where it is gone, that is all.

    Args:
        path: Which. Of a link, the link.
        is_secret: Whether it may be a key: then its bytes are overwritten first.

    Raises:
        Unavailable: If the disk refuses.
    """
    with on_disk(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif is_secret and not path.is_symlink():
            destroy_secret(path)
        else:
            path.unlink(missing_ok=True)
        sync_folder(path.parent)


def _changed_ms(path: Path) -> int:
    try:
        return os.lstat(path).st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return 0
