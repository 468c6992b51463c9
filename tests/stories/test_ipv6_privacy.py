"""An IPv6 home with many privacy addresses is one line; two homes are two."""

import secrets
from pathlib import Path

from hinomi.model.window import Window
from hinomi.services.home import open_home
from hinomi.services.mandates import Operation
from hinomi.store.sealing import opened
from terminal import hinomi, make_home, table_row, write_table


def test_a_home_with_many_privacy_addresses_is_one_line(tmp_path: Path) -> None:
    """Two hundred addresses in one delegated /56, over all of its /64s, are one pseudonym."""
    home = make_home(tmp_path / "home", "2001:db8::/32, ipoe")
    path = write_table(
        tmp_path / "flows.csv",
        *(table_row(src_addr=privacy_address(0x11, number % 256)) for number in range(200)),
    )

    assert hinomi("import", path, home=home).code == 0
    assert len(lines_of(home)) == 1


def test_two_delegated_prefixes_are_two_lines(tmp_path: Path) -> None:
    """Neighbouring /56s are different subscribers, also when they are the remote end."""
    home = make_home(tmp_path / "home", "2001:db8::/32, ipoe")
    path = write_table(
        tmp_path / "flows.csv",
        *(table_row(src_addr=privacy_address(0x11, number)) for number in range(50)),
        *(table_row(src_addr=privacy_address(0x12, number)) for number in range(50)),
        table_row(src_addr=privacy_address(0x11, 7), dst_addr=privacy_address(0x12, 7)),
    )

    assert hinomi("import", path, home=home).code == 0
    lines = lines_of(home)
    assert len(lines) == 2
    assert own_remotes_of(home) == lines


def test_the_length_of_a_delegated_prefix_is_what_the_operator_says(tmp_path: Path) -> None:
    """With line_bits 64 each /64 is a line of its own."""
    home = make_home(tmp_path / "home", "2001:db8::/32, ipoe, 64")
    path = write_table(
        tmp_path / "flows.csv",
        *(table_row(src_addr=privacy_address(0x11, number % 8)) for number in range(64)),
    )

    assert hinomi("import", path, home=home).code == 0
    assert len(lines_of(home)) == 8


def privacy_address(line: int, subnet: int) -> str:
    """Draw a temporary address (RFC 8981) in the /64 *subnet* of the /56 of *line*."""
    host = secrets.token_hex(8)
    groups = [host[place : place + 4] for place in range(0, 16, 4)]
    return f"2001:db8:{line:x}:{0x4200 + subnet:x}:" + ":".join(groups)


def lines_of(home: Path) -> set[tuple[int, int]]:
    """Give the distinct lines in the lake."""
    return _pairs(home, "line_hi", "line_lo")


def own_remotes_of(home: Path) -> set[tuple[int, int]]:
    """Give the distinct remotes that are lines themselves."""
    return _pairs(home, "remote_hi", "remote_lo", own_only=True)


def _pairs(home: Path, high: str, low: str, *, own_only: bool = False) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    node = open_home(home)
    for file in node.lake().files(Window(), node.mandate(Operation.DETECT)):
        for row in opened(file).read().to_pylist():
            if not own_only or row["remote_own"]:
                found.add((row[high], row[low]))
    return found
