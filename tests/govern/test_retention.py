"""What is due when, by the days of its class."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import ConfigError
from hinomi.govern.holdings import ROWS, DataClass
from hinomi.govern.parameters import Register, default_register
from hinomi.govern.retention import (
    CAME_BACK,
    DAY_MS,
    Cutoffs,
    Held,
    class_of_file,
    classes_of_table,
    counts_of,
    days_of,
    plan,
)

TODAY = 20_000
NOW_MS = TODAY * DAY_MS + 5_000_000
REGISTER = default_register()
FLOWS = REGISTER.integer("retention.flow_records_days")


def flows(day: int) -> Held:
    """Give records that arrived on *day*."""
    return Held(DataClass.FLOW_RECORDS, str(day), day, 7)


def test_a_day_is_due_when_its_days_are_over() -> None:
    """Kept for N days after the end of its day, and no moment longer."""
    last, first = flows(TODAY - FLOWS - 1), flows(TODAY - FLOWS)

    found = plan([first, last], Cutoffs(REGISTER, NOW_MS))

    assert [each.held for each in found.due] == [last]
    assert [each.held for each in found.later] == [first]
    assert found.due[0].due_ms == TODAY * DAY_MS
    assert found.later[0].due_ms == (TODAY + 1) * DAY_MS
    assert found.next_of(DataClass.FLOW_RECORDS) == found.later[0]
    assert found.next_of(DataClass.REPORTS) is None
    assert counts_of(found.due) == {"flow-records": 7}


@given(day=st.integers(0, 40_000), now_ms=st.integers(0, 40_000 * DAY_MS))
def test_due_is_what_lies_before_the_cutoff(day: int, now_ms: int) -> None:
    """The plan and the deletion speak of the same things, at every moment."""
    cutoffs = Cutoffs(REGISTER, now_ms)
    for data_class in (row.data_class for row in ROWS if row.parameter is not None):
        held = Held(data_class, "x", day)
        found = plan([held], cutoffs)

        assert bool(found.due) == cutoffs.cover(held) == (day * DAY_MS < cutoffs.ms(data_class))
        assert bool(found.due) == all(each.due_ms <= now_ms for each in (*found.due, *found.later))


def test_nothing_that_a_window_reads_is_ever_due() -> None:
    """With the shortest retention there may be, and whatever was announced before."""
    window = REGISTER.integer("detect.window_days")
    shortest = REGISTER.with_value("retention.flow_records_days", window, decided_by="test")
    for register in (REGISTER, shortest):
        for told_ms in (0, NOW_MS, NOW_MS * 9):
            cutoffs = Cutoffs(register, NOW_MS, told_ms)
            assert not cutoffs.cover(flows(TODAY - window + 1))
            assert not cutoffs.cover(flows(TODAY))


def test_what_was_destroyed_once_does_not_come_back_with_a_longer_retention() -> None:
    """Days below the announced one are due, also when the register now keeps longer."""
    longer = REGISTER.with_value("retention.flow_records_days", FLOWS * 2, decided_by="test")
    gone, never = flows(TODAY - FLOWS - 1), flows(TODAY - FLOWS)

    found = plan([gone, never], Cutoffs(longer, NOW_MS, (TODAY - FLOWS) * DAY_MS))

    assert [(each.held, each.reason) for each in found.due] == [(gone, CAME_BACK)]
    assert plan([gone, never], Cutoffs(longer, NOW_MS)).due == ()


def test_what_is_kept_as_long_as_the_home_has_no_days() -> None:
    """To ask for them is a mistake of the caller's."""
    with pytest.raises(ValueError, match="as long as the home"):
        days_of(DataClass.MODELS, REGISTER)


def test_a_register_without_the_parameter_is_refused() -> None:
    """Nothing is deleted, and nothing kept, on a number that is not there."""
    with pytest.raises(ConfigError, match=r"retention\.reports_days is missing"):
        plan([Held(DataClass.REPORTS, "a.html", 1)], Cutoffs(Register({}), NOW_MS))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("lake/flows/date=2026-01-01/hour=05/a.parquet", DataClass.FLOW_RECORDS),
        ("lake/flows/date=2026-01-01/hour=05/.a.parquet.tmp", DataClass.LEFTOVERS),
        ("partials/0-86400000/about.json", DataClass.PARTIAL_RESULTS),
        ("partials/draft-12-ab/about.json", DataClass.LEFTOVERS),
        ("keys/days/2026-01-01.key", DataClass.DAY_KEYS),
        ("keys/days/.2026-01-01.12-34", DataClass.LEFTOVERS),
        ("keys/period-0001.key", DataClass.PERIOD_KEYS),
        ("keys/journal.key", DataClass.JOURNAL),
        ("journal/bodies/x001/234", DataClass.JOURNAL_BODIES),
        ("journal/tile/0/000.p/3", DataClass.JOURNAL),
        ("scratch-12-ab/records.parquet", DataClass.LEFTOVERS),
        ("casebook.sqlite-wal", DataClass.MECHANISM),
        ("notes.txt", None),
        ("lake/copy/a.parquet", None),
        ("keys/other.key", None),
    ],
)
def test_a_file_is_of_one_class(path: str, expected: DataClass | None) -> None:
    """The name of a file tells of which class it is; what no row speaks of is of none."""
    assert class_of_file(path) is expected


def test_a_table_may_be_of_several_classes_and_an_unknown_one_is_of_none() -> None:
    """Its rows tell which; nothing is taken for something else."""
    assert classes_of_table("evidence") == (
        DataClass.CASES, DataClass.OWN_CASES, DataClass.EVIDENCE,
    )  # fmt: skip
    assert classes_of_table("diary") == ()
