"""The laws of a world: every one of them drawn anew by seed, from a wide range."""

import math
from dataclasses import dataclass
from typing import Final

from hinomi.bench.ground.draws import Draws

Ranges = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Laws:
    """What a world is drawn from; shares are of 0..1 where nothing else is said."""

    kind: str
    seed: int
    scale: float  # Of the number of lines.
    lines: int
    days: int
    interval: int  # N of 1-in-N.

    # People.
    activity: float  # Sigma of the log-normal activity of lines.
    business: float
    with_v6: float
    shared: float  # Lines that share an address.
    models: float  # Of devices.
    devices: float  # A line.
    weak: float  # Models that can be infected.

    # Ordinary use.
    visits: float  # Sampled, a line.
    sites: float
    steepness: float  # Of their popularity.
    favourites: float  # Visits to the few sites that a line likes.
    standard: float  # Sites on 443 and 80.
    hosted: float  # Sites beside others on one address.
    uses: float  # Kinds of infrastructure everybody knows.

    # Manners.
    manners: float
    narrowness: float  # Of the choice among them: few manners are common if it is high.
    overlap: float  # Of what bots and small services choose: 0 apart, 1 the same.
    wobble: float  # How much each service departs from its manner.

    # Small services, and groups that have them in common.
    niches: float
    communities: float
    crowd: float  # Most clients.
    tainted: float  # Groups of which many are infected, for no reason of the service.
    fresh: float  # Small services that begin within the window.
    fleets: float
    hubs: float  # Of lines that serve others.
    meshes: float
    small_at_lines: float  # Small services at lines of subscribers; so are the next three.
    small_on_hosting: float
    small_usual_port: float
    small_moving: float

    # Infection.
    infected: float
    families: float
    wanted: float  # Unknown C&C servers that can be found, about.
    uneven: float  # Sigma of the log-normal size of families.
    again: float  # Infections that hit a line infected already.
    by_model: float  # Families that spread over models of devices.
    before: float  # Infections before the window.
    cured: float
    met: float  # Members that call a server.
    strays: float  # Innocents that touch a server, a member.

    # C&C servers: shares of them, or of families.
    at_subscribers: float
    on_hosting: float
    usual_port: float
    together: float  # Families, and groups, whose servers stand in one /24.
    moving: float
    tiered: float
    led_by_peers: float

    # What bots do.
    scanning: float  # Families; so are the next five.
    spamming: float
    attacking: float
    carrying: float  # Others' visits.
    mining: float
    loading: float  # New members fetch from a server.
    asking: float  # For their own address, where innocents ask, too.
    active: float  # Members that take part.
    loudness: float  # Sampled packets of one, the middle.
    answering: float  # Probes that are answered.

    # From outside.
    floods: float
    forged: float  # Floods whose sources are forged.
    probes: float  # Sampled, a line.
    noisy: float  # Innocent lines that seem to misbehave.

    # What is known.
    coverage: float  # Living C&C servers that a list knows.
    by_family: float  # How far the family decides what is known.
    remains: float  # Servers of older botnets, dead or sunk.
    mistaken: float  # Wrong entries, a right one.
    benign_known: float
    suspects_known: float  # Misbehaving lines that somebody named.
    suspects_wrong: float  # Innocents named, a right one.

    @property
    def gain(self) -> float:
        """How much more is sampled than of a week at 1 in 10,000; who samples more has less."""
        return self.days / 7 * math.sqrt(10_000 / self.interval)


SIZES: Final = {"dense": 52_000, "sparse": 370_000}
"""Lines of each kind at scale 1."""

_LEAST: Final = 400  # Fewer lines leave no room for botnets.
_DAYS: Final = (7, 7, 7, 7, 7, 7, 7, 7, 2, 3, 4, 5, 6, 8, 9, 10)
_INTERVALS: Final = (10_000, 10_000, 10_000, 10_000, 2_000, 5_000, 20_000)

