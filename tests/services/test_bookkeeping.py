"""The thread that alone speaks to the case book of a running collector."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from builders import NOON_MS
from hinomi.model.exporter import HOUR_MS, ExporterHour, SequenceUnit
from hinomi.model.window import Window
from hinomi.services.bookkeeping import Bookkeeper, News
from hinomi.services.casebooks import CASEBOOK
from hinomi.services.exporters import override_sampling
from hinomi.services.home import CONFIG, open_home
from hinomi.services.register import REGISTER
from loopback import wait_for
from terminal import make_home

ROUTER, OTHER = "203.0.113.1", "203.0.113.2"


@pytest.fixture(name="folder")
def a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home whose case book waits for no one for long."""
    monkeypatch.setattr("hinomi.store.database.BUSY_MS", 20)
    return make_home(tmp_path / "home")


@contextmanager
def keeping(folder: Path) -> Iterator[Bookkeeper]:
    """Let a bookkeeper work for the home at *folder*."""
    book = Bookkeeper(open_home(folder, lambda: NOON_MS))
    book.start()
    try:
        yield book
    finally:
        book.close()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the case book, as another process that writes does."""
    with closing(sqlite3.connect(folder / CASEBOOK, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def news_of(book: Bookkeeper) -> News:
    """Wait until something became known."""
    found = News()

    def has_come() -> bool:
        nonlocal found
        found = book.news() or found
        return bool(found)

    wait_for(has_come)
    return found


def an_hour(exporter: int) -> ExporterHour:
    """Make what one exporter sent in the hour of noon."""
    return ExporterHour(
        exporter=exporter, hour=NOON_MS // HOUR_MS, unit=SequenceUnit.DATAGRAMS, datagrams=3
    )


def test_exporters_are_numbered(folder: Path) -> None:
    """The numbers come as news, once, and stand in the case book."""
    with keeping(folder) as book:
        book.number([ROUTER, OTHER])
        assert book.settle(10.0)
        numbers = news_of(book).numbers
        assert book.news() is None

    with open_home(folder).casebook() as casebook:
        assert numbers == {name: casebook.find_exporter(name) for name in (ROUTER, OTHER)}
    with keeping(folder) as book:
        assert book.said.numbers == numbers  # Known from the beginning.


def test_nobody_waits_while_another_process_holds_the_case_book(folder: Path) -> None:
    """Wishes return at once and are tried again; the failures are counted."""
    with keeping(folder) as book:
        with held(folder):
            began_s = time.monotonic()
            book.number([ROUTER])
            assert book.news() is None
            assert time.monotonic() - began_s < 1.0
            wait_for(lambda: book.failures >= 2)

        assert news_of(book).numbers.keys() == {ROUTER}


def test_hours_are_added_once(folder: Path) -> None:
    """What could not be added is added later, and until then further ones wait."""
    with keeping(folder) as book:
        book.number([ROUTER])
        number = news_of(book).numbers[ROUTER]
        with held(folder):
            book.add_hours([an_hour(number)])
            wait_for(lambda: book.failures >= 1)
            assert book.is_adding
        assert book.settle(10.0)
        assert not book.is_adding

    with open_home(folder).casebook() as casebook:
        (hour,) = casebook.exporter_hours(Window())
    assert hour.datagrams == 3


def test_hours_that_no_case_book_takes_do_not_stop_the_rest(folder: Path) -> None:
    """Those of an exporter that is not there any more are given up, counted."""
    with keeping(folder) as book:
        book.add_hours([an_hour(99)])
        assert book.settle(10.0)
        assert book.failures == 1


def test_the_end_does_not_wait_for_ever(folder: Path) -> None:
    """Where the case book is held to the last, it is told that not all was done."""
    with keeping(folder) as book, held(folder):
        book.number([ROUTER])
        assert not book.settle(0.1)


def test_changed_rules_are_news(folder: Path) -> None:
    """What did not change is none."""
    with keeping(folder) as book:
        book.reread()
        assert book.settle(10.0)
        assert book.news() is None

        override_sampling(open_home(folder), ROUTER, 5_000, "its firmware exports no rate")
        book.reread()
        said = news_of(book).said

    assert said is not None
    assert said.register != book.said.register


def test_who_may_send_is_read_again_on_request(folder: Path) -> None:
    """Together with the rules, from the configuration as it is then."""
    config = folder / CONFIG
    config.write_text(config.read_text("utf-8").replace("allow = []", 'allow = ["192.0.2.0/24"]'))

    with keeping(folder) as book:
        book.reread(with_config=True)
        allowed = news_of(book).allowed

    assert [str(each) for each in allowed or ()] == ["::ffff:c000:200/120"]


def test_what_is_wrong_leaves_the_rules_as_they_were(folder: Path) -> None:
    """It is counted, not news, and not tried again by itself."""
    register = folder / REGISTER
    sound = register.read_text("utf-8")
    with keeping(folder) as book:
        register.write_text(sound + "\nno toml", "utf-8")
        book.reread()
        assert book.settle(10.0)
        assert (book.failures, book.news()) == (1, None)
        register.write_text(sound, "utf-8")


def test_a_mistake_of_ours_ends_the_collector(folder: Path) -> None:
    """Nothing vanishes on the thread: it is raised where news are taken."""
    with keeping(folder) as book:
        book.number([3])  # type: ignore[list-item]
        book.add_hours(["no hour"])  # type: ignore[list-item]
        wait_for(lambda: book.failures == 1)
        with pytest.raises((AttributeError, TypeError)):
            book.news()
