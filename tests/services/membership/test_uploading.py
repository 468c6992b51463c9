"""A file of findings goes once somebody counted the lines and another person agreed."""

import json
from pathlib import Path

import pytest

from docket import bodies
from hinomi.errors import Conflict, MalformedDocument, NotFound, NotPermitted, UsageError
from hinomi.model.statement import Deed
from hinomi.services.approvals import approve
from hinomi.services.home import Home
from hinomi.services.membership.pulling import pull
from hinomi.services.membership.submitting import Submitted, submit
from hinomi.services.membership.uploading import plan_file, submit_file
from household import DAY_MS, Household
from listedmany import counted
from standin import StandIn, epoch_at, listing

HEADER = "address,protocol,port"
ROWS = tuple(f"203.0.113.{last},tcp,443" for last in (9, 5, 7, 6, 8))


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


def agreed(house: Household, path: Path) -> Home:
    """Let anna ask, olga approve, and anna act."""
    with pytest.raises(Conflict, match="request 2 waits"):
        send(house.act_as("anna"), path)
    approve(house.act_as("olga"), 2)
    return house.act_as("anna")


def test_a_file_goes_when_another_person_agreed(house: Household, hub: StandIn, path: Path) -> None:
    """As the document that listings make, by address: the order of the file tells nothing."""
    done = send(agreed(house, path), path)

    assert done.sent is not None
    body = json.loads(hub.batches[Deed.SUBMISSION, hub.spoken_of])
    assert [each["address"][-1] for each in body["findings"]] == ["5", "6", "7", "8", "9"]
    told = [each for each in bodies(house) if each["operation"] == "listings submit"]
    assert told[0] == told[0] | {
        "source": "file", "lines_checked": True, "request": 2, "four_eyes": True, "submitted": 5,
    }  # fmt: skip
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
    """The same file again was sent already; another one waits for the next epoch."""
    home = agreed(house, path)
    send(home, path)

    assert send(home, path).was_sent
    written(path.parent, HEADER, *ROWS, "203.0.113.99,tcp,443")
    with pytest.raises(Conflict, match="made already"):
        send(home, path)
    assert len(hub.batches) == 1


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
