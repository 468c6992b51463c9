"""The page comes from the home as it is, and handing it out is an act of its own."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accounts import a_sampler, a_status
from builders import NOON_MS
from hinomi.clock import render_time
from hinomi.config import Config, OperatorConfig
from hinomi.errors import ConfigError, NotFound, Unavailable, UsageError
from hinomi.govern.coarsening import LEAST_COUNT
from hinomi.govern.matrix import shipped_matrix
from hinomi.govern.people import Change
from hinomi.govern.plainwords import Language
from hinomi.govern.roles import Role
from hinomi.govern.transparency import DAY_MS
from hinomi.model.exporter import HOUR_MS, ExporterHour, SequenceUnit
from hinomi.model.flow import CONVERSATIONS
from hinomi.services.home import COLLECT, Home, create_home, open_home
from hinomi.services.importing import ImportRequest, import_files
from hinomi.services.mandates import Operation, os_user
from hinomi.services.people import carry_out, plan
from hinomi.services.transparency import (
    gather,
    permitted_purposes,
    publish_page,
    require_page_place,
)
from household import Household
from journals import Hand
from terminal import table_row, write_table

TODAY_MS = NOON_MS // DAY_MS * DAY_MS
TOMORROW_MS = TODAY_MS + DAY_MS


@pytest.fixture(name="hand")
def a_clock() -> Hand:
    """Give a clock that shows noon of New Year."""
    return Hand(NOON_MS)


@pytest.fixture(name="home")
def a_home(tmp_path: Path, hand: Hand) -> Home:
    """Make an operational home."""
    own = tmp_path / "own.txt"
    own.write_text("192.0.2.0/24\n", "utf-8")
    create_home(tmp_path / "home", own, 10_000, hand)
    return open_home(tmp_path / "home", hand)


def take_in(home: Home, folder: Path, rows: int) -> None:
    """Import a file with *rows* records, of which every fourth is between others."""
    lines = [
        table_row(
            ts_ms=NOON_MS - place,
            sampling_interval=10_000,
            src_addr="192.0.2.1" if place % 4 else "203.0.113.7",
        )
        for place in range(rows)
    ]
    import_files(home, ImportRequest(paths=[write_table(folder / "flows.csv", *lines)]))


def last(home: Home, count: int = 1) -> Sequence[dict[str, Any]]:
    """Give the last entries of the journal."""
    return list(home.journal().entries())[-count:]


def test_figures_are_those_of_the_home(home: Home, tmp_path: Path) -> None:
    """What was imported, from the journal; nothing of it is exact in the document."""
    take_in(home, tmp_path, 400)

    facts = gather(home)
    page = publish_page(home, "ja")

    assert (facts.figures.files, facts.figures.imported) == (1, 400)
    assert facts.figures.dropped_of_files == {"transit": 100, "malformed": 0}
    assert facts.figures.accounts == 1
    numbers: Any = page.document["numbers"]
    assert numbers["imported"] == {"about": 400}
    assert numbers["files"] == {"fewer_than": 10}


def test_columns_are_those_of_the_code(home: Home) -> None:
    """No copy written by hand."""
    assert gather(home).columns == tuple(CONVERSATIONS.names)


def test_configuration_is_told_as_it_is(home: Home) -> None:
    """Transit, forwarding and kind of the home."""
    collect = msgspec.structs.replace(home.config.collect, transit="keep", forward="192.0.2.9:1")
    changed = replace(home, config=Config(collect=collect))

    assert (gather(home).transit_kept, gather(home).forwarded) == (False, False)
    assert (gather(changed).transit_kept, gather(changed).forwarded) == (True, True)
    assert gather(home).sampling.least == 8192


def test_a_laboratory_has_no_least_interval(tmp_path: Path, hand: Hand) -> None:
    """It takes anything, and says so."""
    own = tmp_path / "own.txt"
    own.write_text("192.0.2.0/24\n", "utf-8")
    create_home(tmp_path / "home", own, 1, hand)

    facts = gather(open_home(tmp_path / "home", hand))

    assert facts.laboratory
    assert facts.sampling.least is None


def test_live_counts_come_from_case_book_and_collector(home: Home) -> None:
    """By hour of arrival within the period; reasons since the collector began."""
    with home.casebook() as casebook:
        number = casebook.exporter_number("192.0.2.200")
        hour = ExporterHour(
            exporter=number, hour=NOON_MS // HOUR_MS, unit=SequenceUnit.RECORDS,
            datagrams=1, records=50, received=50, lost=-3,
        )  # fmt: skip
        earlier = replace(hour, hour=hour.hour - 24, records=7)
        casebook.add_exporter_hours([hour, earlier])
    (home.folder / COLLECT).mkdir(exist_ok=True)
    status = a_status(counts={"payload-discarded": 4, "sflow-payload-discarded": 1})
    sent = status.exporters["192.0.2.1"]
    sent.samplers = (a_sampler(16_384), a_sampler(8192), a_sampler(8192))
    (home.folder / COLLECT / "worker-0.json").write_bytes(msgspec.json.encode(status))

    facts = gather(home)

    assert (facts.figures.received, facts.figures.lost) == (50, 0)
    assert facts.figures.dropped_of_routers["transit"] == 10
    assert facts.figures.discarded == 5
    assert facts.figures.routers_since_ms == NOON_MS
    assert facts.sampling.sent == (8192, 16_384)


def test_deleted_bodies_are_said_to_be_gone(home: Home, hand: Hand) -> None:
    """Their leaves tell when they were written; the period counts them, not what they said."""
    for _ in range(3):
        home.journal().append({"operation": "refused"})
    hand.now_ms += DAY_MS
    home.journal().append({"operation": "refused"})
    home.journal().delete_bodies(hand.now_ms)

    facts = gather(home, since_ms=TODAY_MS, until_ms=TOMORROW_MS + DAY_MS)

    assert facts.figures.without_body == 4  # init, and three refusals.
    assert facts.figures.refusals == 1


def test_the_page_is_tied_to_the_journal_before_it(home: Home) -> None:
    """Size, root and signed note of the moment in which it was made."""
    head, note = home.journal().head(), home.journal().note()

    proof = gather(home).proof

    assert (proof.size, proof.root) == (head.size, head.root.hex())
    assert proof.checkpoint == note.render()
    assert proof.register == home.register.version
    assert proof.key == home.journal().verifier.render()


def test_entries_behind_the_checkpoint_are_for_the_next_page(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collector that writes meanwhile changes no number that the checkpoint does not cover."""
    journal = home.journal()
    note = journal.note()
    journal.append({"operation": "refused"})
    monkeypatch.setattr(type(journal), "note", lambda _self: note)

    assert gather(home).figures.refusals == 0


