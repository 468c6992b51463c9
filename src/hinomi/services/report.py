"""The report page of one detection run, written to a file whole or not at all."""

from pathlib import Path

from hinomi.clock import Clock, wall_clock
from hinomi.services.detecting import Detection
from hinomi.services.page import render_page
from hinomi.services.pagefile import write_page


def write_report(detection: Detection, path: Path, *, clock: Clock = wall_clock) -> None:
    """
    Write the report page of *detection* to *path*, in place of what stood there.

    Only its owner can read the file, as with the home: it names candidates.

    Args:
        detection: What one run found.
        path: The file to write; its folder must exist.
        clock: Tells when the page was made.

    Raises:
        NotFound: If the folder does not exist.
        UsageError: If *path* is a folder, a device or a pipe.
        Unavailable: If the disk does not take the file.
    """
    write_page(render_page(detection, made_ms=clock()), path)
