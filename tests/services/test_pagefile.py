"""A page is written whole or not at all, for its owner alone."""

import os
import stat
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import pytest

from hinomi.errors import NotFound, Unavailable, UsageError
from hinomi.services.pagefile import require_page_place, write_page

PAGE: Final = "<!DOCTYPE html><title>page</title>"


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    """A page names candidates, so it is as private as the home."""
    path = tmp_path / "report.html"

    write_page(PAGE, path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_earlier_page_is_replaced_and_nothing_is_left_beside(tmp_path: Path) -> None:
    """The new page stands in place of the old one, with no draft next to it."""
    path = tmp_path / "report.html"
    path.write_text("old", "utf-8")

    write_page(PAGE, path)

    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    """Where the name is a link, the file it leads to is replaced."""
    (tmp_path / "real").mkdir()
    (tmp_path / "latest.html").symlink_to(tmp_path / "real" / "report.html")

    write_page(PAGE, tmp_path / "latest.html")

    assert (tmp_path / "latest.html").is_symlink()
    assert (tmp_path / "real" / "report.html").is_file()


def test_a_link_that_leads_in_circles_is_replaced(tmp_path: Path) -> None:
    """A broken link ends in a page, not in a traceback."""
    path = tmp_path / "report.html"
    path.symlink_to(path)

    write_page(PAGE, path)

    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A folder that does not exist is not made, but told."""
    with pytest.raises(NotFound, match="no such folder"):
        write_page(PAGE, tmp_path / "missing" / "report.html")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    """A folder is not replaced by a page."""
    with pytest.raises(UsageError, match="not an ordinary file"):
        write_page(PAGE, tmp_path)


def test_a_device_is_refused(tmp_path: Path) -> None:
    """A pipe or device, such as /dev/null, would be destroyed by a page in its place."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(UsageError, match="not an ordinary file"):
        write_page(PAGE, pipe)

    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_name_that_the_disk_refuses_leaves_nothing(tmp_path: Path) -> None:
    """What the disk says is told in one line, and no draft stays behind."""
    with pytest.raises(Unavailable, match="too long"):
        write_page(PAGE, tmp_path / ("x" * 300))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "error"), [("missing/report.html", NotFound), ("", UsageError), ("ok.html", None)]
)
def test_a_place_is_looked_at_before_the_work(
    tmp_path: Path, name: str, error: type[Exception] | None
) -> None:
    """It refuses what writing would refuse, and leaves nothing there."""
    refused = nullcontext() if error is None else pytest.raises(error)

    with refused:
        require_page_place(tmp_path / name)

    assert list(tmp_path.iterdir()) == []
