"""The numbers of a period are those of its journal's entries."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hinomi.govern.journal import Altered, Body, body_of
from hinomi.govern.roles import Role
from hinomi.govern.transparency import Figures
from hinomi.model.window import Window
from hinomi.services.figures import count_entries
from hinomi.services.mandates import TOKEN_VARIABLE
from household import Household
from terminal import hinomi

WINDOW = Window(1000, 2000)


def counted(*entries: Mapping[str, Any], at: int = 1500) -> Figures:
    """Count entries that were all written at *at*."""
    bodies = [body_of(index, at, each) for index, each in enumerate(entries)]
    return count_entries(bodies, WINDOW)


def by(who: str) -> dict[str, Any]:
    """Give the mandate of an account, as entries keep it."""
    return {"mandate": {"purpose": "detect-cc", "basis": "law", "who": who}}


def test_entries_outside_the_period_are_not_counted() -> None:
    """The start counts, the end does not."""
    detect = {"operation": "detect"}

    assert counted(detect, at=1000).detections == 1
    assert counted(detect, at=999).detections == 0
    assert counted(detect, at=2000).detections == 0


def test_a_run_is_counted_once_and_its_most_is_kept() -> None:
    """The entry before it is the access; the one after it says what came of it."""
    found = counted(
        {"operation": "detect"},
        {"operation": "detect", "stage": "done", "candidates": 5, "known": 2,
         "sampling_interval": 10_000},
        {"operation": "detect"},
        {"operation": "detect", "stage": "done", "candidates": 9, "known": 0,
         "sampling_interval": 0},
    )  # fmt: skip

    assert found.detections == 2
    assert (found.candidates, found.known) == (9, 2)
    assert found.met == (0, 10_000)
    assert found.accesses == {"detect": 2}


def test_cases_are_added_up_and_of_lists_the_longest_is_kept() -> None:
    """Opened by a run or by evidence, or begun anew; a refused export handed nothing on."""
    found = counted(
        {"operation": "case", "stage": "begins", "worth": 9},
        {"operation": "case", "stage": "done", "opened": 4, "returned": 1},
        {"operation": "case evidence", "stage": "done", "opened": 2, "settled": 8},
        {"operation": "listings export", "listings": 3},
        {"operation": "listings export", "listings": 2},
        {"operation": "listings show", "listings": 7},
        {"operation": "listings export", "refused": "a laboratory can share nothing"},
    )

    assert (found.cases, found.listings, found.refusals) == (7, 3, 1)


def test_each_batch_that_is_handed_on_counts_once() -> None:
    """By its digest, however often it is sent; the most that one told of is kept."""
    first = {"operation": "listings submit", "digest": "a", "stage": "begins", "submitted": 7}
    found = counted(
        {"operation": "listings submit", "stage": "planned", "submitted": 90},
        {"operation": "listings submit", "stage": "begins", "submitted": 0},  # Too few: none goes.
        first,
        {"operation": "listings submit", "digest": "a", "stage": "done", "refused_late": 0},
        {**first, "digest": "b", "submitted": 5},
        {**first, "digest": "c", "submitted": 0, "takes_back": 5},
        {"operation": "listings feedback", "digest": "d", "stage": "begins",
         "confirmed": 2, "not-seen": 30, "wrong": 1, "gone": 4, "at_lines_least": 1},
        {"operation": "listings feedback", "digest": "e", "stage": "begins",
         "confirmed": 3, "not-seen": 0, "wrong": 0, "gone": 0},
        {"operation": "listings export", "listings": 3},
    )  # fmt: skip

    assert (found.submitted, found.sighted, found.confirmed, found.listings) == (7, 37, 3, 3)
    assert (found.handed_on, found.compared) == (6, 0)


def test_a_batch_of_before_counts_in_the_period_in_which_it_went() -> None:
    """It was made and journalled with its counts earlier; one that went earlier does not count."""
    begins = {"operation": "listings submit", "digest": "a", "stage": "begins", "submitted": 7}
    done = {"operation": "listings submit", "digest": "a", "stage": "done"}
    earlier = {**begins, "digest": "b", "submitted": 9}
    bodies = [body_of(0, 10, earlier), body_of(1, 20, begins), body_of(2, 1500, done)]

    found = count_entries(bodies, WINDOW)

    assert (found.submitted, found.handed_on) == (7, 1)


def test_comparisons_are_counted_and_not_what_was_compared() -> None:
    """How many servers went in, the hub must not learn from a page either."""
    begins = {"operation": "listings corroborate", "digest": "a", "stage": "begins", "brought": 77}
    found = counted(
        begins,
        {"operation": "listings corroborate", "digest": "a", "stage": "done"},
        {"operation": "listings corroborate", "stage": "opened", "brought": 77, "corroborated": 5},
        {**begins, "digest": "b"},
        {"operation": "listings corroborate", "stage": "lost", "reason": "over"},
    )

    assert found == Figures(entries=5, handed_on=2, compared=2)


def test_imports_are_added_up_with_their_reasons() -> None:
    """Rows in, rows stored, rows dropped by reason and malformed ones."""
    done = {"operation": "import", "stage": "done", "records": 10, "stored": 6}
    found = counted(
        {"operation": "import", "stage": "begins"},
        {**done, "dropped": {"transit": 3}, "malformed": 1},
        {**done, "dropped": {"transit": 1, "not-ip": 3}, "malformed": 0},
        {"operation": "import", "stage": "already-imported"},
    )

    assert (found.files, found.imported, found.imported_stored) == (2, 20, 12)
    assert found.dropped_of_files == {"transit": 4, "not-ip": 3, "malformed": 1}


def test_what_was_received_live_is_added_up() -> None:
    """Each flush says how many records became durable."""
    found = counted(
        {"operation": "collect", "stage": "storing", "rows": 7},
        {"operation": "collect", "stage": "stored", "stored": 6, "removed_hour": 1},
    )

    assert found.received_stored == 6


def test_accounts_are_counted_and_not_named() -> None:
    """One that acts twice is one."""
    found = counted({"operation": "detect", **by("a")}, {"operation": "train", **by("a")},
                    {"operation": "init", "who": "b"})  # fmt: skip

    assert found.accounts == 2


def test_refusals_are_counted() -> None:
    """Of files, and of accesses that no mandate permits."""
    found = counted({"operation": "import", "stage": "refused"}, {"operation": "refused"})

    assert found.refusals == 2


def test_deletions_are_counted_by_kind() -> None:
    """Hours of records, bodies of the journal, and other things."""
    found = counted(
        {"operation": "store", "act": "remove", "stage": "begins"},
        {"operation": "store", "act": "remove", "stage": "done", "hours": 3, "rows": 500},
        {"operation": "store", "act": "compact", "stage": "done", "hours": 9, "rows": 9},
        {"operation": "lists", "act": "remove"},
        {"operation": "journal", "bodies_deleted": [[0, 4], [6, 7]]},
    )

    assert (found.deleted_hours, found.deleted_records) == (3, 500)
    assert (found.deletions, found.bodies_deleted) == (1, 5)


@pytest.mark.parametrize(
    ("entry", "kind", "name"),
    [
        ({"act": "sampling", "exporter": "192.0.2.1"}, "interval", None),
        ({"model_before": "default"}, "model", None),
        ({"name": "suspects.fdr"}, "parameter", "suspects.fdr"),
        ({"name": "exporter.192.0.2.1.sampling_interval"}, "interval", None),
        ({"act": "something else"}, "parameter", None),
    ],
)
def test_a_change_of_the_register_is_told_without_naming_a_router(
    entry: dict[str, str], kind: str, name: str | None
) -> None:
    """Whatever names both versions is a change."""
    found = counted(
        {"operation": "init", "register": "old"},
        {"operation": "any", **entry, "register_before": "old", "register": "new"},
    )

    assert [(each.kind, each.name) for each in found.changes] == [(kind, name)]


def test_a_version_that_nobody_announced_is_a_change_outside() -> None:
    """Who writes into the register by hand is noticed; a collector with the one before is not."""
    first = {"operation": "init", "register": "old"}
    announced = {"operation": "models", "register_before": "old", "register": "new"}
    late = {"operation": "collect", "register": "old"}
    silent = {"operation": "detect", "register": "third"}

    assert [each.kind for each in counted(first, announced, late).changes] == ["parameter"]
    assert [each.kind for each in counted(first, late, silent, silent).changes] == ["outside"]


def test_the_first_version_met_is_no_change() -> None:
    """Where earlier bodies are deleted nothing is known of what was before."""
    assert counted({"operation": "detect", "register": "any"}).changes == ()


def test_what_was_registered_before_the_period_is_known_in_it() -> None:
    """A change before the period is none of the period's."""
    bodies = [
        body_of(0, 10, {"operation": "init", "register": "old"}),
        body_of(1, 20, {"operation": "detect", "register": "hand"}),
        body_of(2, 1500, {"operation": "detect", "register": "hand"}),
    ]

    assert count_entries(bodies, WINDOW).changes == ()


