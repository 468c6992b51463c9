"""Tests of writing the report page to a file."""

from pathlib import Path

from builders import NOON_MS
from detections import candidate, detection
from hinomi.services.page import render_page
from hinomi.services.report import write_report


def test_the_file_holds_the_page(tmp_path: Path) -> None:
    """What is written is the page of the run, made at the time that the clock tells."""
    found = detection(candidate())

    write_report(found, tmp_path / "report.html", clock=lambda: NOON_MS)

    page = (tmp_path / "report.html").read_text("utf-8")
    assert page == render_page(found, made_ms=NOON_MS)
