"""``hinomi listings pull`` and its like answer people and timers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from docket import STAGES, At, lead, manned
from hinomi.clock import wall_clock
from hinomi.model.listing import render_epoch
from hinomi.model.statement import Deed
from hinomi.services.membership import asking
from hinomi.services.membership.met import Behind, Met, put_met
from hinomi.services.membership.pulling import pull
from household import DAY_MS, Household
from standin import SERVERS, StandIn, answering, authority, epoch_at, listing
from terminal import Said, hinomi

HEADER = "address,protocol,port"


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Give a hub that answers, and which nobody waits for."""
    monkeypatch.setattr(asking, "WAITS_S", (0.0,))
    folder = tmp_path / "hub"
    folder.mkdir()
    with answering(StandIn(authority()), folder) as hub:
        yield hub


@pytest.fixture(name="house")
def a_member(at: At, hub: StandIn, tmp_path: Path) -> Household:
    """Give a home without cases that has joined the hub, which has a list."""
    house = at(None)
    hub.let_in(house.home(), tmp_path)
    hub.spoken_of = epoch_at(house.home()) - 1
    hub.list_servers(epoch_at(house.home()))
    return house


def by(house: Household, name: str | None, *words: object) -> Said:
    """Let somebody run ``hinomi listings`` on a home."""
    house.let(name)
    return hinomi("listings", *words, home=house.folder)


def findings(folder: Path) -> Path:
    """Write a file of five findings."""
    path = folder / "findings.csv"
    rows = [f"203.0.113.{last},tcp,443" for last in range(5)]
    path.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    return path


def test_a_pull_says_what_it_did(house: Household) -> None:
    """In one line, or as a document; detection knows the servers from then on."""
    first = by(house, "oda", "pull")
    again = by(house, "oda", "pull", "--json").document

    assert first.code == 0, first.err
    assert "(new): 6 servers; 6 added, 0 ended." in first.out
    assert (again["is_new"], again["number"], again["applied"]["entries"]) == (False, 1, 6)
    shown = hinomi("lists", "show", "--json", home=house.folder).document["lists"]
    assert [(each["kind"], each["source"], each["entries"]) for each in shown] == [
        ("known-cc", "hub", 6)
    ]


def test_a_hub_that_is_away_is_exit_69(house: Household, hub: StandIn) -> None:
    """One line on standard error, nothing on standard output."""
    by(house, "oda", "pull")
    hub.busy = 9

    said = by(house, "oda", "pull")

    assert (said.code, said.out) == (69, "")
    assert said.err.startswith("hinomi: the hub https://127.0.0.1:")
    assert said.err.count("\n") == 1


def test_a_hub_that_goes_back_is_exit_75(house: Household, hub: StandIn) -> None:
    """A list that it never signed is 65."""
    by(house, "oda", "pull")
    hub.mend = lambda _path, body: body.replace(b'"newest": 1', b'"newest": 0')
    assert by(house, "oda", "pull").code == 75

    hub.mend = lambda _path, body: body.replace(b"hub.example/list", b"hub.example/lost")
    assert by(house, "oda", "pull").code == 65


def test_the_hub_is_told_apart_from_a_pull(house: Household, hub: StandIn) -> None:
    """Where it could not be told then; that is a warning, not a failure."""
    hub.refuse = lambda path: (500, b"") if path.endswith("acknowledgement") else None
    pulled = by(house, "oda", "pull")
    hub.refuse = lambda _path: None

    assert (pulled.code, "was not told" in pulled.err) == (0, True)
    assert "snapshot 1 is in use here" in by(house, "oda", "ack").out
    assert by(house, "oda", "ack", "--json").document == {"acknowledged": 1}


def test_status_asks_nobody(house: Household, hub: StandIn) -> None:
    """Before the first list and after it."""
    assert "list: none yet" in by(house, "aude", "status").out
    by(house, "oda", "pull")
    hub.asked.clear()

    told = by(house, "aude", "status")
    document = by(house, "aude", "status", "--json").document

    assert "list: snapshot 1 of" in told.out
    assert "6 servers, 0 epochs old, holds 6 more; acknowledged" in told.out
    assert (document["held"]["number"], document["waiting"]) == (1, [])
    assert hub.asked == []


