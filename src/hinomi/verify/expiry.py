"""
When a listed server expires: how likely it is still there, so long after it was last seen.

In one sentence: of servers that were seen over d days, half are held to be gone h + d days
later, where h is registered for their kind; and the more regularly one used to be seen, the
more its silence speaks against it.

No number is hidden here. `ExpiryPolicy` holds all that are registered, and whoever has them
and a case's `SeenHistory` can do the sum on paper.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from hinomi.govern.parameters import Register
from hinomi.model.case import ServiceClass

FIRST_TIER: Final = 1
"""The servers that bots speak with; what stands behind them lives longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenHistory:
    """
    On how many days a service was seen in its present episode, by whatever source.

    Whole days and no more: neither hours nor who saw it. A day on which nobody could have seen
    anything counts nowhere.
    """

    span_days: int  # From the first day to the last; 0 if it was one day.
    seen_days: int = 1  # Both ends included.

    def __post_init__(self) -> None:
        least = 1 if self.span_days == 0 else 2
        if not (self.span_days >= 0 and least <= self.seen_days <= self.span_days + 1):
            raise ValueError(
                f"{self.seen_days} days seen do not fit into a span of {self.span_days}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryPolicy:
    """The registered numbers from which every expiry follows."""

    half_life_first_tier_days: float  # Of a server that was seen on one day only, as are:
    half_life_dedicated_days: float  # Servers behind the first tier, or of an unknown one.
    half_life_compromised_days: float
    visibility: float  # Chance that a live server is seen on a day, before it was watched.
    visibility_weight_days: float  # How many days of watching that first guess is worth.
    most_days: int  # Nothing holds for longer than this after it was last seen.
    limit: float  # Probability below which an entry expires.

    def __post_init__(self) -> None:
        halves = (
            self.half_life_first_tier_days,
            self.half_life_dedicated_days,
            self.half_life_compromised_days,
        )
        if min(halves) <= 0.0 or self.visibility_weight_days <= 0.0 or self.most_days < 0:
            raise ValueError("a half-life or a weight is not above 0, or the most days below it")
        if not (0.0 < self.visibility < 1.0 and 0.0 <= self.limit <= 1.0):
            raise ValueError("a visibility or limit is no probability that leaves a choice")

    @classmethod
    def from_register(cls, register: Register) -> Self:
        """Read the values from ``expiry.*``."""
        return cls(
            half_life_first_tier_days=register.number("expiry.half_life_first_tier_days"),
            half_life_dedicated_days=register.number("expiry.half_life_dedicated_days"),
            half_life_compromised_days=register.number("expiry.half_life_compromised_days"),
            visibility=register.number("expiry.visibility"),
            visibility_weight_days=register.number("expiry.visibility_weight_days"),
            most_days=register.integer("expiry.most_days"),
            limit=register.number("expiry.limit"),
        )

    def half_life_days(self, service_class: ServiceClass, tier: int | None) -> float:
        """
        Give the half-life of a server of this kind that was seen on one day.

        What was found on somebody's server is cleaned up whatever its tier, so that the class
        goes before the tier.
        """
        if service_class is ServiceClass.COMPROMISED:
            return self.half_life_compromised_days
        if tier == FIRST_TIER:
            return self.half_life_first_tier_days
        return self.half_life_dedicated_days


def still_there_by_age(
    spans_days: NDArray[np.int64],
    seen_days: NDArray[np.int64],
    *,
    half_life_days: float,
    visibility: float,
    visibility_weight_days: float,
    most_days: int,
) -> NDArray[np.float64]:
    """
    Give the chance that servers are still there, for every age of their last sighting.

    Two things are weighed by Bayes' rule. A server that lived for d days lives k more with the
    chance (h + d) / (h + d + k). A server that is there is seen on a day with a chance that its
    own history tells (a beta distribution: days seen and days missed, on top of the registered
    first guess); one that is gone is not seen at all.

    Args:
        spans_days: Days from first to last sighting, shape (n,), 0 or more.
        seen_days: Days on which each was seen, both ends included, shape (n,), 1 or more.
        half_life_days: h, above 0.
        visibility: First guess of the chance to be seen on a day, within 0..1.
        visibility_weight_days: Days of watching it is worth, above 0.
        most_days: Largest age asked for.

    Returns:
        Shape (n, most_days + 1), place k for an age of k whole days without a sighting: 1 at
        age 0, never rising, within 0..1.

    Notes:
        It knows nothing of servers that go and come back: of those that left a real list of
        C&C servers many did (docs/reference/expiry.md), so that it tells a little too little
        after long silences. Where every server is equally visible, a fixed number of days that
        happens to suit that visibility does nearly as well; the benchmark has the figures.

    Source:
        The scheme is that of "buy till you die" models: Fader, Hardie and Shang (2010),
        Marketing Science 29:1086. Lomax (1954), JASA 49:847 for the lifetimes.
    """
    known = (half_life_days + spans_days)[:, None].astype(np.float64)
    ages = np.arange(most_days + 1, dtype=np.float64)
    lives = known / (known + ages)
    hits = (seen_days - 1 + visibility_weight_days * visibility)[:, None]
    misses = (spans_days - seen_days + 1 + visibility_weight_days * (1.0 - visibility))[:, None]
    unseen = np.ones_like(lives)
    np.cumprod((misses + ages[:-1]) / (hits + misses + ages[:-1]), axis=1, out=unseen[:, 1:])
    gone = np.zeros_like(lives)
    np.cumsum((lives[:, :-1] - lives[:, 1:]) * unseen[:, :-1], axis=1, out=gone[:, 1:])
    silent = lives * unseen
    return np.asarray(silent / (silent + gone), dtype=np.float64)


def still_there(
    age_days: int,
    history: SeenHistory,
    service_class: ServiceClass,
    tier: int | None,
    policy: ExpiryPolicy,
) -> float:
    """
    Give the chance that a server is still there *age_days* after it was last seen.

    What the evidence came to at the last sighting is multiplied by it.

    Args:
        age_days: Whole days since the last sighting, 0 or more; days on which nobody could have
            seen it left out.
        history: How it was seen until then.
        service_class: What kind of server it is.
        tier: 1 if bots speak with it, 2 if it stands behind such, None if not known.
        policy: The registered numbers.

    Returns:
        1 at age 0, falling from day to day, 0 beyond the policy's most days.

    Raises:
        ValueError: If the age is negative (the caller's bug).
    """
    if age_days < 0:
        raise ValueError(f"an age of {age_days} days lies in the future")
    if age_days > policy.most_days:
        return 0.0
    return float(_one(history, service_class, tier, policy)[age_days])


def days_valid(
    history: SeenHistory,
    service_class: ServiceClass,
    tier: int | None,
    policy: ExpiryPolicy,
    *,
    posterior: float = 1.0,
) -> int:
    """
    Give for how many days after its last sighting an entry holds, if it is not seen again.

    Args:
        history: How it was seen until then.
        service_class: What kind of server it is.
        tier: 1 if bots speak with it, 2 if it stands behind such, None if not known.
        policy: The registered numbers.
        posterior: What its evidence came to at the last sighting, 0..1.

    Returns:
        The last age in days at which ``posterior * still_there(age)`` is not below the limit;
        0 where it holds on the day of the sighting only, -1 where not even then.
    """
    holds = posterior * _one(history, service_class, tier, policy) >= policy.limit
    return int(np.count_nonzero(holds)) - 1


def _one(
    history: SeenHistory, service_class: ServiceClass, tier: int | None, policy: ExpiryPolicy
) -> NDArray[np.float64]:
    chances = still_there_by_age(
        np.array([history.span_days], dtype=np.int64),
        np.array([history.seen_days], dtype=np.int64),
        half_life_days=policy.half_life_days(service_class, tier),
        visibility=policy.visibility,
        visibility_weight_days=policy.visibility_weight_days,
        most_days=policy.most_days,
    )
    return np.asarray(chances[0], dtype=np.float64)