# Even between the two ends.
_EVEN: Final[Ranges] = {
    "activity": (0.4, 1.8), "business": (0, 0.3), "with_v6": (0, 0.6), "shared": (0, 0.3),
    "weak": (0.15, 0.8), "steepness": (0.7, 1.6), "favourites": (0, 0.8), "standard": (0.4, 0.98),
    "hosted": (0, 0.6), "overlap": (0, 1), "wobble": (0, 0.6), "fresh": (0, 0.4),
    "small_at_lines": (0, 0.15), "small_on_hosting": (0, 0.3), "small_usual_port": (0, 0.5),
    "small_moving": (0, 0.3), "again": (0, 0.6), "by_model": (0, 1), "before": (0.2, 1),
    "cured": (0, 0.3), "met": (0.3, 1), "at_subscribers": (0, 0.15), "on_hosting": (0, 0.3),
    "usual_port": (0, 0.5), "together": (0, 0.6), "moving": (0, 0.5), "tiered": (0, 0.25),
    "led_by_peers": (0, 0.2), "scanning": (0.1, 0.6), "spamming": (0, 0.3), "attacking": (0, 0.5),
    "carrying": (0, 0.3), "mining": (0, 0.2), "loading": (0, 0.6), "asking": (0, 0.4),
    "active": (0.2, 1), "answering": (0, 0.25), "forged": (0, 0.8), "coverage": (0.05, 0.6),
    "by_family": (0, 1), "mistaken": (0, 0.25), "benign_known": (0, 0.8),
    "suspects_known": (0, 0.5), "suspects_wrong": (0, 0.6),
}  # fmt: skip

# Even by logarithm.
_WIDE: Final[Ranges] = {
    "models": (6, 60), "devices": (0.3, 4), "sites": (20_000, 1_500_000), "uses": (6, 24),
    "manners": (20, 60), "narrowness": (0.3, 6), "crowd": (60, 300), "tainted": (0.0002, 0.006),
    "fleets": (3, 40), "hubs": (0.6, 12), "meshes": (0.6, 8), "uneven": (0.3, 2),
    "strays": (0.001, 0.1), "loudness": (0.7, 40), "floods": (1, 20), "remains": (3, 30),
}  # fmt: skip

_OF_KIND: Final[dict[str, Ranges]] = {
    "dense": {
        "visits": (15, 50), "niches": (300, 2_400), "communities": (60, 600),
        "infected": (0.03, 0.15), "families": (8, 60), "wanted": (22, 56), "probes": (0.3, 6),
        "noisy": (0.0003, 0.02),
    },
    "sparse": {
        "visits": (5, 18), "niches": (600, 4_000), "communities": (100, 1_000),
        "infected": (0.003, 0.02), "families": (8, 32), "wanted": (9, 24), "probes": (0.1, 2.5),
        "noisy": (0.0001, 0.004),
    },
}  # fmt: skip


def draw_laws(kind: str, seed: int, scale: float) -> Laws:
    """
    Draw the laws of a world.

    Args:
        kind: One of SIZES.
        seed: Fixes all that is drawn.
        scale: Of the number of lines; 1 is the whole size.

    Raises:
        ValueError: If there is no such kind, or the scale leaves too few lines.
    """
    if kind not in SIZES:
        raise ValueError(f"no kind {kind!r}: it is one of {', '.join(SIZES)}")
    lines = int(SIZES[kind] * scale)
    if not _LEAST <= lines <= SIZES[kind]:
        raise ValueError(f"scale {scale} gives {lines} lines: {_LEAST} to {SIZES[kind]} can be")
    even = {name: _draws(kind, seed, name).between(*ends) for name, ends in _EVEN.items()}
    wide = {
        name: _draws(kind, seed, name).number(*ends)
        for name, ends in (_WIDE | _OF_KIND[kind]).items()
    }
    return Laws(
        kind=kind,
        seed=seed,
        scale=scale,
        lines=lines,
        days=_draws(kind, seed, "days").pick(_DAYS),
        interval=_draws(kind, seed, "interval").pick(_INTERVALS),
        **even,
        **wide,
    )


def _draws(kind: str, seed: int, law: str) -> Draws:
    """Give each law a stream of its own: one more law does not change the others."""
    return Draws(seed, kind, f"motley law {law}")
