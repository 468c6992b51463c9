"""Whatever a hub keeps beside its lists is held against what the journal was told of it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hinomi.model.member import MemberState
from hinomi.model.statement import Deed, Endpoint, Sighting
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.hub.authorities import certify_hub
from hinomi.services.hub.checking import Checked, check
from hinomi.services.hub.founding import KEYS, list_signer
from hinomi.services.hub.intake import acknowledge
from hinomi.services.hub.members import suspend
from hinomi.services.hub.ruling import decide
from hinomi.services.retention import run_retention
from hinomi.share.signing import Signed
from hinomi.share.snapshot import read_head
from hubdesks import Desk
from hubs import HubHouse, server

SERVERS = [server(number) for number in range(1, 7)]
DISPUTED = server(50)


ROUNDS = {"hub_rounds", "hub_tables", "hub_answers"}
"""Of private corroboration, which last for some epochs and make no list."""


def acknowledges(house: HubHouse, name: str, number: int) -> None:
    """Let a member say, and sign, that it uses a snapshot."""
    home = house.home()
    with home.casebook() as casebook:
        summary = casebook.hub.snapshots.summary(number)
        assert summary is not None
        head = read_head(summary.head)
        signed = Signed(
            deed=Deed.ACKNOWLEDGEMENT,
            hub=list_signer(home).name,
            member=name,
            epoch=head.epoch,
            epoch_days=head.epoch_days,
            digest=head.json_digest,
        )
        member = casebook.hub.members.get(name)
        acknowledge(home, casebook, member, number, signed.sign(house.nodes[name].signer))


@pytest.fixture(name="desk")
def a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make a hub of some epochs, in which every table has rows."""
    desk = Desk.staffed(tmp_path / "hub", monkeypatch)
    said: dict[str, list[Endpoint]] = {"a": SERVERS, "b": [*SERVERS, DISPUTED], "c": SERVERS}
    desk.next_epoch(**said)
    acknowledges(desk.house, "isp-a", 1)
    for person in ("rita", "ruth"):
        decide(desk.as_(person), DISPUTED, is_listed=False, reason="a mail server")
    desk.house.epoch += 1
    for name, its in said.items():
        desk.house.submits(f"isp-{name}", its[1:])
    desk.house.sights("isp-d", 1, {SERVERS[0]: Sighting.GONE})
    desk.monkeypatch.delenv("HINOMI_TOKEN", raising=False)
    desk.house.publishes()
    desk.next_epoch(**said)
    return desk


def checked(desk: Desk) -> Checked:
    """Check the hub."""
    return check(desk.house.home())


def columns(path: Path) -> Iterator[tuple[str, str, Any]]:
    """Give table, column and first cell of all that the hub keeps."""
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in sorted(found):
            if table.startswith("hub_") and table not in ROUNDS:
                rows = database.execute(f"select * from {table}")  # noqa: S608 - a name of ours.
                names = [each[0] for each in rows.description]
                first = rows.fetchone()
                assert first is not None, table
                yield from ((table, *each) for each in zip(names, first, strict=True))


def other(cell: Any) -> Any:
    """Give another cell of the same kind."""
    if isinstance(cell, bytes):
        return cell[:-1] + bytes([cell[-1] ^ 1]) if cell else b"x"
    if isinstance(cell, str):
        return cell[:-2] + ("b" if cell[-2:-1] == "a" else "a") + cell[-1:] if cell else "x"
    return cell + 1


def altered(path: Path, statement: str, *cells: Any) -> bool:
    """Change the database past the stores; tell whether it let that happen."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma foreign_keys = off")
        try:
            database.execute(statement, cells)
        except sqlite3.IntegrityError:
            return False
        database.commit()
    return True


def test_every_cell_of_every_table_counts(desk: Desk, tmp_path: Path) -> None:
    """Whichever is altered, one at a time, and whichever row is gone, it is found."""
    path = desk.house.folder / CASEBOOK
    whole = path.read_bytes()
    missed, tables = [], set()
    assert checked(desk).faults == checked(desk).left_out == ()
    for table, column, cell in list(columns(path)):
        tables.add(table)
        first = f"rowid = (select min(rowid) from {table})"  # noqa: S608
        for statement, cells in (
            (f"update {table} set {column} = ? where {first}", (other(cell),)),  # noqa: S608
            (f"delete from {table} where {first}", ()),  # noqa: S608
        ):
            if altered(path, statement, *cells) and not checked(desk).faults:
                missed.append(statement)
            for each in path.parent.glob(f"{CASEBOOK}*"):
                each.unlink()
            path.write_bytes(whole)

    assert set(missed) == set()
    assert len(tables) == 13


@pytest.mark.parametrize(
    "name", ["identity.key", "envelope.key", "authority.key", "authority.pem", "server.key"]
)
def test_every_key_counts(desk: Desk, name: str) -> None:
    """Another one in its place, or none, though nobody looks at it in daily use."""
    path = desk.house.folder / KEYS / name
    path.write_bytes(other(path.read_bytes()))
    assert any(f"{name}: it is not the one" in each for each in checked(desk).faults)
    path.unlink()
    assert any(f"{name}: it is missing" in each for each in checked(desk).faults)


def test_a_key_that_nobody_entered_counts(desk: Desk) -> None:
    """Such as of one more authority that may let nodes in."""
    (desk.house.folder / KEYS / "client-authorities.pem").write_text("x", "utf-8")

    assert any("client-authorities.pem" in each for each in checked(desk).faults)


def test_what_people_do_is_no_fault(desk: Desk) -> None:
    """It stands in the journal; what it touches is compared with the next list, and it is said."""
    suspend(desk.as_("olaf"), "isp-e", "it asked for that")
    certify_hub(desk.as_("olaf"))
    decide(desk.as_("rita"), SERVERS[0], is_listed=False, reason="gone", gone=True)
    found = checked(desk)

    assert found.faults == ()
    told = "\n".join(found.left_out)
    for each in ("people changed isp-e", "server.key", "hub_rulings: people decided"):
        assert each in told
    desk.next_epoch(a=SERVERS, b=SERVERS)
    assert checked(desk).left_out == checked(desk).faults == ()
    with desk.house.home().casebook() as casebook:
        assert casebook.hub.members.get("isp-e").state is MemberState.SUSPENDED


@pytest.mark.parametrize("days", [1, 120, 500, 4_000])
def test_retention_is_no_fault(desk: Desk, days: int) -> None:
    """What is due goes, also long after the last list; then it is said what was not compared."""
    desk.house.epoch += days
    run_retention(desk.as_("olaf"))
    found = checked(desk)

    assert found.faults == ()
    assert bool(found.left_out) == (days > 1)


def test_a_publication_that_was_broken_off_is_no_fault(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever that was: what is written by then is told of, or not compared."""
    for step in ("keep_weighings", "keep_figures", "keep_state", "sign_head"):
        desk.house.epoch += 1
        desk.house.submits("isp-a", SERVERS)
        with monkeypatch.context() as patched:
            patched.setattr(f"hinomi.services.hub.publishing.{step}", _stop)
            patched.delenv("HINOMI_TOKEN", raising=False)
            with pytest.raises(KeyboardInterrupt):
                desk.house.publishes()
        assert checked(desk).faults == (), step


def _stop(*_given: object, **_named: object) -> None:
    raise KeyboardInterrupt
