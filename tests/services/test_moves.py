"""Routes then and now: who originates the address of an open case."""

from pathlib import Path
from typing import Final

import pytest

from casework import Provider, provider
from hinomi.model.case import Case
from hinomi.model.context import ContextKind
from hinomi.model.evidence import Claim
from hinomi.services.context import context_store
from hinomi.services.moves import ROUTES, note_moves

CC: Final = "203.0.113.1"
OWN_CC: Final = "198.19.100.1"
PORT: Final = 48_101


def routes(home: Provider, asn: int, source: str = "collector") -> None:
    """Take in today's table of routes."""
    path = home.folder.parent / f"{source}-{home.today}.txt"
    path.write_text(f"203.0.113.0/24\t{asn}\n198.19.0.0/16\t{asn}\n", "utf-8")
    named = ("--source", source, "--licence", "own", "--date", home.today)
    home.ask("anna", "context", "add", "routes", path, *named)


def note(home: Provider) -> tuple[int, Case]:
    """Compare the tables of all open cases; give how many statements are new, and the case."""
    opened = home.house.home()
    with opened.casebook() as casebook:
        cases = [casebook.cases.get(each["case"]) for each in home.cases()]
        return note_moves(opened, casebook, cases), cases[0]


@pytest.fixture(name="home")
def a_provider_with_a_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Two methods agree on a server while one AS originates it."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(1)
    routes(home, 64_500)
    home.lists("known-cc", "feed", f"{CC},tcp,{PORT}")
    assert home.samples(CC, PORT)["opened"]
    return home


def test_another_as_is_noted_once(home: Provider) -> None:
    """With the day of the table that says so; the next table says nothing new."""
    assert note(home)[0] == 0
    home.at_day(3)
    routes(home, 64_501)
    assert note(home)[0] == 1
    home.at_day(4)
    routes(home, 64_501)

    new, case = note(home)

    assert new == 0
    with home.house.home().casebook() as casebook:
        found = [each for each in casebook.evidence.of(case.service) if each.source == ROUTES]
    (said,) = found
    assert (said.claim, said.reference) == (Claim.MOVED, "AS64500 to AS64501")
    assert said.observed_day == case.opened_ms // 86_400_000 + 2


def test_one_source_that_says_the_same_as_before_is_enough(home: Provider) -> None:
    """Sources differ on the same day: where one still says the same AS, nothing moved."""
    routes(home, 64_777, "another")
    home.at_day(3)
    routes(home, 64_501)
    routes(home, 64_777, "another")

    assert note(home)[0] == 0


def test_own_servers_and_unknown_routes_do_not_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pseudonym has no routes, and a table that lacks the address says nothing of it."""
    home = provider(tmp_path, monkeypatch)
    home.at_day(1)
    routes(home, 64_500)
    for address, number in ((OWN_CC, 1), ("198.51.100.1", 2)):
        home.lists("known-cc", f"feed-{number}", f"{address},tcp,{PORT}")
        assert home.samples(address, PORT, f"sandbox-{number}")["opened"]
    home.at_day(3)
    routes(home, 64_501)

    assert note(home)[0] == 0


def test_tables_of_one_kind_are_read_alone(home: Provider) -> None:
    """Looking for routes reads no lists and no names."""
    store = context_store(home.house.home())
    now_ms = home.house.clock() + 86_400_000

    assert [each.statement.kind for each in store.before(now_ms, ContextKind.ROUTES)] == ["routes"]
    assert store.before(now_ms, ContextKind.PDNS) == ()
