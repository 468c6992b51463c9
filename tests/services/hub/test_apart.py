"""A list is made in a process beside the hub, and what became of it is told."""

from pathlib import Path

import pytest

from hinomi.clock import wall_clock
from hinomi.errors import Conflict, Unavailable
from hinomi.services.hub.apart import OTHERS_MS, leave_to_others, publish_apart
from hinomi.services.hub.epochs import due_ms, present_epoch
from openhub import SetClock, make_hub


def test_the_list_is_made_once(tmp_path: Path) -> None:
    """The second time it is there already."""
    home = make_hub(tmp_path / "hub", wall_clock)

    publish_apart(home)

    with home.casebook() as casebook:
        assert casebook.hub.snapshots.newest_number() == 1
    with pytest.raises(Conflict, match="made already"):
        publish_apart(home)


def test_what_others_do_not_make_is_told_after_an_hour(tmp_path: Path) -> None:
    """And nothing is made."""
    clock = SetClock()
    home = make_hub(tmp_path / "hub", clock)
    clock.now_ms = due_ms(home, present_epoch(home)) + OTHERS_MS - 1
    leave_to_others(home)
    clock.now_ms += 1

    with pytest.raises(Unavailable, match=r"nobody has made the list of 2026-01-01.*--no-publish"):
        leave_to_others(home)


def test_why_it_could_not_be_made_is_told(tmp_path: Path) -> None:
    """In the words of the process that tried."""
    home = make_hub(tmp_path / "hub", wall_clock)
    (home.folder / "keys/hub/list.key").unlink()

    with pytest.raises(Unavailable, match=r"list\.key"):
        publish_apart(home)
