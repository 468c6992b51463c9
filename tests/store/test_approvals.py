"""Requests on disk: each whole in a file of its own, numbered in order, for its owner alone."""

import stat
from pathlib import Path

import msgspec
import pytest

from hinomi.errors import Conflict, MalformedDocument, NotFound, Unavailable
from hinomi.govern.approvals import Decision, Request, State
from hinomi.govern.roles import Kind
from hinomi.store import approvals
from hinomi.store.approvals import RequestFiles


def request(number: int) -> Request:
    """Describe a request."""
    return Request(
        id=number,
        kind=Kind.PUBLICATION,
        by="anna",
        reason="x",
        what={"address": "192.0.2.1", "share": 0.5},
        salt="00" * 32,
        seal="ab",
        asked_ms=1,
        ends_ms=2,
        needed=1,
        entry=3,
        approved=(Decision(by="bert", at_ms=2, entry=4),),
    )


@pytest.fixture(name="files")
def empty(tmp_path: Path) -> RequestFiles:
    """Give a folder that does not exist yet."""
    return RequestFiles(tmp_path / "requests")


def test_a_request_is_read_as_it_was_kept(files: RequestFiles) -> None:
    """Every field; the newest state of each number."""
    with files.held():
        files.put(request(1))
        files.put(msgspec.structs.replace(request(1), state=State.USED, what=None))

    assert files.get(1).state is State.USED
    assert files.get(1).approved == request(1).approved
    assert files.all() == [files.get(1)]


def test_numbers_go_on(files: RequestFiles) -> None:
    """In the order of asking, beyond four digits too."""
    assert files.next_id() == 1
    with files.held():
        for number in (2, 10_000, 9_999):
            files.put(request(number))

    assert [each.id for each in files.all()] == [2, 9_999, 10_000]
    assert files.next_id() == 10_001


def test_a_number_that_nobody_has_is_not_found(files: RequestFiles) -> None:
    """Also before there are any."""
    with pytest.raises(NotFound, match="no request 7"):
        files.get(7)
    assert files.all() == []


def test_only_the_owner_reads_what_is_asked_for(files: RequestFiles, tmp_path: Path) -> None:
    """It may name an address."""
    with files.held():
        files.put(request(1))

    assert stat.S_IMODE((tmp_path / "requests").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "requests" / "0001.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"id": 1, "colour": "red"}'])
def test_a_damaged_file_is_named(files: RequestFiles, tmp_path: Path, content: bytes) -> None:
    """One line; nothing is taken for a request that is none."""
    (tmp_path / "requests").mkdir()
    (tmp_path / "requests" / "0001.json").write_bytes(content)

    with pytest.raises(MalformedDocument, match=r"0001\.json"):
        files.all()


def test_one_process_changes_requests_at_a_time(
    files: RequestFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one waits for a bounded time."""
    monkeypatch.setattr(approvals, "LOCK_WAIT_S", 0.05)
    with (
        files.held(),
        pytest.raises(Conflict, match="another process"),
        RequestFiles(tmp_path / "requests").held(),
    ):
        pass


def test_a_disk_that_refuses_is_said_to(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "requests").write_text("")

    with pytest.raises(Unavailable), RequestFiles(tmp_path / "requests").held():
        pass