def test_what_stands_in_the_way_is_an_exit_code_of_status(house: Household, hub: StandIn) -> None:
    """After all that can be told: a list ahead of the clock is 75, a damaged one 78."""
    house.later(5 * DAY_MS)
    hub.publish([listing(SERVERS[0], epoch_at(house.home()) + 99)], epoch_at(house.home()))
    pull(house.home())

    told = by(house, "aude", "status")
    document = by(house, "aude", "status", "--json")

    assert (told.code, document.code, document.document["held"]["age_epochs"]) == (75, 75, -5)
    assert "1 servers, 5 epochs ahead of this node's clock, holds 11 more" in told.out
    assert "hinomi: the hub lets 1 of its servers stand for longer than share.lease" in told.err
    assert told.err.splitlines()[-1].startswith("hinomi: snapshot 2 is of ")
    (house.folder / "hub" / "lists" / "000000002.json").write_bytes(b"")
    said = by(house, "aude", "status")
    assert (said.code, said.out) == (78, "")
    assert "`hinomi listings pull` fetches it anew" in said.err


def test_a_certificate_that_ended_is_exit_78(
    house: Household, hub: StandIn, tmp_path: Path
) -> None:
    """Of a pull, and of status after all that can be told."""
    house.later(int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()) * 1_000 - house.clock())
    hub.lasts_days = 1
    hub.let_in(house.home(), tmp_path)

    pulled, status = by(house, "oda", "pull"), by(house, "aude", "status")

    assert (pulled.code, pulled.out, status.code) == (78, "", 78)
    assert "certificate valid until 2026-01-0" in status.out
    for said in (pulled, status):
        assert "this node's certificate ended on 2026-01-0" in said.err
        assert said.err.count("\n") == 1


def test_what_is_held_is_verified(house: Household) -> None:
    """Offline; without a list there is nothing (66)."""
    assert by(house, "anna", "verify").code == 66
    by(house, "oda", "pull")

    assert "6 servers, as signed; heads checked: 1." in by(house, "anna", "verify").out
    assert by(house, "anna", "verify", "--json").document["listings"] == 6


def test_a_file_is_verified_without_a_home(hub: StandIn, tmp_path: Path) -> None:
    """By anybody who has the hub's public key."""
    made = hub.list_servers(20_700)
    (tmp_path / "list.csv").write_bytes(made.csv)
    (tmp_path / "head").write_text(made.head, "utf-8")
    words = ("listings", "verify", tmp_path / "list.csv", tmp_path / "head", "--key")

    assert hinomi(*words, hub.list_key.verifier.render()).code == 0
    assert hinomi(*words, hub.envelope_key.verifier.render()).code == 65
    assert hinomi(*words[:3]).code == 64


def test_what_is_gone_is_not_called_none_yet(house: Household, hub: StandIn) -> None:
    """It is damage (78), and a pull goes on from what had come."""
    hub.list_servers(epoch_at(house.home()))
    by(house, "oda", "pull")
    (house.folder / "hub" / "held.json").unlink()

    said = by(house, "oda", "status")

    assert said.code == 78
    assert "held.json is gone, and snapshot " in said.err
    assert by(house, "oda", "pull").code == 0
    assert by(house, "oda", "status").code == 0


def test_nothing_to_submit_is_no_failure(house: Household, hub: StandIn) -> None:
    """It says so, and why."""
    said = by(house, "oda", "submit")
    document = by(house, "oda", "submit", "--json").document

    assert said.code == 0
    assert "Nothing was sent" in said.out
    assert "below lines least: 0" in said.out
    assert (document["sent"], document["submitted"], document["at_lines_least"]) == (None, 0, 0)
    assert hub.batches == {}


def test_a_dry_run_names_what_would_go(house: Household, hub: StandIn, tmp_path: Path) -> None:
    """And sends nothing; of listings or of a file."""
    path = findings(tmp_path)

    listed = by(house, "anna", "submit", "--dry-run", "--json").document
    file = by(house, "anna", "submit", "--dry-run", "--file", path)

    assert (listed["findings"], listed["at_lines_least"]) == ([], 0)
    assert "203.0.113.0 tcp/443\n" in file.out
    assert "submitted: 5\n" in file.out
    assert hub.asked == []


