"""A visit: line by line, minimised, counted by the node, whatever size the window has."""

import json

import numpy as np
import pytest

from builders import NOON_MS, conversation, conversations, mandate, remote
from hinomi.clock import wall_clock
from hinomi.errors import NotPermitted
from hinomi.govern import disclosure
from hinomi.govern.disclosure import Rules
from hinomi.govern.matrix import Power
from hinomi.govern.minimise import research_view
from hinomi.govern.program import Program, parse_program
from hinomi.model.window import Window
from hinomi.services import visiting
from hinomi.services.visiting import Visit, Visited, visit
from hinomi.store.memory import MemoryFlowStore
from researchers import BY_PORT, LIMITS, program, require_cells

RULES = Rules(least_lines=20, epsilon=1.0, delta=1e-6)


def visited(asked: Program, rows: list[dict[str, int]]) -> Visited:
    """Let a program visit rows, without noise."""
    require_cells()
    asked_for = Visit(
        program=asked, view=research_view(24, 48), rules=RULES, limits=LIMITS, explain=True
    )
    batches = [conversations(rows[place::3]) for place in range(3)]
    with asked_for.open() as cell:
        return visit(cell, asked_for, lambda: batches, noise=lambda _: 0)


def crowd(lines: int, **changed: object) -> list[dict[str, int]]:
    """Give two records of each of so many lines."""
    spread = np.random.default_rng(5).integers(-(2**62), 2**62, (lines, 2)).tolist()
    return [
        conversation(line_hi=hi, line_lo=lo, packets=packets, **changed)
        for hi, lo in spread
        for packets in (1, 2)
    ]


@pytest.mark.parametrize("at_once", [7, 100, 1_000_000])
def test_each_line_is_met_once_with_all_its_records(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one part or in many: every line counts once, with the packets of both its records."""
    monkeypatch.setattr(visiting, "ROWS_AT_ONCE", at_once)

    found = visited(parse_program(BY_PORT.encode(), "test"), crowd(90))

    assert found.disclosure.rows == ((443, 90, 270),)
    assert (found.records, found.disclosure.failed, found.fault) == (180, 0, "")


def test_rows_over_few_lines_stay() -> None:
    """Nineteen lines at another port are dropped, and counted as dropped."""
    rows = crowd(90) + [row | {"line_lo": row["line_lo"] ^ 1} for row in crowd(19, remote_port=22)]

    found = visited(parse_program(BY_PORT.encode(), "test"), rows)

    assert [row[0] for row in found.disclosure.rows] == [443]
    assert found.disclosure.suppressed == 1


def test_a_program_sees_minimised_columns_and_no_line() -> None:
    """Its record has neither the line nor what the view withholds; hours, and a cut address."""
    seen = program("yield ' '.join(records[0]._fields)[:40]")
    fields = visited(seen, crowd(90)).disclosure.rows[0][0]
    names = program(
        "r = records[0]\n"
        "hidden = [n for n in ('line_hi', 'line_lo', 'exporter', 'line_net') if hasattr(r, n)]\n"
        "yield f'{r.ts_ms} {r.remote_lo} {len(hidden)}'"
    )
    far = remote("198.51.100.77")
    rows = crowd(90, ts_ms=NOON_MS + 1234, **far)
    network = remote("198.51.100.0")["remote_lo"]

    assert str(fields).startswith("ts_ms sampling_interval")
    assert visited(names, rows).disclosure.rows == ((f"{NOON_MS} {network} 0", 90),)


def test_labels_that_encode_lines_are_no_rows() -> None:
    """A label that one line alone can make never stands for enough lines."""
    spelled = program("yield f'{records[0].line_port}'")
    rows = [row | {"line_port": place // 2} for place, row in enumerate(crowd(200))]

    found = visited(spelled, rows)

    assert found.disclosure.rows == ()
    assert found.disclosure.suppressed == 200


def test_a_line_alone_cannot_speak_through_what_others_say() -> None:
    """
    A program that wants to tell the port of the line it seeks has no other line to tell it by.

    It would need every line to say a label made of what one line did: each meets its own only.
    """
    told = program(
        "port = [r.line_port for r in records if r.remote_port == 4711]\n"
        "SEEN.extend(port)\n"
        "yield 'seen ' + ' '.join(map(str, SEEN))",
        head='LABELS = ("label",)\nSEEN = []',
    )
    rows = crowd(90)
    rows[40] |= {"remote_port": 4711, "line_port": 31_337}

    found = visited(told, rows)

    assert found.disclosure.rows == (("seen ", 89),)


def test_a_program_that_spells_each_line_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is stopped instead."""
    monkeypatch.setattr(disclosure, "DISTINCT_MOST", 50)
    rows = [row | {"line_port": place // 2} for place, row in enumerate(crowd(60))]

    with pytest.raises(NotPermitted, match="different rows"):
        visited(program("yield records[0].line_port"), rows)


def test_faults_count_and_the_first_is_told_in_a_made_up_world() -> None:
    """A line that the program fails on is dropped alone."""
    halting = program("yield 1 // (records[0].remote_port - 22)")
    rows = crowd(90) + [row | {"line_lo": row["line_lo"] ^ 1} for row in crowd(9, remote_port=22)]

    found = visited(halting, rows)

    assert found.disclosure.failed == 9
    assert "ZeroDivisionError" in found.fault


def test_an_empty_window_gives_an_empty_table() -> None:
    """No line, no row."""
    assert visited(program("yield 1"), []).disclosure.rows == ()


def test_only_a_power_to_read_reads() -> None:
    """Whoever may store may not for that read, whatever power is named."""
    store = MemoryFlowStore(wall_clock)

    with pytest.raises(ValueError, match="not read by the power"):
        store.scan(Window(), mandate(Power.STORE), Power.STORE)


def test_what_is_said_is_plain_json() -> None:
    """Nothing else crosses: an object with code in it would be one that runs here."""
    assert disclosure.read_rows(json.dumps([[["a"], []]]).encode(), program("pass").declared)