def test_publication_is_journalled_before_the_page_is_there(home: Home, tmp_path: Path) -> None:
    """With mandate, period and the SHA-256 of the file as it lies."""
    path = tmp_path / "page.html"

    page = publish_page(home, "en", path)

    begins, done = last(home, 2)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert begins["operation"] == done["operation"] == Operation.TRANSPARENCY.word
    assert begins["mandate"]["purpose"] == "explain"
    assert begins["page"] == done["page"] == page.sha256 == digest
    assert begins["language"] == "en"
    assert begins["entries"] == begins["index"]
    assert (begins["stage"], done["stage"]) == ("begins", "done")
    assert path.stat().st_mode & 0o444 == 0o444


def test_a_page_that_cannot_be_put_down_was_not_published(home: Home, tmp_path: Path) -> None:
    """The journal says that it was about to; nothing lies there."""
    with pytest.raises(Unavailable):
        publish_page(home, "ja", tmp_path / "absent" / "page.html")

    assert last(home)[0]["stage"] == "begins"


def test_a_page_is_not_published_without_a_journal(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the act cannot be written down it does not happen."""

    def refuse(*_: object) -> int:
        raise Unavailable("the disk is full")

    monkeypatch.setattr("hinomi.services.transparency.record", refuse)

    with pytest.raises(Unavailable):
        publish_page(home, "ja", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_the_same_home_gives_the_same_page(home: Home) -> None:
    """In both languages from one document."""
    one = gather(home)

    assert one == gather(home)


def test_days_that_are_over_are_told_by_default(home: Home, hand: Hand) -> None:
    """The running day only on the first one, when there is no other."""
    first = gather(home)
    hand.now_ms += 3 * DAY_MS
    later = gather(home)

    assert (first.since_ms, first.until_ms) == (TODAY_MS, TOMORROW_MS)
    assert (later.since_ms, later.until_ms) == (TODAY_MS, TODAY_MS + 3 * DAY_MS)


@pytest.mark.parametrize(
    ("since_ms", "until_ms", "said"),
    [
        (TODAY_MS + 1, None, "--since: the page tells whole days"),
        (None, TOMORROW_MS - HOUR_MS, "--until: the page tells whole days"),
        (TODAY_MS, TODAY_MS, "holds no day"),
        (TOMORROW_MS, TODAY_MS, "holds no day"),
        (TODAY_MS, TOMORROW_MS + DAY_MS, "lies in the future"),
    ],
)
def test_a_period_is_made_of_whole_days(
    home: Home, since_ms: int | None, until_ms: int | None, said: str
) -> None:
    """Nothing finer is told, and nothing that has not been."""
    before = home.journal().head().size

    with pytest.raises(UsageError, match=said):
        publish_page(home, "ja", since_ms=since_ms, until_ms=until_ms)

    assert home.journal().head().size == before


def test_a_least_count_that_protects_nobody_stops_the_page(home: Home) -> None:
    """Nothing is written then, not even to the journal."""
    before = home.journal().head().size
    open_door = home.register.with_value(LEAST_COUNT, 1, decided_by="a test")

    with pytest.raises(ConfigError, match="protects nobody"):
        publish_page(replace(home, register=open_door), "ja")

    assert home.journal().head().size == before


def test_purposes_are_those_of_the_commands() -> None:
    """Every purpose that a command has, with the powers of its commands and no more."""
    found = {each.name: set(each.powers) for each in permitted_purposes(shipped_matrix())}

    assert found == {
        str(purpose): {
            str(power) for each in Operation if each.purpose is purpose for power in each.powers
        }
        for purpose in {each.purpose for each in Operation}
    }


def test_nobody_can_be_told_from_the_page(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address, exporter, account, file name or time of day of what went in comes out."""
    who = "someone-of-the-staff"
    monkeypatch.setattr("hinomi.services.mandates.os_user", lambda: who)
    take_in(home, tmp_path, 40)
    assert last(home)[0]["mandate"]["who"] == who
    operator = OperatorConfig(name="A", contact="B")
    told = replace(home, config=Config(operator=operator))

    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        page = publish_page(told, language)
        for text in (page.html, json.dumps(page.document, ensure_ascii=False)):
            for secret in ("192.0.2.", "198.51.100.", "203.0.113.", "edge-1", "flows.csv", who):
                assert secret not in text
            assert render_time(NOON_MS)[11:19] not in text
            assert ":00:00" not in text


def test_a_place_is_looked_at_before_the_work(tmp_path: Path) -> None:
    """A missing folder, and a folder in the place of the file."""
    require_page_place(tmp_path / "page.html")
    with pytest.raises(NotFound, match="no such folder"):
        require_page_place(tmp_path / "absent" / "page.html")
    with pytest.raises(Unavailable):
        require_page_place(tmp_path)


def test_the_roles_are_those_that_people_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may look is told, and nobody who is not there."""
    house = Household(tmp_path / "house", monkeypatch)
    carry_out(house.home(), plan(Change(act="change", id=os_user(), roles=(Role.OPERATOR,))), {})
    assert gather(house.home()).roles == ("operator",)

    house.add("olga", Role.PRIVACY_OFFICER)
    house.add("anna", Role.ANALYST)
    assert gather(house.home()).roles == ("analyst", "privacy-officer", "operator")


def test_of_days_before_the_journal_began_nothing_is_told(home: Home) -> None:
    """A page of noughts would say that nobody had looked."""
    with pytest.raises(UsageError, match="the journal begins on"):
        publish_page(home, "ja", since_ms=0, until_ms=DAY_MS)