def test_a_file_waits_for_another_person(house: Household, hub: StandIn, tmp_path: Path) -> None:
    """Exit 75 until somebody approved; then it goes, once."""
    words = ("submit", "--file", findings(tmp_path), "--lines-checked", "--reason", "our CERT")

    waits = by(house, "anna", *words)
    assert (waits.code, "request 1 waits" in waits.err) == (75, True)
    house.let("olga")
    assert hinomi("approvals", "approve", 1, home=house.folder).code == 0
    sent, again = by(house, "anna", *words), by(house, "anna", *words)

    assert "5 findings of" in sent.out
    assert "had been sent already" in again.out
    assert [deed for deed, _ in hub.batches] == [Deed.SUBMISSION]


def test_a_file_in_office_hours_is_kept_and_the_timer_sends_it(
    house: Household, hub: StandIn, tmp_path: Path
) -> None:
    """
    The hub has made its list of the day: exit 0, and in one sentence when it goes.

    `status` says the same, and the next day's timer sends it.
    """
    words = ("submit", "--file", findings(tmp_path), "--lines-checked", "--reason", "our CERT")
    by(house, "anna", *words)
    house.let("olga")
    hinomi("approvals", "approve", 1, home=house.folder)
    hub.spoken_of -= 1  # As far as this hub is concerned, the epoch is another.

    kept = by(house, "anna", *words)

    day, after = (render_epoch(epoch_at(house.home()) + each, 1) for each in (0, 1))
    waits = (
        f"A file of 5 findings is kept for the next epoch, as the batch of {day}: `hinomi "
        f"listings submit` or its timer sends it after {after} 00:00 UTC"
    )
    assert (kept.code, kept.err) == (0, "")
    assert "the hub says: what is taken in now is of another epoch" in kept.out
    assert waits in kept.out
    assert waits in by(house, "aude", "status").out
    assert waits in by(house, "oda", "submit").out
    document = by(house, "oda", "submit", "--json").document
    assert (document["sent"], document["waiting"]["epoch"]) == (None, day)
    assert by(house, "aude", "status", "--json").document["file"] == document["waiting"]
    assert hub.batches == {}


def test_what_waited_too_long_is_told_of(house: Household, hub: StandIn, tmp_path: Path) -> None:
    """On standard error: whoever runs the timers sees that nobody's findings went."""
    words = ("submit", "--file", findings(tmp_path), "--lines-checked", "--reason", "our CERT")
    by(house, "anna", *words)
    house.let("olga")
    hinomi("approvals", "approve", 1, home=house.folder)
    hub.busy = 9
    assert by(house, "anna", *words).code == 69
    hub.busy = 0
    waiting = house.folder / "hub" / "upload.json"
    last = f'"last":{epoch_at(house.home()) + 2}'
    assert last in waiting.read_text("utf-8")
    waiting.write_text(waiting.read_text("utf-8").replace(last, '"last":9'), "utf-8")

    said = by(house, "oda", "submit")

    assert "the file that waited goes no more: the hub took it in no epoch until" in said.err


def test_rows_that_only_echo_the_hub_are_named(
    house: Household, hub: StandIn, tmp_path: Path
) -> None:
    """Whoever wrote them looks for them: with `--dry-run`, when they are sent, and as JSON."""
    by(house, "oda", "pull")
    path = findings(tmp_path)
    path.write_text(path.read_text("utf-8") + f"{SERVERS[0]},tcp,443\n", "utf-8")
    words = ("submit", "--file", path, "--lines-checked", "--reason", "our CERT")

    plan = by(house, "anna", *words, "--dry-run")
    document = by(house, "anna", *words, "--dry-run", "--json").document
    by(house, "anna", *words)
    house.let("olga")
    hinomi("approvals", "approve", 1, home=house.folder)
    sent = by(house, "anna", *words)

    for said in (plan, sent):
        assert "Left out: the hub lists them" in said.out
        assert f"  {SERVERS[0]} tcp/443\n" in said.out
    assert [each["address"] for each in document["echoed"]] == [SERVERS[0]]
    assert "5 findings of" in sent.out


def test_a_row_of_the_own_network_is_exit_65(house: Household, tmp_path: Path) -> None:
    """With its line, and without its address; `--dry-run` says so as well."""
    path = findings(tmp_path)
    path.write_text(path.read_text("utf-8") + "192.0.2.77,tcp,443\n", "utf-8")
    words = ("submit", "--file", path, "--lines-checked", "--reason", "our CERT")

    for said in (by(house, "anna", *words), by(house, "anna", *words, "--dry-run")):
        assert (said.code, said.out) == (65, "")
        assert f"{path}, line 7: is a server in the own network" in said.err
        assert "192.0.2.77" not in said.err


