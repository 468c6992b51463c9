"""Logs go to standard error as key=value, and no address is ever in them."""

from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hinomi.telemetry import WITHHELD, mask_addresses, name_without_addresses, set_up_logging


@given(address=st.ip_addresses(), before=st.sampled_from(["", " ", "(", "file-", "from_", "["]))
def test_no_address_gets_through_the_mask(address: object, before: str) -> None:
    """Whatever stands before an address, and a full stop behind it, it is withheld."""
    masked = mask_addresses(f"{before}{address}. then")

    assert str(address) not in masked.replace(WITHHELD, "")
    assert WITHHELD in masked


@pytest.mark.parametrize(
    "text",
    ["2026-01-31T10:11:12Z", "at 12:30:45", "version 1.2.3", "conn.log.gz", "aa:bb:cc:dd:ee:ff"],
)
def test_what_is_no_address_stays(text: str) -> None:
    """Times, versions, file names and hardware addresses are left alone."""
    assert mask_addresses(text) == text


def test_a_name_in_a_record_has_no_folder_and_no_address() -> None:
    """Folders may name people and names may hold addresses; odd bytes are escaped."""
    odd = b"\xff-192.0.2.7.log".decode("utf-8", "surrogateescape")

    assert name_without_addresses(Path("/srv/somebody") / odd) == "\\xff-[address].log"


def test_a_log_line_is_key_value_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A line names time, level and event first, and goes to standard error only."""
    set_up_logging("info")

    structlog.get_logger().info("imported", file="from-192.0.2.7.csv", stored=3)

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("timestamp=")
    assert "level=info event=imported" in said.err
    assert "stored=3" in said.err
    assert "192.0.2.7" not in said.err


def test_what_is_below_the_level_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    """At level warning, information stays unsaid."""
    set_up_logging("warning")

    structlog.get_logger().info("imported")

    assert capsys.readouterr().err == ""


def test_a_hub_says_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    """What it logs by default is the same bytes whenever it happened."""
    set_up_logging("warning", timed=False)

    structlog.get_logger().error("list-not-made", reason="no room left")

    assert capsys.readouterr().err == 'level=error event=list-not-made reason="no room left"\n'
