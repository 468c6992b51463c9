"""Folders to work in that go with the process that made them, even if it is killed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """
    Give a folder in *parent*, readable by its owner alone, that goes afterwards.

    What processes that were killed have left behind goes first.

    Args:
        parent: Where.
        prefix: Begins its name, which goes on with the number of this process.

    Raises:
        OSError: If the disk refuses.
    """
    _sweep(parent, prefix)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=parent))  # Mode 0700.
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path, prefix: str) -> None:
    """Delete the folders whose names tell a process that is no more; others are not ours."""
    for left in parent.glob(f"{prefix}*-*"):
        owner = left.name.removeprefix(prefix).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