def test_words_that_do_not_fit_are_exit_64(house: Household, tmp_path: Path) -> None:
    """Each with what is missing."""
    server = ("203.0.113.20", "tcp", 443)

    assert by(house, "anna", "submit", "--lines-checked").code == 64
    assert by(house, "anna", "submit", "--file", findings(tmp_path)).code == 64
    assert by(house, "anna", "feedback", "--reason", "x").code == 64
    assert by(house, "anna", "feedback", "--wrong", *server, "--gone", *server).code == 64
    assert by(house, "anna", "feedback", "--wrong", *server).code == 64
    assert by(house, "anna", "feedback", "--wrong", *server, "--reason", "x").code == 66
    assert by(house, "anna", "feedback", "--wrong", *server[:2], 0).code == 64


def test_people_say_that_a_server_is_wrong(house: Household, hub: StandIn) -> None:
    """Who judges cases may; who runs the timers may send it."""
    by(house, "oda", "pull")
    words = ("feedback", "--wrong", SERVERS[0], "tcp", 443, "--reason", "a mail server")

    assert by(house, "oda", *words).code == 77
    assert by(house, "anna", *words, "--json").document == {"judged": 1}
    assert by(house, "rita", "feedback", "--gone", *words[2:]).code == 0
    plan = by(house, "oda", "feedback", "--dry-run")
    assert "gone: 1\n" in plan.out
    sent = by(house, "oda", "feedback", "--json").document
    assert (sent["sent"], sent["gone"], sent["was_sent"]) == (1, 1, False)
    assert "had been sent already" in by(house, "oda", "feedback").out
    assert by(house, "anna", "feedback", "--unsay", *words[2:]).out.startswith("Noted")


def test_what_was_met_is_told(house: Household) -> None:
    """Of every server on the list."""
    by(house, "oda", "pull")
    assert by(house, "oda", "feedback").code == 69
    day = house.clock() // DAY_MS
    met = Met(number=1, lines_least=5, met=[2], at_least=0, epoch=day - 1, watched=Behind.MORE)
    put_met(house.home(), met)

    plan = by(house, "oda", "feedback", "--dry-run", "--json").document
    said = by(house, "oda", "feedback")

    assert (plan["confirmed"], plan["not-seen"]) == (1, 5)
    assert "Of 6 servers what was seen sent; the hub gave its receipt." in said.out


def test_a_batch_that_came_too_late_is_told_of(house: Household, hub: StandIn) -> None:
    """On standard error; the one of this epoch goes."""
    by(house, "oda", "pull")
    words = ("feedback", "--gone", SERVERS[0], "tcp", 443, "--reason", "seized")
    by(house, "anna", *words)
    hub.busy = 9
    assert by(house, "oda", "feedback").code == 69
    hub.busy = 0
    (waiting,) = (house.folder / "hub" / "outbox").iterdir()
    before = "2000-01-01"
    text = waiting.read_text("utf-8").replace(f'"epoch":{hub.spoken_of}', '"epoch":10957')
    waiting.with_name(f"sightings-{before}.json").write_text(text, "utf-8")
    waiting.unlink()

    said = by(house, "oda", "feedback")

    assert said.code == 0, said.err
    assert "came too late" in said.err


def test_who_has_joined_no_hub_is_told_how(at: At) -> None:
    """Exit 66 at each command."""
    house = at(None)

    for words in (("pull",), ("ack",), ("submit",), ("feedback",), ("verify",), ("status",)):
        said = by(house, None, *words)
        assert (said.code, "hinomi listings enrol" in said.err) == (66, True), words


def test_a_laboratory_tells_the_hub_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """77, one line (R3)."""
    house = manned(tmp_path / "home", monkeypatch, wall_clock, sampling=1)
    for stage in STAGES:
        lead(house, stage)

    for words in (("submit",), ("submit", "--dry-run"), ("feedback",), ("feedback", "--dry-run")):
        said = by(house, "anna", *words)
        assert (said.code, said.out) == (77, "")
        assert "a laboratory can share nothing" in said.err


def test_who_may_not_is_refused(house: Household) -> None:
    """An auditor sees how the home stands, and lets nothing in or out."""
    for words in (("pull",), ("ack",), ("submit",), ("feedback",)):
        assert by(house, "aude", *words).code == 77
    assert by(house, "aude", "status").code == 0
