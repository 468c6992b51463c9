"""Retention deletes what is due, looks whether it is gone, and says so in the journal."""

import errno
import os
from datetime import date
from pathlib import Path

import pytest

from forms import files_with, forms_of_key, forms_of_pseudonym
from hinomi.errors import NotPermitted, Unavailable
from hinomi.govern.journal import deleted_bodies
from hinomi.govern.matrix import Purpose
from hinomi.govern.retention import DAY_MS
from hinomi.model.address import Address
from hinomi.model.listed import ListKind
from hinomi.services.retention import (
    joined,
    plan_retention,
    run_retention,
    unknown_files,
)
from hinomi.services.rulings import prolong
from hinomi.services.upkeep import remove_before, store_status
from retained import Ageing, rows_of
from terminal import hinomi

FLOWS = 30
"""As registered: retention.flow_records_days."""

PERIOD = 28
"""As registered: store.key_period_days."""


@pytest.fixture(name="ageing")
def a_home_of_three_days(tmp_path: Path) -> Ageing:
    """Give a home to which records came on day 0 and on day 5, and a list on day 0."""
    ageing = Ageing.make(tmp_path / "home").take_in(*rows_of(0))
    ageing.listed(ListKind.SUSPECTS, "address\n192.0.2.7\n203.0.113.9\n")
    ageing.days = 5
    return ageing.take_in(*rows_of(5, count=2))


def entries(ageing: Ageing) -> list[dict[str, object]]:
    """Give what the journal says of retention."""
    said = ageing.home.journal().entries()
    return [entry for entry in said if entry["operation"] == "retention"]


def test_nothing_is_due_in_time(ageing: Ageing) -> None:
    """A run before its time deletes nothing, and says that it looked."""
    ageing.days = PERIOD - 1

    outcome = run_retention(ageing.home)

    assert not any(outcome.removed.values())
    assert store_status(ageing.home)["records"] == 5
    begins, done = entries(ageing)
    assert (begins["stage"], begins["due"], done["stage"]) == ("begins", {}, "done")
    assert dict(begins["mandate"])["purpose"] == "operate"  # type: ignore[call-overload]


def test_days_go_one_by_one_with_their_keys(ageing: Ageing) -> None:
    """What arrived on day 0 goes, with its key; what arrived on day 5 stays readable."""
    ageing.days = FLOWS + 1
    first, second = ageing.home.keeper.days()

    outcome = run_retention(ageing.home)

    assert outcome.removed["flow-records"] == 3
    assert outcome.removed["day-keys"] == 1
    assert ageing.home.keeper.days() == (second,)
    assert store_status(ageing.home)["records"] == 2
    begins, done = entries(ageing)
    assert begins["due"] == {"flow-records": 3, "day-keys": 1, "period-keys": 1}
    assert begins["flows_until"] == "2026-01-02"
    assert first == "2026-01-01"
    assert (done["stage"], done["left"]) == ("done", 0)


def test_an_old_capture_is_as_young_as_its_arrival(tmp_path: Path) -> None:
    """Retention counts from arrival: flows of last year that come in today stay."""
    ageing = Ageing.make(tmp_path / "home").take_in(*rows_of(-300))
    ageing.days = FLOWS

    assert run_retention(ageing.home).removed["flow-records"] == 0
    assert store_status(ageing.home)["records"] == 3


def test_the_plan_tells_what_the_run_does(ageing: Ageing) -> None:
    """What is due in the plan is what is removed, class by class."""
    ageing.days = 120
    due = plan_retention(ageing.home).due

    outcome = run_retention(ageing.home)

    planned: dict[str, int] = {}
    for each in due:
        planned[each.held.data_class] = planned.get(each.held.data_class, 0) + each.held.count
    assert planned.pop("period-keys") == 1  # Changed now, destroyed a day later.
    assert planned == {name: count for name, count in outcome.removed.items() if count}
    assert planned == {"flow-records": 5, "day-keys": 2, "standing-own-entries": 1}
    assert plan_retention(ageing.home).due == ()


def test_twice_is_once(ageing: Ageing) -> None:
    """A second run finds nothing to do."""
    ageing.days = 120
    run_retention(ageing.home)

    assert not any(run_retention(ageing.home).removed.values())


def test_bodies_go_and_the_journal_still_verifies(ageing: Ageing) -> None:
    """What entries said is deleted, the tree is whole, and entries say which went, once more."""
    ageing.days = 1110
    before = ageing.home.journal().head().size
    first = run_retention(ageing.home)
    assert first.removed["journal-bodies"] == before
    assert deleted_bodies(entries(ageing)) == [(0, before)]
    before = ageing.home.journal().head().size

    # Even the entry that told of it goes one day; then another one tells.
    ageing.days = 2300
    run_retention(ageing.home)

    assert deleted_bodies(entries(ageing)) == [(0, before)]
    said = hinomi("journal", "verify", home=ageing.folder)
    assert said.code == 0, said.out


def test_the_matrix_is_asked(ageing: Ageing) -> None:
    """Upkeep that somebody gave an end deletes nothing after it; a person decides first."""
    home = ageing.home
    prolong(ageing.folder, Purpose.OPERATE, date(2025, 11, 22), "officer", home.journal())
    ageing.days = 120

    with pytest.raises(NotPermitted):
        run_retention(ageing.home)

    assert store_status(ageing.home)["records"] == 5


