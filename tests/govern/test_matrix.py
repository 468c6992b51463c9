"""The matrix of what is lawful: every combination has an answer, and one only."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.govern.matrix import (
    Answer,
    Cell,
    Data,
    LegalBasis,
    Matrix,
    Power,
    Purpose,
    Row,
    Ruling,
    every_cell,
    shipped_matrix,
)

DAY = date(2026, 12, 1)
MATRIX = shipped_matrix()
CELLS = st.builds(
    Cell,
    st.sampled_from(Purpose),
    st.sampled_from(Data),
    st.sampled_from(Power),
    st.sampled_from(LegalBasis),
)
FLOWS = (Data.FLOW_RECORDS, Data.SUSPECT_SETS, Data.CANDIDATES)


def ruling(cell: Cell, ends: date = DAY + timedelta(days=30)) -> Ruling:
    """Give a ruling on *cell*."""
    purpose, data, power, basis = cell
    return Ruling(
        purpose=purpose,
        data=data,
        power=power,
        basis=basis,
        document="0" * 64,
        title="a letter",
        entered_by="officer",
        ends=ends,
    )


def test_every_cell_is_permitted_or_refused_with_a_reason() -> None:
    """There is no combination without an answer in both languages, and none says both."""
    permitted = 0
    for cell in every_cell():
        found = MATRIX.ask(cell, DAY)
        permitted += found.is_permitted
        assert found.is_permitted == (found.answer is Answer.PERMITTED)
        assert found.en
        assert found.ja
        assert found.row is not None or not found.is_permitted
    # Most is refused: the matrix is a list of what may be done.
    assert 0 < permitted < len(list(every_cell())) // 20


def test_every_row_names_its_source_and_speaks_both_languages() -> None:
    """A lawyer finds the passage; the Japanese is Japanese."""
    for row in MATRIX.rows:
        assert row.seed in {"000", "001", "002", "003", "004"}
        assert row.passage
        assert row.en.isascii()
        assert any("぀" <= letter <= "ヿ" for letter in row.ja)
    assert set(MATRIX.purposes) == set(Purpose)


def test_every_purpose_every_power_and_every_kind_of_data_is_spoken_of() -> None:
    """A word that no row uses would be a word without a rule."""
    spoken = [cell for row in MATRIX.rows for cell in row.cells()]

    assert {cell.purpose for cell in spoken} == set(Purpose)
    assert {cell.power for cell in spoken} == set(Power)
    assert {cell.data for cell in spoken} == set(Data)
    assert {cell.basis for cell in spoken} == set(LegalBasis)


@pytest.mark.parametrize("power", [Power.NOTIFY, Power.BLOCK, Power.SHARE, Power.PUBLISH])
def test_flow_information_starts_nothing_beyond_the_server(power: Power) -> None:
    """R18: for no purpose and on no basis."""
    for cell in every_cell():
        if cell.data in FLOWS and cell.power is power:
            assert MATRIX.ask(cell, DAY).answer is Answer.REFUSED


def test_a_suspect_set_never_notifies_whatever_is_entered() -> None:
    """Source 003: it is refused, not open, so that no ruling can be entered for it."""
    for basis in LegalBasis:
        cell = Cell(Purpose.NOTIFY, Data.SUSPECT_SETS, Power.NOTIFY, basis)
        assert MATRIX.ask(cell, DAY).answer is Answer.REFUSED
        with pytest.raises(ValueError, match="takes none"):
            MATRIX.with_rulings([ruling(cell)])


def test_payload_is_permitted_to_nobody() -> None:
    """R2."""
    of_payload = [cell for cell in every_cell() if cell.data is Data.PAYLOAD]

    assert not any(MATRIX.ask(cell, DAY).is_permitted for cell in of_payload)


@given(CELLS)
def test_a_ruling_opens_what_needs_one_and_nothing_else(cell: Cell) -> None:
    """With its document what is open works; the day it ends, it is refused again."""
    before = MATRIX.ask(cell, DAY)
    if before.answer is not Answer.NEEDS_RULING:
        with pytest.raises(ValueError, match="needs no ruling"):
            MATRIX.with_rulings([ruling(cell)])
        return
    ruled = MATRIX.with_rulings([ruling(cell)])

    assert not before.is_permitted
    assert ruled.ask(cell, DAY).is_permitted
    assert ruled.ask(cell, DAY).ruling == ruling(cell)
    assert not ruled.ask(cell, DAY + timedelta(days=30)).is_permitted
    for other in every_cell():
        if other != cell:
            assert ruled.ask(other, DAY).is_permitted == MATRIX.ask(other, DAY).is_permitted


@given(CELLS)
def test_nothing_is_permitted_once_its_purpose_has_ended(cell: Cell) -> None:
    """Purposes end at a date unless somebody decides anew."""
    ends = MATRIX.purposes[cell.purpose].ends
    if ends is None:
        assert cell.purpose is Purpose.OPERATE, "what is kept is deleted in time, whatever ended"
        assert MATRIX.ask(cell, date.max).is_permitted == MATRIX.ask(cell, DAY).is_permitted
        return

    assert not MATRIX.ask(cell, ends).is_permitted
    prolonged = MATRIX.with_ends({cell.purpose: ends + timedelta(days=1)})
    assert prolonged.ask(cell, ends).is_permitted == MATRIX.ask(cell, DAY).is_permitted


def test_two_rows_cannot_speak_of_the_same() -> None:
    """Whoever read one of them would be misled."""
    row = Row(
        purpose=Purpose.EXPLAIN,
        data=(Data.STATISTICS,),
        powers=(Power.PUBLISH,),
        bases=(LegalBasis.LEGITIMATE_BUSINESS,),
        answer=Answer.REFUSED,
        en="no",
        ja="いいえ",
        seed="000",
        passage="nowhere",
    )
    with pytest.raises(ValueError, match="two rows"):
        Matrix(MATRIX.purposes, (*MATRIX.rows, row))
