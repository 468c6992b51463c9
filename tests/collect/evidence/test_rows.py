"""Rows of CSV evidence."""

from pathlib import Path

import pytest

from hinomi.collect.evidence.intake import Intake, Told
from hinomi.collect.evidence.rows import Row, has_columns, read_rows
from hinomi.errors import MalformedDocument
from testimony import TODAY, written

COLUMNS = {"address": "address", "ip": "address", "port": "port", "note": "note"}


def rows(
    folder: Path, text: str, *, keep_good: bool = False
) -> tuple[list[tuple[int, Row]], Intake]:
    """Read *text*; an address is required."""
    intake = Intake(written(folder, text), Told(source="lab", day=TODAY, keep_good=keep_good))
    return list(read_rows(intake, COLUMNS, ("address",))), intake


def test_a_row_has_all_columns_of_the_reader(tmp_path: Path) -> None:
    """Those that the file lacks are blank, those that nobody knows are counted."""
    found, intake = rows(tmp_path, '# made by hand\nPort, IP ,owner\n443,192.0.2.1,"a, b"\n')

    assert found == [(3, {"address": "192.0.2.1", "port": "443", "note": "", "": "a, b"})]
    assert intake.ignored == {"unknown column": 1}


@pytest.mark.parametrize("header", ["", "port", "address,ip", "address,port,port"])
def test_a_header_that_will_not_do_is_refused(tmp_path: Path, header: str) -> None:
    """The column that is missing, or that stands there twice."""
    with pytest.raises(MalformedDocument, match="the header"):
        rows(tmp_path, f"{header}\n192.0.2.1\n")


@pytest.mark.parametrize("bad", ["192.0.2.1", "192.0.2.1,1,2", '"192.0.2.1,1', '192.0.2.1,"1"x'])
def test_a_row_of_another_width_is_a_bad_line(tmp_path: Path, bad: str) -> None:
    """And one whose quotes do not close; the next row is read."""
    text = f"address,port\n{bad}\n192.0.2.2,1\n"

    with pytest.raises(MalformedDocument, match="line 2"):
        rows(tmp_path, text)
    found, intake = rows(tmp_path, text, keep_good=True)
    assert ([number for number, _ in found], intake.malformed) == ([3], 1)


def test_a_format_is_told_by_its_columns() -> None:
    """In any order and case, below comments."""
    assert has_columns("# x\n\nPORT,ip\n", COLUMNS, ("address", "port"))
    assert not has_columns("ip\n", COLUMNS, ("address", "port"))
    assert not has_columns("", COLUMNS, ("address",))