def test_a_body_that_says_nothing_readable_stops_it() -> None:
    """Numbers are not made from a damaged journal."""
    with pytest.raises(Altered):
        count_entries([Body(0, 1500, bytes(32), b"[]")], WINDOW)


def test_what_retention_deleted_is_counted_once() -> None:
    """What a run announces has not gone yet, and may be told by several; what it removed counts."""
    found = counted(
        {"operation": "retention", "stage": "begins", "bodies_deleted": [[0, 900]]},
        {"operation": "retention", "stage": "done",
         "removed": {"flow-records": 70, "journal-bodies": 30, "day-keys": 1, "reports": 2}},
        {"operation": "retention", "stage": "begins", "bodies_deleted": [[0, 905]]},
        {"operation": "retention", "stage": "left", "removed": {"flow-records": 5}},
    )  # fmt: skip

    assert (found.deleted_records, found.bodies_deleted, found.deletions) == (75, 30, 3)
    assert found.accesses == {}


def test_what_commands_write_is_counted_as_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role that may not detect is a refusal and no detection; a change has its name."""
    house = Household(tmp_path / "home", monkeypatch)
    house.add("erik", Role.AUDITOR)
    house.act_as("erik")
    assert hinomi("detect", home=house.folder).code == 77
    monkeypatch.delenv(TOKEN_VARIABLE)
    changed = ("parameters", "propose", "suspects.fdr", "0.02", "--considerations", "why")
    assert hinomi(*changed, home=house.folder).code == 0

    found = count_entries(house.home().journal().bodies(), Window())

    assert (found.refusals, found.detections, found.accesses) == (1, 0, {})
    assert [(each.kind, each.name) for each in found.changes] == [("parameter", "suspects.fdr")]
