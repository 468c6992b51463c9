"""What a lesser setting leaves of the window, and how services are named under it."""

import pyarrow as pa
import pytest

from builders import HOUR_MS, NOON_MS
from hinomi.bench.worldfiles import TRUTH
from hinomi.model.window import Window
from hinomi.services.whatifjudging import window_of, without_ports
from hinomi.services.whatifresult import Axis, Setting

WINDOW = Window(NOON_MS - 300 * HOUR_MS, NOON_MS)


def _row(port: int, label: str, *, known: bool = False) -> dict[str, object]:
    told: dict[str, object] = {"address": "192.0.2.1", "protocol": "tcp", "port": port}
    told |= {"family": "x", "tier": 1, "label": label, "known": known, "detectable": True}
    return told


@pytest.mark.parametrize(("days", "hours"), [(1, 12), (2, 36)])
def test_days_are_the_last_of_utc(days: int, hours: int) -> None:
    """The running one included, as in hourly detection."""
    assert window_of(WINDOW, Setting(Axis.DAYS, days)) == Window(NOON_MS - hours * HOUR_MS, NOON_MS)


def test_other_settings_leave_the_window() -> None:
    """Sampling and columns are no matter of time."""
    assert window_of(WINDOW, Setting(Axis.SAMPLING, 20_000)) == WINDOW


def test_without_ports_an_address_is_right_or_wrong() -> None:
    """A C&C on one of its ports makes it one; a known one makes it known."""
    rows = [_row(443, "web"), _row(80, "cc"), _row(6_667, "cc", known=True)]
    truth = pa.Table.from_pylist(rows, schema=TRUTH)

    (row,) = without_ports(truth).to_pylist()

    assert (row["port"], row["label"], row["known"]) == (0, "cc", True)


def test_protocols_stay_apart() -> None:
    """A service is an address and a protocol then."""
    rows = [_row(53, "web"), _row(53, "cc") | {"protocol": "udp"}]
    truth = pa.Table.from_pylist(rows, schema=TRUTH)

    told = {(row["protocol"], row["label"]) for row in without_ports(truth).to_pylist()}

    assert told == {("tcp", "web"), ("udp", "cc")}
