"""What waits for the hub is what was approved, and the journal knows of it."""

from pathlib import Path

import msgspec
import pytest

from hinomi.errors import ConfigError, NotPermitted
from hinomi.govern.note import Signer
from hinomi.govern.roles import Kind
from hinomi.model.address import parse_address
from hinomi.model.statement import Endpoint, Statement
from hinomi.services.approvals import all_requests, approve, ask
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.waiting import (
    GOOD_FOR,
    Made,
    Waiting,
    content_of,
    drop_waiting,
    put_waiting,
    read_waiting,
    require_let_out,
    sent_of,
    told_of,
    waiting_of,
)
from household import DAY_MS, Household
from standin import StandIn

EPOCH = 20_000


def findings(*last: int) -> tuple[Statement, ...]:
    """Give findings at some addresses."""
    return tuple(
        Statement(endpoint=Endpoint(parse_address(f"203.0.113.{each}"), 6, 443)) for each in last
    )


def kept(home: Home, request: int | None, *last: int) -> Waiting:
    """Keep a file as whoever sends it does: the journal first."""
    made = waiting_of(read_joined(home), findings(*last), request, EPOCH)
    facts = {"stage": "kept", **made.facts()}
    entry = record(home.journal(), Operation.SUBMIT, home.mandate(Operation.SUBMIT), facts)
    return put_waiting(home, msgspec.structs.replace(made, entry=entry))


@pytest.fixture(name="waiting")
def an_approved_file(house: Household) -> Waiting:
    """Give a file that anna asked for and olga approved; the approval is not used yet."""
    home = house.act_as("anna")
    made = waiting_of(read_joined(home), findings(1, 2), None, EPOCH)
    number = ask(home, Kind.PUBLICATION, content_of(made), "our CERT").id
    approve(house.act_as("olga"), number)
    return kept(house.act_as("anna"), number, 1, 2)


def test_what_is_kept_is_found(house: Household, waiting: Waiting) -> None:
    """Until it is let go; a second file takes its place."""
    home = house.home()
    joined = read_joined(home)
    assert read_waiting(home, joined) == waiting
    assert waiting.statements() == findings(1, 2)
    put_waiting(home, msgspec.structs.replace(waiting, epoch=EPOCH + 1))

    again = read_waiting(home, joined)
    assert again is not None
    assert told_of(joined, again)["sent_after"] == "2024-10-06 00:00 UTC"
    assert (again.epoch, again.last) == (EPOCH + 1, EPOCH + GOOD_FOR)
    drop_waiting(home)
    drop_waiting(home)
    assert read_waiting(home, joined) is None


def test_the_order_of_the_file_makes_no_other_content(house: Household) -> None:
    """Nor does the epoch: another person approves findings."""
    joined = read_joined(house.home())
    one, other = (
        waiting_of(joined, findings(*rows), None, epoch)
        for rows, epoch in (((1, 2), EPOCH), ((2, 1), EPOCH + 9))
    )

    assert content_of(one) == content_of(other)
    assert content_of(one) != content_of(waiting_of(joined, findings(1, 3), None, EPOCH))


def test_the_approval_is_used_once(house: Household, waiting: Waiting) -> None:
    """By whoever sends it: a killed process may have kept it and gone no further."""
    require_let_out(house.act_as("oda"), waiting)
    assert all_requests(house.home())[-1].what is None
    require_let_out(house.home(), waiting)


def test_what_was_written_past_the_journal_lets_nothing_out(
    house: Household, waiting: Waiting
) -> None:
    """Other findings, another request, an entry that says something else, or none."""
    home = house.act_as("oda")
    joined = read_joined(home)
    other = waiting_of(joined, findings(8, 9), waiting.request, EPOCH).findings

    for changed in (
        {"findings": other}, {"count": 9}, {"request": 1}, {"request": None}, {"entry": 0},
        {"entry": -1}, {"entry": 10_000}, {"four_eyes": True},
    ):  # fmt: skip
        with pytest.raises(NotPermitted, match="the journal does not say"):
            require_let_out(home, msgspec.structs.replace(waiting, **changed))


def test_what_nobody_approved_is_not_let_out(house: Household, waiting: Waiting) -> None:
    """Refused, ended, of other content, or no such request at all."""
    home = house.act_as("anna")
    assert waiting.request is not None
    for request, last, why in (
        (waiting.request, 7, "not what another person approved"),
        (99, 1, "no request 99"),
        (1, 1, "not approved"),
    ):
        with pytest.raises(NotPermitted, match=why):
            require_let_out(home, kept(home, request, last))
    house.later(DAY_MS)
    with pytest.raises(NotPermitted, match="is not approved"):
        require_let_out(house.home(), waiting)


def test_what_only_takes_back_needs_nobody(house: Household) -> None:
    """Its findings do not go."""
    require_let_out(house.home(), kept(house.home(), None, 1))


def test_what_was_for_another_hub_is_let_go(
    house: Household, hub: StandIn, waiting: Waiting, tmp_path: Path
) -> None:
    """One that was founded anew under the same name is another: its key is."""
    hub.list_key = Signer("hub.example/list", b"n" * 32)
    hub.let_in(house.act_as(None), tmp_path)

    assert read_waiting(house.home(), read_joined(house.home())) is None


def test_no_batch_was_sent_of_it_before_one_was_made(house: Household, waiting: Waiting) -> None:
    """Nor where the hub gave no receipt."""
    home = house.home()
    made = msgspec.structs.replace(waiting, made=Made(EPOCH, "0" * 64))

    assert sent_of(home, read_joined(home), waiting) is None
    assert sent_of(home, read_joined(home), made) is None


def test_a_damaged_file_is_told(house: Household, waiting: Waiting) -> None:
    """It is not sent, and nothing is sent in its place."""
    (path,) = house.folder.glob("hub/upload.json")
    path.write_bytes(b"{")

    with pytest.raises(ConfigError, match="damaged"):
        read_waiting(house.home(), read_joined(house.home()))
