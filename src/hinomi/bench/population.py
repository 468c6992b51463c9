"""The lines of a world, the devices on them, and when their people are awake."""

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.access import Access, AddressPlan, plan_access
from hinomi.bench.addressing import Codes, line_codes, own_v6_codes
from hinomi.bench.internet import Allocation
from hinomi.bench.spec import DAY_MS, HOUR_MS, Device, WorldSpec

# Relative traffic by hour of the day in UTC: the evening peak of Japanese broadband is
# 21-23 h JST, the least is about 4 h JST (Cho, Fukuda, Esaki and Kato 2008).
_HOURS: Final = np.array([
    0.65, 0.68, 0.70, 0.78, 0.75, 0.72, 0.75, 0.80, 0.88, 1.00, 1.12, 1.25,
    1.35, 1.38, 1.15, 0.85, 0.55, 0.38, 0.28, 0.25, 0.27, 0.36, 0.50, 0.60,
])  # fmt: skip
_WEEKEND: Final = 1.15  # Same source: more traffic by day at week-ends.
_WEEKDAYS: Final = 5
_WAKE_SPREAD_MS: Final = 1.5 * HOUR_MS
_JST_MS: Final = 9 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Lines, shape (n,), and devices, shape (d,)."""

    plan: AddressPlan  # Which address each line has when.
    v4: Codes  # Of each line, whatever its address.
    has_v6: NDArray[np.bool_]
    activity: NDArray[np.float64]  # Of each line, mean 1.
    shift_ms: NDArray[np.int64]  # How much later than others its people live.
    device_line: NDArray[np.int64]
    device_kind: NDArray[np.int64]  # `Device`.
    device_model: NDArray[np.int64]  # Index into `WorldSpec.models`, -1 where none.

    def devices(self, *kinds: Device) -> NDArray[np.int64]:
        """Give the indices of all devices of these kinds."""
        return np.flatnonzero(np.isin(self.device_kind, [int(kind) for kind in kinds]))


@dataclass(frozen=True, slots=True)
class Scene:
    """What every part of a world needs to draw itself."""

    spec: WorldSpec
    population: Population
    allocation: Allocation  # Of remote addresses; parts are drawn in a fixed order.


def stream(spec: WorldSpec, name: str) -> np.random.Generator:
    """
    Give a part of the world its own source of chance.

    One part can then change without disturbing the others, and splits have nothing in common.
    """
    words = f"{spec.split} {name}".encode()
    return np.random.default_rng([spec.seed, zlib.crc32(words)])


def settle(spec: WorldSpec) -> Population:
    """Draw lines and devices."""
    rng = stream(spec, "population")
    window_ms = (spec.starts_ms, spec.length_ms)
    plan = plan_access(spec.access, spec.lines, window_ms, stream(spec, "access"))
    sigma = spec.activity_sigma
    counts = [rng.poisson(mean, spec.lines) for mean in (spec.pcs, spec.phones, spec.iot)]
    line = np.concatenate([np.repeat(np.arange(spec.lines), count) for count in counts])
    kind = np.repeat([int(device) for device in Device], [int(count.sum()) for count in counts])
    model = np.full(line.size, -1, np.int64)
    shares = np.array([model_spec.share for model_spec in spec.models])
    things = np.flatnonzero(kind == Device.IOT)
    model[things] = rng.choice(shares.size, things.size, p=shares / shares.sum())
    return Population(
        plan=plan,
        v4=line_codes(spec.lines, ~plan.steady),
        # MAP-E carries IPv4 over IPv6: such a line has both.
        has_v6=(rng.random(spec.lines) < spec.v6_share) | (plan.access == Access.MAP_E),
        activity=rng.lognormal(-sigma * sigma / 2, sigma, spec.lines),
        shift_ms=rng.normal(0.0, _WAKE_SPREAD_MS, spec.lines).astype(np.int64),
        device_line=line.astype(np.int64),
        device_kind=kind.astype(np.int64),
        device_model=model,
    )


def draw_times(
    spec: WorldSpec, count: int, shift_ms: NDArray[np.int64] | int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """
    Draw times at which people do something, more in the evening than at night.

    Args:
        spec: Says the window.
        count: How many.
        shift_ms: How much later than others each lives.
        rng: Source of chance.

    Returns:
        Times in ms since the Unix epoch, inside the window, in no order.
    """
    day = np.arange(spec.days)
    weekday = ((spec.starts_ms // DAY_MS + day) + 3) % 7  # 1970-01-01 was a Thursday.
    weights = np.where(weekday >= _WEEKDAYS, _WEEKEND, 1.0)[:, None] * _HOURS[None, :]
    edges = np.cumsum(weights.ravel())
    hour = np.searchsorted(edges, rng.random(count) * edges[-1], side="right")
    offset_ms = ((hour + rng.random(count)) * HOUR_MS).astype(np.int64) + shift_ms
    times: NDArray[np.int64] = spec.starts_ms + offset_ms % spec.length_ms
    return times


def client_codes(
    population: Population,
    device: NDArray[np.int64],
    ts_ms: NDArray[np.int64],
    over_v6: NDArray[np.bool_],
) -> Codes:
    """Give the address that each device uses at that time."""
    line = population.device_line[device]
    return np.where(over_v6, own_v6_codes(line, device, ts_ms // DAY_MS), population.v4[line])


def spans(
    spec: WorldSpec, shift_ms: NDArray[np.int64], rng: np.random.Generator, *, office_hours: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """
    Cut the window into the spans in which each of n clients keeps one connection.

    Always-on clients reconnect once a day at a moment of their own. Others are there for
    4 to 14 hours a day around the middle of their people's day.

    Args:
        spec: Says the window.
        shift_ms: How much later than others each lives, shape (n,).
        rng: Source of chance.
        office_hours: Only while switched on.

    Returns:
        Client index, start and end, ms since the Unix epoch, each of shape (m,).
    """
    count = shift_ms.size
    days = np.arange(spec.days + 1)
    if office_hours:
        width = rng.uniform(4, 14, (count, 1)) * HOUR_MS
        wander = rng.normal(0.0, HOUR_MS, (count, days.size))
        middle = 15 * HOUR_MS - _JST_MS + shift_ms[:, None] + wander  # 15 h JST.
        start = days[None, :] * DAY_MS + middle - width / 2
        end = start + width
    else:
        start = (days[None, :] - 1 + rng.random((count, 1))) * DAY_MS
        end = start + DAY_MS
    start_ms = spec.starts_ms + np.clip(start, 0, spec.length_ms).astype(np.int64)
    end_ms = spec.starts_ms + np.clip(end, 0, spec.length_ms).astype(np.int64)
    client, day = np.nonzero(end_ms > start_ms)
    return client.astype(np.int64), start_ms[client, day], end_ms[client, day]
