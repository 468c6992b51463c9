"""What members said is held against what they signed, and against the journal."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from foundedhubs import FoundedHub
from hinomi.errors import MalformedDocument
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.hub.checking import check
from hinomi.services.mandates import Operation, record
from hinomi.share.canonical import digest
from hinomi.store.hub.schema import BATCHES
from hubs import Node, server

SERVERS = [server(each) for each in range(20, 28)]


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub with one list, and batches for the second."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs(SERVERS)
    for name in hub.nodes:
        hub.submits(name, SERVERS)
    return hub


def altered(hub: FoundedHub, change: Callable[[str, bytes], dict[str, object]]) -> None:
    """Change every batch past the stores."""
    engine = sa.create_engine(f"sqlite:///{hub.folder / CASEBOOK}")
    with engine.begin() as connection:
        for row in connection.execute(sa.select(BATCHES)).all():
            its = {"member": row.member, "deed": row.deed, "epoch": row.epoch}
            statement = sa.update(BATCHES).filter_by(**its)
            connection.execute(statement.values(**change(row.note, row.body)))
    engine.dispose()


def _other(body: bytes) -> bytes:
    return body.replace(b"198.51.100.20", b"198.51.100.77")


def test_all_batches_are_looked_at(hub: FoundedHub) -> None:
    """And whole ones are no fault."""
    found = check(hub.home())

    assert (found.batches, found.faults) == (10, ())


def test_an_altered_body_is_found_and_never_weighed(hub: FoundedHub) -> None:
    """The list is refused in one line, and its epoch is not even sealed."""
    with hub.home().casebook() as casebook:
        sealed = casebook.hub.snapshots.sealed()
    altered(hub, lambda _note, body: {"body": _other(body)})

    faults = check(hub.home()).faults
    assert sum("its body is not the one whose digest was signed" in each for each in faults) == 10
    with pytest.raises(MalformedDocument, match=r"submission of .*: is not as it was signed"):
        hub.publishes()
    with hub.home().casebook() as casebook:
        assert casebook.hub.snapshots.sealed() == sealed
        assert casebook.hub.snapshots.newest_number() == 1


def test_a_body_whose_digest_was_altered_with_it_is_found_and_never_weighed(
    hub: FoundedHub,
) -> None:
    """The signed note still has the other one."""
    altered(hub, lambda _note, body: {"body": _other(body), "digest": digest(_other(body))})

    assert any("about something else" in each for each in check(hub.home()).faults)
    with pytest.raises(MalformedDocument, match="is not as it was signed"):
        hub.publishes()


def test_a_note_that_was_altered_with_it_is_signed_by_nobody(hub: FoundedHub) -> None:
    """The journal contradicts it as well."""
    altered(
        hub,
        lambda note, body: {
            "body": _other(body),
            "digest": digest(_other(body)),
            "note": note.replace(digest(body), digest(_other(body))),
        },
    )

    faults = check(hub.home()).faults
    assert any("not signed by the member" in each for each in faults)
    assert any("its entry of the journal is about something else" in each for each in faults)


def test_a_key_that_was_changed_later_is_no_fault(hub: FoundedHub) -> None:
    """What was signed with the one before is checked as far as it goes, and that is said."""
    home = hub.home()
    facts = {"act": "change", "member": "isp-a", "changed": ["signing_key"]}
    record(home.journal(), Operation.MEMBERS, home.mandate(Operation.MEMBERS), facts)
    _with_other_key(hub, "isp-a")

    found = check(hub.home())
    assert found.faults == ()
    assert any("2 signatures are by keys that members have no more" in e for e in found.left_out)


def test_a_key_that_nobody_changed_is_one(hub: FoundedHub) -> None:
    """Else whoever alters a batch would put another key beside it."""
    _with_other_key(hub, "isp-a")

    faults = check(hub.home()).faults
    assert sum("batch of isp-a" in each and "not signed" in each for each in faults) == 2


def _with_other_key(hub: FoundedHub, name: str) -> None:
    with hub.home().casebook() as casebook:
        member = casebook.hub.members.get(name)
        key = Node("another").signer.verifier.render()
        casebook.hub.members.put(replace(member, signing_key=key))
