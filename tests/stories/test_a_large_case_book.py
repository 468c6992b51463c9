"""However many cases there are, a person's command asks the database as often as with few."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from casebooks import PostgresqlPlace
from casesteps import NOW_MS, opened, service, stepping, verdict
from docket import stated
from hinomi.model.case import CaseState, Finding, ServiceClass, Step
from hinomi.model.evidence import Claim, Method
from hinomi.model.listed import ListEntry, ListKind
from hinomi.services.casefile import case_file, list_cases
from hinomi.services.cases import look_again
from hinomi.services.casework import decide
from hinomi.services.home import Home
from hinomi.store.casebook import CaseBook
from household import Household

FEW: Final = 3
MANY: Final = 150
COUNTED: Final = {"cases", "source_outcomes"}
"""What a command may count, from an index alone."""

SHORT: Final = {
    *("evidence_sources", "source_pairs", "case_runs", "case_seeds"),
    *("alembic_version", "sqlite_master"),
}
"""Tables with a row for each source, run or seed, and what tells which tables there are."""

Deed = Callable[[Home], object]
DEEDS: Final[dict[str, tuple[Deed, int]]] = {
    "list": (list_cases, 8),
    "list a state": (lambda home: list_cases(home, [CaseState.UNDER_REVIEW]), 8),
    "show": (lambda home: case_file(home, 1), 24),
    "look again": (lambda home: look_again(home, [1]), 28),
    "decide": (lambda home: decide(home, 1, Finding.UNSURE, "who knows"), 36),
}
"""Each command, and how many statements it may send, transactions' own ones included."""


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Note what is asked of any database."""
    found: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        found.append((told[2], told[3]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.fixture(params=["sqlite", "postgresql"], name="house")
def a_home(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Household:
    """Make a home whose case book is in a file, or in a database."""
    house = Household(tmp_path / "home", monkeypatch, clock=lambda: NOW_MS, made_up=True)
    if request.param == "postgresql":
        place: PostgresqlPlace = request.getfixturevalue("shared_place")
        house.share_book(place.conninfo)
    return house


def put_cases(house: Household, ports: range) -> None:
    """Open a case on each port, with evidence, a history, a verdict, an answer and a list entry."""
    with house.home().casebook() as book:
        for port in ports:
            case = opened(book, service("203.0.113.9", port))
            given = verdict(case)
            case = book.cases.change(stepping(case, Step.TAKE, "ben", verdict=given))
            book.evidence.add(
                [
                    stated(house, how, Claim.CC, service=case.service)
                    for how in (Method.HONEYPOT, Method.MALWARE)
                ],
                NOW_MS,
            )
            book.evidence.put_outcomes(case, {"honeypot": (Method.HONEYPOT, True)}, NOW_MS)
        base = service("203.0.113.9").address
        entries = [ListEntry(base=base, proto=6, port=port) for port in range(1, ports.stop)]
        book.lists.replace(
            ListKind.KNOWN_CC, "feed", entries, sha256=f"{ports.stop}", added_ms=NOW_MS
        )


def counts(house: Household) -> dict[str, int]:
    """Do each deed once, and count what it asks."""
    told = {}
    for name, (deed, _) in DEEDS.items():
        with statements() as asked:
            deed(house.home())
        told[name] = len(asked)
    return told


def test_what_a_command_asks_does_not_grow_with_the_cases(house: Household) -> None:
    """The same few statements with fifty times as many cases, evidence, answers and entries."""
    put_cases(house, range(1, 1 + FEW))
    counts(house)  # The first decision takes the case; all later ones find it taken.
    few = counts(house)
    put_cases(house, range(1 + FEW, 1 + MANY))

    assert counts(house) == few
    assert all(few[name] <= most for name, (_, most) in DEEDS.items()), few


def test_open_cases_are_read_and_written_together(house: Household) -> None:
    """A run weighs all of them anew in few transactions, not one and more for each."""
    put_cases(house, range(1, 1 + MANY))
    with statements() as asked:
        look_again(house.home())

    writes = [each for each, _ in asked if each.startswith(("UPDATE cases", "BEGIN IMMEDIATE"))]
    assert len(asked) < 8 * MANY
    assert len(writes) <= MANY + 2 + MANY // 50


def test_no_command_reads_a_table_from_end_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SQLite plans it: every table that grows is asked by an index, lists included."""
    house = Household(tmp_path / "home", monkeypatch, clock=lambda: NOW_MS, made_up=True)
    put_cases(house, range(1, 1 + MANY))
    with statements() as asked:
        for deed, _ in DEEDS.values():
            deed(house.home())

    with house.home().casebook() as book:
        scans = {line for each in asked for line in plan(book, *each) if line.startswith("SCAN")}
    grows = {line for line in scans if line.split()[1] not in SHORT and "CONSTANT" not in line}
    assert {line.split()[1] for line in grows} <= COUNTED, grows
    assert all(" INDEX " in line for line in grows), grows  # The page's is in its order.


def plan(book: CaseBook, statement: str, parameters: Any) -> list[str]:
    """Ask SQLite how it would answer; nothing where that is no question."""
    if not statement.lstrip().startswith("SELECT"):
        return []
    with book._database.read() as connection:  # noqa: SLF001 - past the stores, to ask about them.
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(row[3]) for row in rows]


def test_what_is_shown_is_of_one_moment(house: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody decides while a case is read: it is shown as it was, or as it is, never half."""
    put_cases(house, range(1, 2))
    read = CaseBook.snapshot

    def late(book: CaseBook) -> Any:
        held = read(book)

        @contextmanager
        def then() -> Iterator[None]:
            with held:
                book.cases.get(1)
                with house.home().casebook() as other:
                    case = other.cases.get(1)
                    given = verdict(case, service_class=ServiceClass.COMPROMISED)
                    other.cases.change(stepping(case, Step.WEIGH, "eve", verdict=given))
                yield

        return then()

    monkeypatch.setattr(CaseBook, "snapshot", late)
    shown = case_file(house.home(), 1)

    assert shown.history[-1].version == shown.case.version
    assert "eve" not in {each.by for each in shown.history}
    assert len(shown.verdicts) == 1
