"""What leaves the house: five facts of each listing, and a line of the journal."""

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest

from docket import (
    NOW_MS,
    SERVER,
    STAGES,
    At,
    acts,
    bodies,
    end,
    lead,
    manned,
    require_no_address,
    service,
)
from hinomi.errors import NotPermitted
from hinomi.govern.matrix import Purpose
from hinomi.model.case import CaseState, ServiceClass
from hinomi.model.listing import Listing
from hinomi.services.listings import (
    FIELDS,
    export_listings,
    listed_by,
    render_csv,
    render_json,
    show_listings,
)
from household import DAY_MS
from standin import epoch_at


def test_what_is_listed_is_shown_and_exported(at: At) -> None:
    """The same listings; each access is a line of the journal, with a number and no address."""
    house = at(CaseState.LISTED)
    home, begun = house.act_as("anna"), len(house.entries())

    shown, exported = show_listings(home), export_listings(home)

    assert shown == exported
    assert [each.address for each in shown] == [service().address]
    assert acts(house, since=begun) == [("listings show", None), ("listings export", None)]
    assert [each["listings"] for each in bodies(house, since=begun)] == [1, 1]
    require_no_address(house)


@pytest.mark.parametrize("stage", [None, CaseState.CANDIDATE, CaseState.LISTABLE])
def test_only_what_is_listed_leaves(at: At, stage: CaseState | None) -> None:
    """What is on its way is nobody else's business."""
    assert export_listings(at(stage).act_as("anna")) == ()


def test_what_nobody_renewed_leaves_no_more(at: At) -> None:
    """Its lease is over: a node that stood still exports nothing stale."""
    house = at(CaseState.LISTED)
    house.later(7 * DAY_MS)
    assert len(export_listings(house.act_as("anna"))) == 1
    house.later(DAY_MS)

    assert export_listings(house.home()) == ()


def test_a_laboratory_exports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows what it has listed; the refusal is in the journal (R3)."""
    house = manned(tmp_path / "home", monkeypatch, lambda: NOW_MS, sampling=1)
    for stage in STAGES:
        lead(house, stage)
    begun = len(house.entries())

    assert len(show_listings(house.home())) == 1
    with pytest.raises(NotPermitted, match="a laboratory can share nothing"):
        export_listings(house.home())

    assert acts(house, since=begun) == [("listings show", None), ("listings export", "refused")]


def test_without_its_purpose_nothing_leaves(at: At) -> None:
    """Neither shown nor exported."""
    house = at(CaseState.LISTED)
    end(house, Purpose.SHARE_CC)
    home, begun = house.home(), len(house.entries())

    for act in (show_listings, export_listings):
        with pytest.raises(NotPermitted):
            act(home)

    assert acts(house, since=begun) == [("refused", None)] * 2


LISTED = (
    Listing(service().address, 6, 443, ServiceClass.DEDICATED, 20_780),
    Listing(service("2001:db8::9").address, 17, 53, ServiceClass.COMPROMISED, 20_779),
)


def test_five_fields_leave_and_no_sixth() -> None:
    """Whatever the form."""
    rows = list(csv.DictReader(io.StringIO(render_csv(LISTED, 1))))
    documents = json.loads(render_json(LISTED, 1))

    assert list(documents) == ["listings"]
    assert [list(each) for each in (*rows, *documents["listings"])] == [[*FIELDS]] * 4
    assert [{**each, "port": int(each["port"])} for each in rows] == documents["listings"]
    assert documents["listings"][1] == {
        "address": "2001:db8::9", "protocol": "udp", "port": 53, "class": "compromised-host",
        "valid_until_epoch": "2026-11-22",
    }  # fmt: skip


def test_the_same_listings_give_the_same_bytes() -> None:
    """Lines end alike everywhere; nothing says when it was written."""
    assert render_csv(LISTED[:1], 1) == (
        f"address,protocol,port,class,valid_until_epoch\n{SERVER},tcp,443,dedicated,2026-11-23\n"
    )
    assert render_csv((), 1) == "address,protocol,port,class,valid_until_epoch\n"
    assert json.loads(render_json((), 1)) == {"listings": []}


def test_what_was_listed_past_the_journal_is_not_exported(at: At) -> None:
    """Whoever writes into the database by hand lets nothing out; and it is told which case."""
    house = at(CaseState.LISTED)
    home = house.act_as("anna")
    with sqlite3.connect(home.folder / "casebook.sqlite") as tampered:
        tampered.execute("UPDATE case_events SET entry = 0 WHERE step = 'list'")
    tampered.close()
    begun = len(house.entries())

    with pytest.raises(NotPermitted, match="let out case 1"):
        export_listings(home)

    assert [each for each, _ in acts(house, since=begun)] == ["listings export"]


def test_an_entry_whose_body_was_deleted_in_time_still_counts(at: At) -> None:
    """The journal keeps its place; how long its words stay is another matter."""
    house = at(CaseState.LISTED)
    home = house.act_as("anna")
    home.journal().delete_bodies(NOW_MS + DAY_MS)

    assert len(export_listings(home)) == 1


def test_what_was_listed_in_an_epoch_is_listed_by_its_end(at: At) -> None:
    """And not by that of the one before."""
    home = at(CaseState.LISTED).home()
    now = epoch_at(home)
    with home.casebook() as casebook:
        assert [each.case_id for each in listed_by(casebook, now)] == [1]
        assert listed_by(casebook, now - 1) == []
