"""A file of findings goes once somebody counted the lines and another person agreed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from docket import bodies
from hinomi.errors import (
    Conflict,
    MalformedDocument,
    NotFound,
    NotPermitted,
    Unavailable,
    UsageError,
)
from hinomi.model.statement import Deed
from hinomi.services.approvals import approve
from hinomi.services.home import Home
from hinomi.services.membership.asking import NotTaken
from hinomi.services.membership.overview import overview
from hinomi.services.membership.pulling import pull
from hinomi.services.membership.sending import all_waiting
from hinomi.services.membership.submitting import Submitted, submit
from hinomi.services.membership.uploading import (
    plan_due,
    plan_file,
    submit_due,
    submit_file,
)
from hinomi.services.membership.waiting import GOOD_FOR
from hinomi.services.networks import replace_networks
from hinomi.store import durable
from hinomi.store.durable import sync_folder
from household import DAY_MS, HOUR_MS, Household
from listedmany import counted
from standin import StandIn, epoch_at, listing

HEADER = "address,protocol,port"
ROWS = tuple(f"203.0.113.{last},tcp,443" for last in (9, 5, 7, 6, 8))
SERVERS = tuple(f"203.0.113.{last} tcp/443" for last in range(5, 10))


@pytest.fixture(name="path")
def a_file(tmp_path: Path) -> Path:
    """Give a file of five findings, in the order in which they were found."""
    return written(tmp_path, HEADER, *ROWS)


def written(folder: Path, *rows: str) -> Path:
    """Write a file."""
    path = folder / "findings.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def send(home: Home, path: Path) -> Submitted:
    """Send a file whose lines were counted."""
    return submit_file(home, path, lines_checked=True, reason="our CERT saw them")


def agreed(house: Household, path: Path, request: int = 2) -> Home:
    """Let anna ask, olga approve, and anna act."""
    with pytest.raises(Conflict, match=f"request {request} waits"):
        send(house.act_as("anna"), path)
    approve(house.act_as("olga"), request)
    return house.act_as("anna")


def shut(hub: StandIn) -> None:
    """Let the hub have made the list of this epoch: it takes in nothing more for it."""
    hub.refuse = lambda path: (
        (409, b'{"error":"the list of today is made"}') if path.endswith("submission") else None
    )


def next_day(house: Household, hub: StandIn) -> None:
    """Let it be a quarter past midnight: the operator's timer acts, and the hub is open."""
    house.now_ms = (house.clock() // DAY_MS + 1) * DAY_MS + HOUR_MS // 4
    hub.spoken_of += 1
    hub.refuse = lambda _path: None
    counted(house, {})
    house.act_as("oda")


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_after(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the process be killed after so many files were made durable, if it gets so far."""
    left = step

    def sync(folder: Path) -> None:
        nonlocal left
        sync_folder(folder)
        left -= 1
        if left < 0:
            raise Killed

    with monkeypatch.context() as patched, suppress(Killed):
        patched.setattr(durable, "sync_folder", sync)
        yield


def stages(house: Household) -> list[object]:
    """Name what the journal holds of submissions."""
    told = [each for each in bodies(house) if each["operation"] == "listings submit"]
    return [each.get("stage") for each in told]


def test_a_file_goes_when_another_person_agreed(house: Household, hub: StandIn, path: Path) -> None:
    """As the document that listings make, by address: the order of the file tells nothing."""
    done = send(agreed(house, path), path)

    assert done.sent is not None
    body = json.loads(hub.batches[Deed.SUBMISSION, hub.spoken_of])
    assert [each["address"][-1] for each in body["findings"]] == ["5", "6", "7", "8", "9"]
    told = [each for each in bodies(house) if each["operation"] == "listings submit"]
    assert [each["stage"] for each in told] == ["kept", "begins", "done"]
    said = {"source": "file", "lines_checked": True, "request": 2, "four_eyes": True}
    assert [{**each, **said} for each in told[:2]] == told[:2]
    assert (told[0]["findings"], told[1]["submitted"]) == (5, 5)
    assert "203.0.113" not in json.dumps(told)


def test_nothing_goes_before(house: Household, hub: StandIn, path: Path) -> None:
    """Asking twice asks once; a changed file is another request."""
    for _ in range(2):
        with pytest.raises(Conflict, match="request 2 waits"):
            send(house.act_as("anna"), path)
    written(path.parent, HEADER, *ROWS[::-1])
    with pytest.raises(Conflict, match="request 2 waits"):
        send(house.act_as("anna"), path)
    written(path.parent, HEADER, *ROWS[1:], "203.0.113.99,tcp,443")
    with pytest.raises(Conflict, match="request 3 waits"):
        send(house.act_as("anna"), path)

    assert hub.batches == {}


def test_somebody_says_that_the_lines_were_counted(house: Household, path: Path) -> None:
    """The program cannot."""
    with pytest.raises(UsageError, match="at least 5 distinct ones"):
        submit_file(house.act_as("anna"), path, lines_checked=False)


def test_too_few_are_not_sent_and_nobody_is_asked(
    house: Household, hub: StandIn, path: Path
) -> None:
    """As with listings."""
    written(path.parent, HEADER, *ROWS[:4])

    done = send(house.act_as("anna"), path)

    assert (done.sent, done.facts["below_batch_least"]) == (None, 4)
    assert hub.batches == {}


def test_one_batch_an_epoch(house: Household, hub: StandIn, path: Path) -> None:
    """The same file again was sent already; another one, once approved, waits for the next."""
    home = agreed(house, path)
    send(home, path)

    assert send(home, path).was_sent
    written(path.parent, HEADER, *ROWS, "203.0.113.99,tcp,443")
    done = send(agreed(house, path, 3), path)
    assert (done.sent, len(hub.batches)) == (None, 1)
    assert done.waiting is not None
    assert (done.waiting["findings"], done.shut) == (6, "")

    next_day(house, hub)
    sent = submit_due(house.home()).sent
    assert sent is not None
    assert (sent.statements, len(hub.batches)) == (6, 2)


def test_what_the_hub_lists_already_is_not_said_back_to_it(
    house: Household, hub: StandIn, path: Path
) -> None:
    """Unless this house said so first: an echo would carry a listing for ever."""
    home = house.act_as("anna")
    now = epoch_at(home)
    hub.publish([listing("203.0.113.99", now + 5)], now - 1)
    pull(house.home())
    written(path.parent, HEADER, *ROWS, "203.0.113.99,tcp,443")

    planned = plan_file(house.act_as("anna"), path)
    assert (planned.facts["submitted"], planned.facts["echoes"]) == (5, 1)
    assert [str(each) for each in planned.echoed] == ["203.0.113.99 tcp/443"]

    send(agreed(house, path), path)
    hub.publish([listing(f"203.0.113.{each}", now + 6) for each in (5, 9, 99)], now)
    pull(house.home())
    planned = plan_file(house.act_as("anna"), path)
    assert (planned.facts["submitted"], planned.facts["echoes"]) == (5, 1)


def test_a_file_with_too_few_takes_back_the_one_before(
    house: Household, hub: StandIn, path: Path
) -> None:
    """As a whole, and nobody is asked: nothing goes that was not said. The case book does not."""
    rows = [f"203.0.113.{last},tcp,443" for last in range(60, 65)]
    written(path.parent, HEADER, *rows)
    send(agreed(house, path), path)
    house.later(DAY_MS)
    hub.spoken_of += 1
    counted(house, {})
    house.act_as(None)
    assert submit(house.home()).sent is None

    written(path.parent, HEADER, *rows[:4])
    assert plan_file(house.act_as("anna"), path).takes_back == 5
    done = send(house.home(), path)

    assert done.sent is not None
    assert done.sent.statements == 0
    assert json.loads(hub.batches[Deed.SUBMISSION, hub.spoken_of])["findings"] == []


def test_a_plan_asks_nobody(house: Household, hub: StandIn, path: Path) -> None:
    """And sends nothing."""
    planned = plan_file(house.act_as("anna"), path)

    assert len(planned.gathered.statements) == 5
    assert hub.asked == []


def test_a_file_in_office_hours_goes_in_the_next_epoch(
    house: Household, hub: StandIn, path: Path
) -> None:
    """
    The hub has made its list: what was approved is kept, and the timer sends it the day after.

    It is signed then, since it names that epoch; nobody approves anything again.
    """
    home = agreed(house, path)
    shut(hub)
    done = send(home, path)

    assert (done.sent, done.shut) == (None, "the hub says: the list of today is made")
    assert done.waiting == {
        "findings": 5, "request": 2, "epoch": "2027-01-15", "sent_after": "2027-01-16 00:00 UTC",
        "let_go_after": "2027-01-19 00:00 UTC",
    }  # fmt: skip
    assert overview(house.act_as("aude")).file == done.waiting
    assert send(house.act_as("anna"), path).waiting == done.waiting  # Given again: no other.
    hub.asked.clear()
    assert submit_due(house.act_as("oda")).sent is None  # The same day: the hub is not asked.
    assert hub.asked == []

    next_day(house, hub)
    sent = submit_due(house.home()).sent
    assert sent is not None
    assert (sent.epoch, sent.statements) == (hub.spoken_of, 5)
    body = json.loads(hub.batches[Deed.SUBMISSION, hub.spoken_of])
    assert body["epoch"] == "2027-01-15"
    assert overview(house.home()).file is None
    assert stages(house)[-2:] == ["begins", "done"]
    assert submit_due(house.home()).was_sent  # And once.
    next_day(house, hub)
    assert submit_due(house.home()).sent is None


def test_an_approval_before_midnight_is_good_after_it(
    house: Household, hub: StandIn, path: Path
) -> None:
    """It is of the findings, not of the epoch that they go for."""
    home = agreed(house, path)
    house.later(DAY_MS // 2)
    hub.spoken_of = epoch_at(home) - 1

    assert send(home, path).sent is not None


def test_another_file_takes_the_place_of_what_waits(
    house: Household, hub: StandIn, path: Path
) -> None:
    """Once it was approved: until then the first one stays."""
    home = agreed(house, path)
    shut(hub)
    send(home, path)
    written(path.parent, HEADER, *ROWS, "203.0.113.99,tcp,443")
    with pytest.raises(Conflict, match="request 3 waits"):
        send(home, path)
    waits = overview(house.home()).file
    assert waits is not None
    assert waits["findings"] == 5

    approve(house.act_as("olga"), 3)
    done = send(house.act_as("anna"), path)
    assert done.waiting is not None
    assert (done.waiting["findings"], done.waiting["request"]) == (6, 3)
    next_day(house, hub)
    sent = submit_due(house.home()).sent
    assert sent is not None
    assert sent.statements == 6


def test_too_few_take_the_place_of_what_waits_as_well(
    house: Household, hub: StandIn, path: Path
) -> None:
    """Whoever gives a file anew means that one; of these nothing goes."""
    home = agreed(house, path)
    shut(hub)
    send(home, path)
    written(path.parent, HEADER, *ROWS[:2])

    assert send(home, path).sent is None
    assert overview(house.home()).file is None


def test_the_file_is_the_whole_batch_of_its_epoch(
    many: Household, hub: StandIn, path: Path
) -> None:
    """
    With `--file`, as ever: in place of what is listed here, which goes again in the epoch after.

    What went before the file came is no matter: it was of the epoch before.
    """
    assert submit_due(many.home()).sent is not None
    done = send(agreed(many, path, 8), path)
    assert done.waiting is not None
    many.later(DAY_MS)
    hub.spoken_of += 1
    counted(many)
    planned = plan_due(many.act_as("oda"))
    assert {str(each.endpoint) for each in planned.gathered.statements} == set(SERVERS)
    submit_due(many.home())
    named = json.loads(hub.batches[Deed.SUBMISSION, hub.spoken_of])["findings"]
    assert len(named) == len(ROWS)

    many.later(DAY_MS)
    hub.spoken_of += 1
    counted(many)
    sent = submit_due(many.home()).sent
    assert sent is not None
    assert sent.statements == 6


def test_a_hub_that_is_away_loses_no_file(house: Household, hub: StandIn, path: Path) -> None:
    """The timer sends it in the same epoch, or in the next where it came too late."""
    home = agreed(house, path)
    hub.busy = 9
    with pytest.raises(Unavailable):
        send(home, path)
    hub.busy = 0
    shut(hub)

    assert submit_due(house.act_as("oda")).sent is None
    next_day(house, hub)
    assert submit_due(house.home()).sent is not None
    assert [epoch for _, epoch in hub.batches] == [hub.spoken_of]


def test_a_receipt_that_comes_an_epoch_late_is_enough(
    house: Household, hub: StandIn, path: Path
) -> None:
    """The hub took the file: it does not go again."""
    home = agreed(house, path)
    hub.drop_after_taking = 9
    with pytest.raises(Unavailable):
        send(home, path)
    hub.drop_after_taking = 0
    next_day(house, hub)

    done = submit_due(house.home())

    assert (done.was_sent, done.sent and done.sent.epoch) == (True, hub.spoken_of - 1)
    assert submit_due(house.home()).sent is None
    assert len(hub.batches) == 1


@pytest.mark.parametrize("step", range(12))
def test_whoever_is_killed_loses_nothing_and_sends_nothing_twice(
    house: Household, hub: StandIn, path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """After each write to the disk in turn, on the day and the day after; then all goes on."""
    home = agreed(house, path)
    shut(hub)
    with killed_after(step, monkeypatch):
        send(home, path)
    next_day(house, hub)
    with killed_after(step, monkeypatch):
        submit_due(house.home())
    submit_due(house.home())
    next_day(house, hub)
    submit_due(house.home())

    assert [len(json.loads(each)["findings"]) for each in hub.batches.values()] == [5]
    assert overview(house.home()).file is None
    assert all_waiting(house.home()) == []


def sent_after_a_list(house: Household, hub: StandIn, path: Path, listed: str) -> Submitted:
    """Let a file wait while the hub lists one of its servers, and the timer send it then."""
    home = agreed(house, path)
    shut(hub)
    send(home, path)
    hub.publish([listing(listed, epoch_at(home) + 5)], epoch_at(home))
    pull(house.act_as("oda"))
    next_day(house, hub)
    return submit_due(house.home())


def test_everything_is_looked_at_anew_before_it_goes(
    house: Household, hub: StandIn, path: Path
) -> None:
    """What the hub lists meanwhile, and least numbers: the file names one too many, and five go."""
    written(path.parent, HEADER, *ROWS, "203.0.113.99,tcp,443")

    done = sent_after_a_list(house, hub, path, "203.0.113.99")

    assert [str(each) for each in done.echoed] == ["203.0.113.99 tcp/443"]
    assert done.sent is not None
    assert done.sent.statements == 5


def test_what_is_too_little_by_then_is_let_go(house: Household, hub: StandIn, path: Path) -> None:
    """The journal says why, and the listings go in its place."""
    done = sent_after_a_list(house, hub, path, "203.0.113.8")

    assert (done.sent, "give it again" in done.let_go) == (None, True)
    assert "let go" in stages(house)
    assert overview(house.home()).file is None


def test_a_network_that_became_our_own_stops_the_file(
    house: Household, hub: StandIn, path: Path, tmp_path: Path
) -> None:
    """Between approval and sending: nothing goes, and somebody is told (65)."""
    home = agreed(house, path)
    shut(hub)
    send(home, path)
    own = tmp_path / "own.txt"
    own.write_text("192.0.2.0/24\n203.0.113.8/32\n", "utf-8")
    replace_networks(house.act_as(None), own)
    next_day(house, hub)

    with pytest.raises(MalformedDocument, match="own network"):
        submit_due(house.home())
    assert (hub.batches, overview(house.home()).file) == ({}, None)


def test_what_the_hub_finds_wrong_does_not_wait(house: Household, hub: StandIn, path: Path) -> None:
    """It would be refused again."""
    home = agreed(house, path)
    hub.refuse = lambda _path: (422, b'{"error":"fewer than 9 (share.batch_least)"}')

    with pytest.raises(NotTaken, match="fewer than 9"):
        send(home, path)
    assert overview(house.home()).file is None


def test_a_file_waits_for_so_many_epochs_and_no_longer(
    house: Household, hub: StandIn, path: Path
) -> None:
    """What was approved for today's reason is not kept in stock for another one's."""
    home = agreed(house, path)
    shut(hub)
    send(home, path)
    for _ in range(GOOD_FOR):
        next_day(house, hub)
        hub.busy = 9
        with pytest.raises(Unavailable):
            submit_due(house.home())
        hub.busy = 0
    next_day(house, hub)

    done = submit_due(house.home())

    assert (done.sent, "in no epoch until" in done.let_go) == (None, True)
    assert hub.batches == {}


def test_what_takes_back_waits_as_well(house: Household, hub: StandIn, path: Path) -> None:
    """And nobody is asked; but no finding goes by it, should the least number change."""
    send(agreed(house, path), path)
    next_day(house, hub)
    shut(hub)
    written(path.parent, HEADER, *ROWS[:4])
    done = send(house.act_as("anna"), path)
    assert done.waiting is not None
    assert done.waiting["request"] is None

    next_day(house, hub)
    sent = submit_due(house.home()).sent
    assert sent is not None
    assert sent.statements == 0


def test_what_was_said_once_within_a_lease_is_no_echo(
    house: Household, hub: StandIn, path: Path
) -> None:
    """A day's file lacked a server that this house had found before the hub listed it."""
    rows = [*ROWS, "203.0.113.20,tcp,443"]
    written(path.parent, HEADER, *rows)
    send(agreed(house, path), path)
    next_day(house, hub)
    written(path.parent, HEADER, *ROWS)
    send(agreed(house, path, 3), path)
    hub.publish([listing("203.0.113.20", epoch_at(house.home()) + 6)], epoch_at(house.home()))
    pull(house.act_as("oda"))
    next_day(house, hub)
    written(path.parent, HEADER, *rows)

    planned = plan_file(house.act_as("anna"), path)

    assert (planned.facts["submitted"], planned.echoed) == (6, ())


@pytest.mark.parametrize(
    "rows",
    [
        (),
        ("address",),
        (HEADER, "203.0.113.9,tcp"),
        (HEADER, "203.0.113.9,tcp,https"),
        (HEADER, "203.0.113.9,tcp,0"),
        (HEADER, "203.0.113.009,tcp,1"),
        (f"{HEADER},seen", "203.0.113.9,tcp,1,2027-01-01"),
        (f"{HEADER},class", "203.0.113.9,tcp,1,dedicated"),
        (HEADER, ROWS[0], ROWS[0]),
    ],
)
def test_what_the_schema_has_not_is_refused(
    house: Household, path: Path, rows: tuple[str, ...]
) -> None:
    """Also a field that is off."""
    written(path.parent, *rows)

    with pytest.raises(MalformedDocument):
        send(house.act_as("anna"), path)


def test_a_file_that_is_not_there_is_not_found(house: Household, tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(NotFound, match="absent"):
        send(house.act_as("anna"), tmp_path / "absent.csv")


def test_who_may_not_ask_sends_no_file(house: Household, path: Path) -> None:
    """An operator runs the timers, and lists nothing."""
    with pytest.raises(NotPermitted, match="may not ask"):
        send(house.act_as("oda"), path)
