"""Members in the database: as it lies there, and changed by two at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from hinomi.errors import Conflict
from hinomi.model.member import MemberState
from hinomi.store.casebook import open_casebook
from hubs import Node

PROCESSES = 6


def test_of_two_changes_at_once_one_is_made(tmp_path: Path) -> None:
    """Whoever read what is not there any more is told, and overwrites nothing."""
    path = tmp_path / "casebook.sqlite"
    before = Node("isp-a").member()
    with open_casebook(path) as casebook:
        casebook.hub.members.add(before)

    def change(number: int) -> bool:
        with open_casebook(path) as casebook:
            try:
                casebook.hub.members.put(replace(before, page=f"https://{number}.example/"), before)
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(PROCESSES) as pool:
        done = list(pool.map(change, range(PROCESSES)))

    assert sum(done) == 1
    with open_casebook(path) as casebook:
        assert casebook.hub.members.get("isp-a").page == f"https://{done.index(True)}.example/"


def test_a_state_follows_on_those_that_it_may(tmp_path: Path) -> None:
    """One who left is not suspended."""
    with open_casebook(tmp_path / "casebook.sqlite") as casebook:
        store = casebook.hub.members
        store.add(Node("isp-a", state=MemberState.LEFT).member())

        with pytest.raises(Conflict):
            store.set_state("isp-a", MemberState.SUSPENDED, [MemberState.ADMITTED])

        assert store.get("isp-a").state is MemberState.LEFT


def test_no_token_is_kept(tmp_path: Path) -> None:
    """Its digest is: whoever reads the database cannot come in by it."""
    path = tmp_path / "casebook.sqlite"
    node = Node("isp-a")
    with open_casebook(path) as casebook:
        casebook.hub.members.add(node.member())
        casebook.hub.members.add_credential(node.credential())

    raw = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert node.token.encode() not in raw
    assert node.credential().token_digest.encode() in raw
