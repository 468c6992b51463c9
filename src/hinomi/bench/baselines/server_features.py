"""Features of servers in the spirit of Disclosure: flow sizes, client access, time."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect import passes
from hinomi.detect.columns import floats, ints
from hinomi.detect.orient import SERVICE
from hinomi.detect.ports import habit
from hinomi.model.flow import Direction
from hinomi.model.protocol import Protocol

FEATURES: Final = (
    "clients_log", "nets_share", "records_per_client", "silent_share", "refused_share",
    "several_share", "returned_share", "ports_share", "votes_share", "inward_share",
    "port_habit", "tcp",
    "size_out", "size_in", "size_spread_out", "size_spread_in", "bytes_out", "bytes_in",
    "bytes_spread_out", "bytes_spread_in",
    "records_spread", "stay", "stay_spread", "client_bytes", "client_bytes_spread",
    "hours_share", "dispersion", "next_hour", "next_day", "day_swing", "life_share",
)  # fmt: skip
"""Names of the features, in the order of their columns; none knows an address or a count of ISP."""

_HOUR_MS: Final = 3_600_000
_TURN: Final = 2 * np.pi / 24
_DAY_HOURS: Final = 24


def features(engine: passes.Engine, survey: passes.Survey) -> NDArray[np.float64]:
    """
    Measure the features of all services of a survey.

    Args:
        engine: Runs the expressions.
        survey: Tells the services, and the parts.

    Returns:
        Shape (services, features), columns as in FEATURES; NaN where nothing was seen to
        measure it on.

    Notes:
        Changed for 1 in 10,000: sizes are those of sampled packets and of the records they
        make, since flows are not seen whole; a client's rhythm (Disclosure: its intervals)
        is how long and how often it is met; Disclosure's unmatched flows are clients that
        only sent bare SYNs or were refused; autocorrelation is taken of hourly counts over
        all clients. The class of the port is ours: it can only help the forest. Cost: two
        scans of the records and one of the pairs, part by part.

    Source:
        Bilge, Balzarotti, Robertson, Kirda and Kruegel (2012), Disclosure, ACSAC.
    """
    numbered = survey.services.select(SERVICE).append_column(
        "service", pa.array(np.arange(survey.services.num_rows))
    )
    held = engine.keep_table(numbered)
    sizes, hours, clients = [], [], []
    for part in survey.parts:
        records = engine.table([part.records]).inner_join(held, SERVICE)
        sizes.append(engine.fetch(_sizes(records)))
        hours.append(engine.fetch(_hours(engine.table([engine.keep(_hourly(records))]))))
        pair = engine.table([part.pairs])
        met = pair.filter(pair.spoke == 1).inner_join(held, SERVICE)
        clients.append(engine.fetch(_clients(met)))
    columns = _of_services(survey.services)
    count = survey.services.num_rows
    columns |= _laid(pa.concat_tables(sizes), count)
    columns |= _laid(pa.concat_tables(clients), count)
    columns |= _of_hours(_laid(pa.concat_tables(hours), count), survey)
    return np.stack([columns[name] for name in FEATURES], axis=1)


def _of_services(services: pa.Table) -> dict[str, NDArray[np.float64]]:
    lines = np.maximum(floats(services, "lines"), 1.0)
    clients = np.maximum(floats(services, "clients"), 1.0)
    packets = floats(services, "packets_in") + floats(services, "packets_out")
    return {
        "clients_log": np.log1p(floats(services, "clients")),
        "nets_share": floats(services, "nets") / clients,
        "records_per_client": floats(services, "records") / lines,
        "silent_share": floats(services, "silent") / lines,
        "refused_share": floats(services, "refused") / lines,
        "several_share": floats(services, "several") / clients,
        "returned_share": floats(services, "returned") / clients,
        "ports_share": floats(services, "ports") / lines,
        "votes_share": floats(services, "votes") / np.maximum(floats(services, "records"), 1.0),
        "inward_share": floats(services, "packets_in") / np.maximum(packets, 1.0),
        "port_habit": habit(ints(services, "remote_port")).astype(np.float64),
        "tcp": (ints(services, "proto") == int(Protocol.TCP)).astype(np.float64),
    }


def _sizes(records: Any) -> Any:
    """Mean and spread of packet sizes and of the bytes of records, per direction, bytes."""
    size = records.bytes.cast("float64") / records.packets
    carried = records.bytes.cast("float64")
    found = {}
    for end, direction in (("out", Direction.OUT), ("in", Direction.IN)):
        where = records.direction == int(direction)
        found[f"size_{end}"] = size.mean(where=where)
        found[f"size_spread_{end}"] = size.std(where=where, how="pop")
        found[f"bytes_{end}"] = carried.mean(where=where)
        found[f"bytes_spread_{end}"] = carried.std(where=where, how="pop")
    return records.group_by("service").aggregate(**found)


def _clients(pair: Any) -> Any:
    """Tell how often and how long clients are met, and how alike they are."""
    stay = (pair.last_ms - pair.first_ms).cast("float64") / _HOUR_MS
    carried = (pair.bytes_in + pair.bytes_out).cast("float64") / pair.records
    return pair.group_by("service").aggregate(
        records_spread=pair.records.cast("float64").std(how="pop"),
        stay=stay.mean(),
        stay_spread=stay.std(how="pop"),
        client_bytes=carried.mean(),
        client_bytes_spread=carried.std(how="pop"),
    )


def _hourly(records: Any) -> Any:
    timed = records.mutate(hour=records.ts_ms // _HOUR_MS)
    return timed.group_by(["service", "hour"]).aggregate(number=timed.count())


def _hours(hourly: Any) -> Any:
    """Sum what autocorrelation, dispersion and the swing of the day are made of."""
    found = hourly
    for name, lag in (("one", 1), ("day", _DAY_HOURS)):
        later = hourly.select(
            "service", hour=hourly.hour + lag, **{f"before_{name}": hourly.number}
        )
        found = found.left_join(later, ["service", "hour"]).drop("service_right", "hour_right")
    number = found.number.cast("float64")
    angle = (found.hour % _DAY_HOURS).cast("float64") * _TURN
    return found.group_by("service").aggregate(
        hours=found.count().cast("float64"),
        number=number.sum(),
        squares=(number * number).sum(),
        next_hour=(number * found.before_one.coalesce(0)).sum(),
        next_day=(number * found.before_day.coalesce(0)).sum(),
        across=(number * angle.cos()).sum(),
        along=(number * angle.sin()).sum(),
        first=found.hour.min().cast("float64"),
        last=found.hour.max().cast("float64"),
    )


def _of_hours(
    sums: dict[str, NDArray[np.float64]], survey: passes.Survey
) -> dict[str, NDArray[np.float64]]:
    window = max(survey.extent.hours, 1)
    mean = sums["number"] / window
    level = window * mean**2
    power = np.maximum(sums["squares"] - level, 1e-9)
    return {
        "hours_share": sums["hours"] / window,
        "dispersion": power / window / np.maximum(mean, 1e-9),
        "next_hour": (sums["next_hour"] - level) / power,
        "next_day": (sums["next_day"] - level * max(1 - _DAY_HOURS / window, 0.0)) / power,
        "day_swing": np.hypot(sums["across"], sums["along"]) / np.maximum(sums["number"], 1.0),
        "life_share": (sums["last"] - sums["first"] + 1) / window,
    }


def _laid(table: pa.Table, count: int) -> dict[str, NDArray[np.float64]]:
    """Lay rows out by the number of their service: NaN where there is none."""
    where = ints(table, "service")
    columns = {}
    for name in table.column_names:
        column = np.full(count, np.nan)
        column[where] = table.column(name).to_numpy().astype(np.float64)
        columns[name] = column
    return columns
