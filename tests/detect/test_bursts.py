"""Bins in which a crowd comes at once are cut; what stays busy is not."""

from typing import Final

import pyarrow as pa

from builders import services_table
from hinomi.detect.bursts import bursts
from hinomi.detect.orient import SERVICE
from hinomi.govern.parameters import Register

BIN_MS: Final = 600_000
DAY_BINS: Final = 144


def cut(register: Register, busy: dict[int, int], *, rest: int, span_bins: int) -> list[int]:
    """
    Tell which bins of one service are cut.

    *busy* holds records (each from a line of its own) by bin; *rest* records lie in the
    other bins of the service's span.
    """
    rows = [
        {"bin": number, "records": records, "lines": records} for number, records in busy.items()
    ]
    totals = {
        "records": sum(busy.values()) + rest,
        "first_ms": 0,
        "last_ms": span_bins * BIN_MS - 1,
    }
    found = bursts(services_table(*rows), services_table(totals), register)
    assert found.column_names == [*SERVICE, "bin"]
    return sorted(found["bin"].to_pylist())


def test_an_hours_attack_is_cut(register: Register) -> None:
    """Six bins stand far above three quiet days: they go."""
    attack = dict.fromkeys(range(100, 106), 500)

    assert cut(register, attack, rest=400, span_bins=3 * DAY_BINS) == list(range(100, 106))


def test_a_long_attack_does_not_hide_in_its_own_mean(register: Register) -> None:
    """Four hours of a quiet day: the fullest fifth of the bins makes no usual."""
    attack = dict.fromkeys(range(60, 85), 1_000)

    assert cut(register, attack, rest=600, span_bins=DAY_BINS) == list(range(60, 85))


def test_a_service_that_stays_busy_is_not_cut(register: Register) -> None:
    """Every bin of its day is as crowded as the next: none stands out."""
    busy = dict.fromkeys(range(DAY_BINS), 500)

    assert cut(register, busy, rest=0, span_bins=DAY_BINS) == []


def test_day_and_night_are_no_burst(register: Register) -> None:
    """Five times as many by day as by night stays."""
    busy = {number: 500 if 60 <= number < 132 else 100 for number in range(DAY_BINS)}

    assert cut(register, busy, rest=0, span_bins=DAY_BINS) == []


def test_only_the_bins_that_stand_out_are_cut(register: Register) -> None:
    """In a service that is always somewhat busy, the attack goes and the rest stays."""
    busy = dict.fromkeys(range(DAY_BINS), 20) | {70: 2_000}

    assert cut(register, busy, rest=0, span_bins=DAY_BINS) == [70]


def test_fewer_lines_than_registered_are_no_crowd(register: Register) -> None:
    """Seven lines at once are chance, however quiet the service is otherwise."""
    assert register.integer("measures.burst_lines") == 8
    assert cut(register, {5: 7}, rest=0, span_bins=DAY_BINS) == []
    assert cut(register, {5: 8}, rest=0, span_bins=DAY_BINS) == [5]


def test_one_service_does_not_hide_behind_another(register: Register) -> None:
    """Each service is set against its own usual."""
    rows = [{"remote_port": 80, "bin": 1, "records": 100, "lines": 100}]
    rows += [
        {"remote_port": 443, "bin": number, "records": 100, "lines": 100}
        for number in range(DAY_BINS)
    ]
    spans = {"first_ms": 0, "last_ms": DAY_BINS * BIN_MS - 1}
    totals = services_table(
        {"remote_port": 443, "records": 100 * DAY_BINS, **spans},
        {"remote_port": 80, "records": 110, **spans},
    )

    found = bursts(services_table(*rows), totals, register)

    assert found["remote_port"].to_pylist() == [80]


def test_without_busy_bins_nothing_is_cut(register: Register) -> None:
    """An empty table stays empty and keeps its columns."""
    columns = [*SERVICE, "bin", "records", "lines"]
    nothing = pa.table({name: pa.array([], pa.int64()) for name in columns})

    assert bursts(nothing, nothing, register).num_rows == 0