def test_what_is_still_there_is_an_error_that_names_it(
    ageing: Ageing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that says yes and does nothing is found out by looking."""
    ageing.days = FLOWS + 1
    report = ageing.leave("week.html")
    ageing.days = 2 * FLOWS + 5
    monkeypatch.setattr("hinomi.services.retentionshelves.delete", lambda _path, **_: None)

    with pytest.raises(Unavailable, match=r"1 things that were due.*reports: week\.html"):
        run_retention(ageing.home)

    assert report.exists()
    last = entries(ageing)[-1]
    assert (last["stage"], last["left"]) == ("left", 1)


def test_a_key_that_stays_is_an_error(ageing: Ageing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are listed anew after their destruction."""
    ageing.days = FLOWS + 1
    monkeypatch.setattr("hinomi.store.keeper.KeyKeeper.destroy", lambda *_: None)

    with pytest.raises(Unavailable, match="day-keys: 2026-01-01"):
        run_retention(ageing.home)


def test_a_disk_that_refuses_is_told_and_journalled(
    ageing: Ageing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, and an entry that says that the run failed."""
    ageing.leave("keys/days/.2026-01-06.1-2")
    ageing.days = 2 * FLOWS + 5

    def refuse(_path: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("hinomi.store.leftovers.destroy_secret", refuse)

    with pytest.raises(Unavailable, match="Read-only"):
        run_retention(ageing.home)

    assert entries(ageing)[-1]["stage"] == "failed"


def test_a_file_that_nothing_speaks_of_is_told_and_stays(ageing: Ageing) -> None:
    """It may be the operator's own: it is named each time."""
    ageing.leave("notes.txt")

    assert unknown_files(ageing.home) == ["notes.txt"]
    assert run_retention(ageing.home).unknown == ["notes.txt"]
    assert (ageing.folder / "notes.txt").exists()


def test_a_table_that_nothing_speaks_of_is_told(
    ageing: Ageing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that some other program made."""
    monkeypatch.setattr(
        "hinomi.store.forgetting.Forgetting.tables", lambda _self: ["lists", "diary"]
    )

    assert unknown_files(ageing.home) == ["case book: table diary"]


def test_each_step_is_told_before_it_is_done(ageing: Ageing) -> None:
    """Manifest and rows go before files, files before keys, and looking is last."""
    steps: list[str] = []

    run_retention(ageing.home, steps.append)

    assert steps == [
        "begins", "flows", "case book", "context", "files", "journal", "keys", "key period",
        "look", "done",
    ]  # fmt: skip


def test_a_key_period_ends_and_its_key_goes_a_day_later(ageing: Ageing) -> None:
    """What is kept comes under the new key; no byte of an old pseudonym stays in the case book."""
    home, line = ageing.home, Address(0, 0xFFFF << 32 | 0xC0000207)
    pseudonym = forms_of_pseudonym(home.cipher().tokenise_one(line))
    key = (ageing.folder / "keys" / "period-0001.key").read_bytes()
    assert files_with(ageing.folder, pseudonym) != []
    ageing.days = PERIOD + 1

    assert run_retention(ageing.home).removed["period-keys"] == 0

    assert ageing.home.key_period == "period-0002"
    assert files_with(ageing.folder, pseudonym) == []
    again = forms_of_pseudonym(ageing.home.cipher().tokenise_one(line))
    assert files_with(ageing.folder, again) == ["casebook.sqlite"]
    assert files_with(ageing.folder, forms_of_key(key)) == ["keys/period-0001.key"]
    ageing.days = PERIOD + 2
    assert run_retention(ageing.home).removed["period-keys"] == 1
    assert files_with(ageing.folder, forms_of_key(key)) == []
    assert store_status(ageing.home)["records"] == 5


def test_a_key_of_a_former_period_that_stays_is_an_error(
    ageing: Ageing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked for by its file."""
    ageing.days = PERIOD + 1
    run_retention(ageing.home)
    ageing.days = PERIOD + 2
    monkeypatch.setattr("hinomi.services.rollover.destroy_secret", lambda _path: None)

    with pytest.raises(Unavailable, match=r"keys/period-0001\.key"):
        run_retention(ageing.home)


def test_ranges_are_joined() -> None:
    """Those that touch or overlap become one."""
    assert joined([(5, 6), (0, 2), (2, 3), (1, 2), (8, 9)]) == [(0, 3), (5, 6), (8, 9)]
    assert joined([]) == []


def test_a_collector_may_run_meanwhile(ageing: Ageing) -> None:
    """A case book that another process has open, and has read, is scrubbed all the same."""
    ageing.days = 120
    with ageing.home.casebook() as held_open:
        assert held_open.exporters()

        assert run_retention(ageing.home).removed["standing-own-entries"] == 1

        assert held_open.exporters()


def test_what_arrived_under_a_clock_that_ran_ahead_is_told_until_it_is_gone(
    ageing: Ageing,
) -> None:
    """It would stay for years and fall due on no run; removed by hand, its key goes as well."""
    ageing.days = 700
    ageing.take_in(*rows_of(690))
    ageing.days = 1

    with pytest.raises(Unavailable, match="a day that has not come"):
        run_retention(ageing.home)
    remove_before(ageing.home, ageing.now_ms() + 700 * DAY_MS)
    run_retention(ageing.home)

    assert [day for day in ageing.home.keeper.days() if day > "2026-01-02"] == []
