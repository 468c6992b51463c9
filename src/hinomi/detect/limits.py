"""What a run could not have seen: printed with every result, so that silence is not trust."""

from dataclasses import dataclass
from typing import Final

from scipy import optimize, stats

DAY_MS: Final = 86_400_000
SEEN_LINES: Final = 5
"""Distinct members that must be sampled before a small botnet stands out."""

CONFIDENCE: Final = 0.95
_NEGLIGIBLE: Final = 0.001

UNCALIBRATED: Final = "not calibrated without TCP flags: go by the order, not by the number"
"""What stands beside probabilities that no model gave, since flags are missing."""

PACKETS_A_DAY: Final = {"60 s keep-alive": 4320, "5 min beacon": 2880, "hourly beacon": 240}
"""Packets a bot exchanges with its C&C per day: 3 a keep-alive, 10 a beacon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The smallest botnets that this window could show, by how often bots call."""

    sampling_interval: int  # The largest N met; 0 where it is unknown.
    days: float  # Hours with records, in days.
    smallest: dict[str, int]  # Members needed inside the network, per behaviour.
    beacon: str  # Whether rhythm could be looked at, or why not.
    flags: str  # Whether TCP flags were there.
    probabilities: str = ""  # `UNCALIBRATED`, or nothing to be said.

    def render(self) -> dict[str, object]:
        """Render for JSON; there is no word of probabilities where nothing is to be said."""
        told: dict[str, object] = {
            "sampling_interval": self.sampling_interval,
            "days": round(self.days, 3),
            "smallest_botnet": self.smallest,
            "beacon": self.beacon,
            "flags": self.flags,
        }
        return told | ({"probabilities": self.probabilities} if self.probabilities else {})


def smallest_botnet(packets_a_day: float, days: float, sampling_interval: int) -> int:
    """
    Tell how many bots must live in the network for five distinct ones to be sampled.

    Args:
        packets_a_day: Packets one bot exchanges with its C&C per day.
        days: Length of the window in days.
        sampling_interval: N of 1-in-N, at least 1.

    Returns:
        The smallest number of bots for which five or more are seen with 95 % confidence;
        a bot is seen with probability 1 - (1 - 1/N)^packets.

    Raises:
        ValueError: If an argument is not positive (the caller's bug).
    """
    if packets_a_day <= 0 or days <= 0 or sampling_interval < 1:
        raise ValueError("packets, days and interval are positive")
    seen = 1.0 - (1.0 - 1.0 / sampling_interval) ** (packets_a_day * days)
    if seen >= 1.0:
        return SEEN_LINES

    def lacking(bots: float) -> float:
        return float(stats.binom.sf(SEEN_LINES - 1, int(bots), seen)) - CONFIDENCE

    upper = SEEN_LINES
    while lacking(upper) < 0:
        upper *= 2
    if upper == SEEN_LINES:
        return SEEN_LINES
    low = int(optimize.bisect(lacking, upper // 2, upper, xtol=0.5))
    return next(bots for bots in range(max(low - 2, SEEN_LINES), upper + 1) if lacking(bots) >= 0)


def limits_of(
    sampling_interval: int,
    hours: int,
    *,
    beacon_spoke: bool,
    flagless_share: float,
    flagless_most: float,
) -> Limits:
    """
    Say what a run could not have seen.

    Args:
        sampling_interval: The largest N met in the window; 0 where any is unknown.
        hours: Distinct hours with records.
        beacon_spoke: Whether the interval let single contacts be seen.
        flagless_share: Share of the TCP records without flags, 0..1.
        flagless_most: Above this share no model speaks (``learned.flagless_most``).
    """
    days = hours / 24
    smallest = {
        name: smallest_botnet(packets, days, sampling_interval)
        for name, packets in PACKETS_A_DAY.items()
        if days > 0 and sampling_interval > 0
    }
    beacon = "used" if beacon_spoke else "not meaningful at this sampling interval"
    missing = f"missing in {flagless_share:.1%} of the TCP records"
    return Limits(
        sampling_interval=sampling_interval,
        days=days,
        smallest=smallest,
        beacon=beacon,
        flags=missing if flagless_share >= _NEGLIGIBLE else "present",
        probabilities=UNCALIBRATED if flagless_share > flagless_most else "",
    )
