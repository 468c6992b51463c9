"""Members of peer-to-peer networks meet many services that nobody else meets."""

import pyarrow as pa
import pytest

from builders import services_table
from hinomi.detect.mesh import is_mesh, lonely


def test_a_lonely_service_has_one_client_on_an_uncommon_port() -> None:
    """Web, mail and push ports, several clients or none: not lonely."""
    table = services_table(
        {"remote_port": 51_413, "clients": 1},
        {"remote_port": 7_777, "clients": 1},
        {"remote_port": 443, "clients": 1},
        {"remote_port": 25, "clients": 1},
        {"remote_port": 5_223, "clients": 1},
        {"remote_port": 51_414, "clients": 2},
        {"remote_port": 51_415, "clients": 0},
    )

    assert sorted(lonely(table)["remote_port"].to_pylist()) == [7_777, 51_413]


@pytest.mark.parametrize(
    ("met", "alone", "expected"),
    [(10, 10, True), (50, 10, True), (51, 10, False), (9, 9, False), (0, 0, False)],
)
def test_a_mesh_line_meets_ten_and_a_fifth(met: int, alone: int, *, expected: bool) -> None:
    """Ten lonely services or more that make a fifth of all: not one without the other."""
    lines = pa.table({"services": [met], "lonely": [alone]})

    assert is_mesh(lines).tolist() == [expected]
