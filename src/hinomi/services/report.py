"""The report page of one detection run, written to a file whole or not at all."""

import os
import tempfile
from pathlib import Path

from hinomi.clock import Clock, wall_clock
from hinomi.errors import NotFound
from hinomi.services.detecting import Detection
from hinomi.services.page import render_page
from hinomi.store.durable import on_disk


def write_report(detection: Detection, path: Path, *, clock: Clock = wall_clock) -> None:
    """
    Write the report page of *detection* to *path*, in place of what stood there.

    Args:
        detection: What one run found.
        path: The file to write; its folder must exist.
        clock: Tells when the page was made.

    Raises:
        NotFound: If the folder does not exist.
        Unavailable: If the disk does not take the file.
    """
    if not path.parent.is_dir():
        raise NotFound(f"{path.parent}: no such folder for the report; make it, then repeat")
    page = render_page(detection, made_ms=clock())
    with on_disk(path):
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(page)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
